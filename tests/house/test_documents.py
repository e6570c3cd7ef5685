"""What people read covers what there is: every command, DAG, policy key and setting."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from pipelines.cli import app
from pipelines.platform.embedded.ports import Ports
from pipelines.platform.embedded.processes import COMPONENT_MARK, INSTANCE_MARK
from pipelines.platform.settings import Settings


def _commands(group: Any, path: tuple[str, ...] = ()) -> list[str]:
    context = typer.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command.hidden:
            continue
        found += _commands(command, (*path, name)) if hasattr(command, "list_commands") else [" ".join((*path, name))]
    return found


def test_every_command_is_documented(docs: str) -> None:
    commands = _commands(typer.main.get_command(app))
    assert {"up", "down", "status"} <= set(commands)
    assert [command for command in commands if f"espace-sante {command}" not in docs] == []


def test_every_documented_command_exists(docs: str) -> None:
    first_words = {command.split()[0] for command in _commands(typer.main.get_command(app))}
    written = set(re.findall(r"`(?:\.venv/bin/)?espace-sante ([a-z][a-z-]*)", docs))
    assert written - first_words == set()


def test_every_setting_is_explained(home: Path) -> None:
    page = (home / "docs" / "operating.md").read_text()
    assert [name for name in Settings.model_fields if f"`ESPACE_SANTE_{name.upper()}`" not in page] == []


def test_every_setting_that_is_explained_exists(docs: str) -> None:
    """Besides the settings: the ports of the embedded platform, and the marks by which it finds its processes."""
    known = {f"ESPACE_SANTE_{name.upper()}" for name in Settings.model_fields} | {*Ports().environment(), INSTANCE_MARK, COMPONENT_MARK}
    assert set(re.findall(r"ESPACE_SANTE_[A-Z0-9_]*[A-Z0-9]", docs)) - known == set()


def test_every_policy_key_is_explained(home: Path) -> None:
    keys = tomllib.loads((home / "pipelines" / "campaign" / "policy.toml").read_text())
    page = (home / "docs" / "operating.md").read_text()
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_every_dag_has_its_runbook_and_no_runbook_is_left_over(home: Path) -> None:
    dags = {file.stem for file in (home / "dags").glob("*.py") if "@dag(" in file.read_text()}
    assert {file.stem for file in (home / "docs" / "runbooks").glob("*.md")} - {"README"} == dags


def test_every_dag_and_step_is_in_the_architecture(home: Path) -> None:
    page = (home / "docs" / "architecture.md").read_text()
    wiring = {file.stem: file.read_text() for file in (home / "dags").glob("*.py")}
    dags = [name for name, text in wiring.items() if "@dag(" in text]
    tasks = [name for text in wiring.values() for name in re.findall(r"@task[^\n]*(?:\n[^\n]*?)*?\n {4}def (\w+)\(", text)]
    assert tasks
    assert [name for name in [*dags, *tasks] if f"`{name}`" not in page] == []


def test_every_statement_is_in_the_architecture(home: Path) -> None:
    """By its name, or by its folder where a folder's statements run together."""
    page = (home / "docs" / "architecture.md").read_text()
    written = re.findall(r"[a-z_]+", page)
    statements = [file for file in sorted((home / "sql").rglob("*.sql")) if "migrations" not in file.parts]
    folders = ("reporting/equations", "reporting/daily", "reporting/stuck")
    assert [file.name for file in statements if file.stem not in written and not file.parent.as_posix().endswith(folders)] == []


def test_every_file_that_the_documents_name_exists(home: Path) -> None:
    missing = []
    for page in [home / "README.md", *sorted((home / "docs").rglob("*.md"))]:
        for path in re.findall(r"`((?:dags|docs|pipelines|sql|templates|tests|\.ci)/[\w./-]+\.\w+)`", page.read_text()):
            missing += [f"{page.name}: {path}"] if not (home / path).exists() else []
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            missing += [f"{page.name}: {link}"] if not (page.parent / link).exists() else []
    assert missing == []


@pytest.mark.parametrize("word", ["seamless", "cutting-edge", "blazing", "world-class", "robust", "leverage", "state-of-the-art"])
def test_documents_sell_nothing(docs: str, word: str) -> None:
    assert word not in docs.lower()
