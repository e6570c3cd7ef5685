"""Clearing runs on Airflow's screens runs every task again and changes nothing: no count, no message, no window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.installation import Installation
from pipelines.platform.embedded.instance import Instance
from pipelines.platform.settings import load_settings
from pipelines.synthetic.operations import WAITING, Operator
from tests.conftest import BUCKETS, OUR_TABLES
from tests.everything import everything

# Every run of five days is played again by a whole Airflow.
pytestmark = pytest.mark.timeout(1200)


def operator(instance: Instance, name: str) -> Iterator[Operator]:
    """Give a person signed in to Airflow."""
    with closing(Operator(instance.airflow_address, name, instance.secrets.airflow_people[name], lambda: None)) as person:
        yield person


@pytest.fixture
def ops(played: Instance) -> Iterator[Operator]:
    """Who started every run."""
    yield from operator(played, "ops")


@pytest.fixture
def chief(played: Instance) -> Iterator[Operator]:
    """The second person."""
    yield from operator(played, "chief")


def states(person: Operator) -> dict[tuple[str, str], str]:
    """Return the state of every run by (DAG, run)."""
    answer = person.call("GET", "/api/v2/dags/~/dagRuns", params={"limit": 100}).json()
    assert answer["total_entries"] <= 100
    return {(run["dag_id"], run["dag_run_id"]): run["state"] for run in answer["dag_runs"]}


def clear(person: Operator, dag_id: str, run_id: str) -> None:
    """Clear a run: the scheduler runs all its tasks again."""
    assert person.call("POST", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/clear", json={"dry_run": False}).is_success


def wait_for_question(person: Operator, run_id: str) -> None:
    """Wait until the approval of a planning waits for an answer."""
    path = f"/api/v2/dags/notice_planning/dagRuns/{run_id}/taskInstances/approve"
    person.until(lambda: WAITING if person.call("GET", path).json()["state"] == WAITING else None, "the approval does not wait")


def refusals(instance: Instance, run_id: str) -> int:
    """Count how often the approval of a planning refused who answered, by its log."""
    folder = instance.var / "airflow" / "logs" / "dag_id=notice_planning" / f"run_id={run_id}" / "task_id=approve"
    return sum(log.read_text().count("may not decide on it") for log in folder.glob("*.log"))


@pytest.fixture
def seen(played: Instance) -> Iterator[Callable[[], dict[str, object]]]:
    """A function that gives every table, every message and every object of the demonstration."""
    home = Installation(load_settings({"ESPACE_SANTE_VAR": str(played.var)}))
    owner = sa.create_engine(home.settings.database_owner_url.get_secret_value(), hide_parameters=True)

    def look() -> dict[str, object]:
        with owner.begin() as connection:
            tables = everything(connection, list(connection.execute(sa.text(OUR_TABLES)).scalars()))
        objects = {key: home.store.get(bucket, key) for bucket in BUCKETS if bucket != "reports" for key in home.store.keys(bucket, "")}
        return {**tables, "mail": sorted(file.name for file in Path(played.var / "mail").glob("*.eml")), "objects": objects}

    yield look
    owner.dispose()
    home.close()


def test_every_run_cleared_and_run_again_changes_nothing(ops: Operator, chief: Operator, seen: Callable[[], dict[str, object]]) -> None:
    runs, before = states(ops), seen()
    assert set(runs.values()) == {"success"}

    for run in runs:
        clear(ops, *run)
    for dag_id, run_id in runs:
        if dag_id == "notice_planning":
            chief.approve(dag_id, run_id, "approve")

    assert {run: ops.wait(*run) for run in runs} == runs
    assert seen() == before


def test_who_started_a_planning_is_refused_and_somebody_else_is_asked(ops: Operator, chief: Operator, played: Instance) -> None:
    dag_id, run_id = next(run for run in states(ops) if run[0] == "notice_planning")
    clear(ops, dag_id, run_id)

    wait_for_question(ops, run_id)
    ops.answer(dag_id, run_id, "approve", "Approve")
    ops.until(lambda: "refused" if refusals(played, run_id) == 1 else None, "who started the run was not refused")
    assert states(ops)[dag_id, run_id] == "running"

    assert chief.approve(dag_id, run_id, "approve")
    assert ops.wait(dag_id, run_id) == "success"
