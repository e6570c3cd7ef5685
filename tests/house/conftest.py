"""What every test of the house rules reads: the tree that git knows."""

from __future__ import annotations

from pathlib import Path

import pytest

SKIPPED = {".git", ".venv", "var", "dist", "__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


@pytest.fixture(scope="session")
def home() -> Path:
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def files(home: Path) -> list[Path]:
    """Every file of the project, without what is made on this machine."""
    return [f for f in sorted(home.rglob("*")) if f.is_file() and not SKIPPED.intersection(f.relative_to(home).parts)]


@pytest.fixture(scope="session")
def docs(home: Path) -> str:
    """Everything that is written for people, as one text."""
    return "\n".join(file.read_text() for file in [home / "README.md", *sorted((home / "docs").rglob("*.md"))])
