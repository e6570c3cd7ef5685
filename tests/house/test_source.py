"""How the source is written: small modules, no junk drawers, no clock in business code, no place of one machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

JUNK_DRAWERS = {"utils", "util", "common", "helpers", "helper", "misc", "models", "base", "manager"}
TEXTS = {".py", ".sql", ".md", ".toml", ".cfg", ".j2", ".html", ".css", ".lock", ".yml", ".yaml", ".sh", ""}
PLACES = re.compile(r"/(?:root|home/\w+|work|tmp|opt)/[\w.]|/Users/\w|[A-Z]:\\\\Users")
REGISTRIES = re.compile(r"pypi\.org|pythonhosted|piwheels|index-url|jfrog|nexus", re.IGNORECASE)
# These files write the patterns down, or tell uv to leave the index out.
RULES = {"tests/house/test_source.py", "tests/house/test_configuration.py", ".ci/lock"}
PYTHON_CLOCKS = re.compile(r"\b(?:datetime|date|dt|pendulum)\.(?:now|today|utcnow)\b|\btime\.time\(")
SQL_CLOCKS = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(|\bcurrent_(?:date|time|timestamp)\b"
)
MAY_ASK = ("pipelines/platform/", "pipelines/synthetic/")


def _python(home: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((home / folder).rglob("*.py"))


def _code(text: str, comment: str) -> str:
    return "\n".join(line.split(comment)[0] for line in text.splitlines())


def test_no_module_is_a_junk_drawer(home: Path) -> None:
    found = [f for f in _python(home, "pipelines", "dags") if {f.stem, *f.relative_to(home).parts} & JUNK_DRAWERS]
    assert found == []


@pytest.mark.parametrize(("folder", "most"), [("dags", 150), ("pipelines", 400)])
def test_modules_are_short(home: Path, folder: str, most: int) -> None:
    lengths = {f.relative_to(home).as_posix(): len(f.read_text().splitlines()) for f in _python(home, folder)}
    assert lengths
    assert {name: n for name, n in lengths.items() if n >= most} == {}


def test_every_module_says_what_it_is_for(home: Path) -> None:
    silent = [str(f.relative_to(home)) for f in _python(home, "pipelines", "dags") if not ast.get_docstring(ast.parse(f.read_text()))]
    assert silent == []


def test_business_code_asks_no_clock(home: Path) -> None:
    asked = [
        f"{name}: {found[0]}"
        for file in _python(home, "pipelines", "dags")
        if not (name := file.relative_to(home).as_posix()).startswith(MAY_ASK)
        and (found := PYTHON_CLOCKS.search(_code(file.read_text(), "#")))
    ]
    assert asked == []


def test_only_commands_and_pages_take_the_present_for_when_somebody_asks(home: Path) -> None:
    """`clock.now` is for a person at a shell or a screen; a step gets `as_of`."""
    takers = {
        f.relative_to(home).as_posix()
        for f in _python(home, "pipelines", "dags")
        if re.search(r"platform\.clock import .*\bnow\b", f.read_text())
    }
    assert {name for name in takers if not name.endswith(("commands.py", "console.py")) and not name.startswith(MAY_ASK)} == set()


def test_statements_ask_no_clock(home: Path) -> None:
    """The ledger and the audit trail keep beside the instant of a run when the machine wrote; no other statement may ask."""
    asked = {
        f.relative_to(home / "sql").as_posix(): found
        for f in sorted((home / "sql").rglob("*.sql"))
        if (found := SQL_CLOCKS.findall(_code(f.read_text(), "--")))
    }
    assert asked == {"migrations/versions/0001_platform.sql": ["clock_timestamp(", "clock_timestamp("]}


def test_dags_leave_work_to_the_pipelines(home: Path) -> None:
    """A DAG file names no statement and no driver: it says when, the pipelines do."""
    heavy = {"boto3", "numpy", "pandas", "psycopg", "pyarrow", "smtplib", "sqlalchemy"}
    found = []
    for file in _python(home, "dags"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{file.name}: {name}" for name in names if name.split(".")[0] in heavy]
    assert found == []


def test_no_file_knows_a_machine_or_a_package_registry(home: Path, files: list[Path]) -> None:
    found = []
    for file in files:
        name = file.relative_to(home).as_posix()
        if file.suffix not in TEXTS or name in RULES or name == "LICENSE":
            continue
        for pattern in (PLACES, REGISTRIES):
            found += [f"{name}: {hit[0]}" for hit in pattern.finditer(file.read_text())]
    assert found == []


def test_airflow_reads_no_file_of_dags_that_makes_no_dag(home: Path) -> None:
    """`up` waits until each of the others has been read."""
    read = {file.name for file in (home / "dags").glob("*.py")} - set((home / "dags" / ".airflowignore").read_text().split())
    assert {name for name in read if "@dag(" not in (home / "dags" / name).read_text()} == set()
