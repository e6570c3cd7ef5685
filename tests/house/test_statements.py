"""Statements under sql/: each is explained, used, and found where code names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

NAMED = re.compile(r"""["'](?P<name>[a-z_]+(?:/[a-z0-9_]+)+)["']""")
CALLED = re.compile(r"""\.(?:all|one|run)\(\s*f?["'](?P<name>[^"']+)["']""")
# Statements that a folder's code runs all together, or by the name of a rule (tests/retention/test_rules.py).
RUN_BY_FOLDER = ("reporting/equations/", "reporting/daily/", "reporting/stuck/", "retention/")


@pytest.fixture(scope="module")
def statements(home: Path) -> dict[str, Path]:
    folder = home / "sql"
    return {
        file.relative_to(folder).with_suffix("").as_posix(): file
        for file in sorted(folder.rglob("*.sql"))
        if "migrations" not in file.parts
    }


@pytest.fixture(scope="module")
def code(home: Path) -> str:
    return "\n".join(file.read_text() for folder in ("pipelines", "dags", "benchmarks") for file in sorted((home / folder).rglob("*.py")))


def test_every_statement_begins_with_what_it_does(statements: dict[str, Path]) -> None:
    assert [name for name, file in statements.items() if not re.match(r"-- \S.{15,}", file.read_text())] == []


def test_every_migration_begins_with_what_it_does(home: Path) -> None:
    migrations = sorted((home / "sql" / "migrations" / "versions").glob("*.sql"))
    assert migrations
    assert [file.name for file in migrations if not file.read_text().startswith("-- ")] == []


def test_every_statement_is_used(statements: dict[str, Path], code: str) -> None:
    named = {found["name"] for found in NAMED.finditer(code)}
    by_folder = tuple(folder for folder in RUN_BY_FOLDER if folder.rstrip("/") in code)
    assert [name for name in statements if name not in named and not name.startswith(by_folder)] == []


def test_every_statement_that_code_names_exists(statements: dict[str, Path], code: str) -> None:
    called = {found["name"] for found in CALLED.finditer(code) if "{" not in found["name"]}
    assert len(called) > 20
    assert called - set(statements) == set()


def test_a_statement_file_holds_one_statement(statements: dict[str, Path]) -> None:
    """A trailing semicolon or a second statement would run under a prepared protocol by luck only."""
    bare = {name: re.sub(r"--[^\n]*|'[^']*'", "", file.read_text()) for name, file in statements.items()}
    assert [name for name, text in bare.items() if ";" in text] == []


def test_values_are_bound_never_written_into_a_statement(home: Path) -> None:
    """`sa.text` gets a literal or a file; no f-string, no format, no concatenation."""
    spliced = re.compile(r"sa\.text\(\s*(?:f[\"']|[\"'][^\"']*[\"']\s*(?:%|\.format|\+))")
    assert [file.name for file in sorted((home / "pipelines").rglob("*.py")) if spliced.search(file.read_text())] == []
