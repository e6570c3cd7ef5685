"""What operations read when something is wrong: every query runs, every equation and every kind is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.reporting.stuck import limits

HOME = Path(__file__).parents[2]
RUNBOOK = (HOME / "docs" / "runbooks" / "reconciliation.md").read_text()
QUERIES = [
    query.strip()
    for name in ("reconciliation", "finding_override")
    for block in re.findall(r"```sql\n(.*?)```", (HOME / "docs" / "runbooks" / f"{name}.md").read_text(), re.DOTALL)
    for query in re.sub(r"--.*", "", block).split(";")
    if query.strip()
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
def test_a_query_of_the_runbook_runs(owner: sa.Engine, query: str) -> None:
    with owner.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None and driver.execute(query) is not None


def test_every_kind_of_what_does_not_move_is_explained() -> None:
    section = RUNBOOK.split("## Something does not move")[1].split("\n## ")[0]
    assert [kind for kind in limits() if f"| `{kind}` |" not in section] == []


def test_every_equation_is_explained() -> None:
    section = RUNBOOK.split("## The books do not balance")[1].split("\n## ")[0]
    names = [file.stem for file in (HOME / "sql" / "reporting" / "equations").glob("*.sql")]
    assert [name for name in names if f"`{name}`" not in section] == []
