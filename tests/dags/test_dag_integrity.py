"""Every DAG file loads without a warning, is complete, and says the same each time it is read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Template

HOME = Path(__file__).resolve().parents[2]
DAGS = HOME / "dags"
FILES = sorted(file for file in DAGS.glob("*.py") if "@dag(" in file.read_text())
FEEDS = HOME / "pipelines" / "synthetic" / "data" / "feeds"
# The file of each DAG: one makes a DAG for each feed.
FILE_OF = {file.stem: file.stem for file in FILES if file.stem != "document_feeds"} | {
    f"document_feed_{feed.stem}": "document_feeds" for feed in FEEDS.glob("*.toml")
}
# A person answers it: Airflow's own response time-out ends the wait.
WAITS_FOR_A_PERSON = {("notice_planning", "approve"), ("finding_override", "approve"), ("identity_correction", "approve")}
# A person starts it, and nothing else does.
STARTED_BY_HAND = {"campaign_steering", "feed_orders", "finding_override", "identity_correction", "quarantine_orders", "registry_decisions"}
# Tasks whose work is to change the database, the relay or the printer's bucket.
WATCHER = "red_where_one_failed"
READS_ONLY = (
    WATCHER,
    "find_",
    "plan_openings",
    "plan_retention",
    "plan_archives",
    "plan_purge",
    "balance",
    "reconcile",
    "approve",
    "start_",
)


@pytest.fixture(scope="module", params=["system", "replay"])
def bag(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The DAGs as an installation of each clock reads them; replay leaves every schedule to the demonstration."""
    from pipelines.platform.settings import settings

    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith(("AIRFLOW", "ESPACE_SANTE_"))]:
        patch.delenv(name)
    patch.setenv("ESPACE_SANTE_VAR", str(tmp_path_factory.mktemp("var")))
    patch.setenv("ESPACE_SANTE_CLOCK", request.param)
    patch.setenv("ESPACE_SANTE_FEEDS", str(FEEDS))
    patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    patch.syspath_prepend(str(DAGS))
    settings.cache_clear()
    for module in ("conventions", "approval"):
        sys.modules.pop(module, None)
    from airflow.dag_processing.dagbag import DagBag

    yield DagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags", safe_mode=False)
    patch.undo()
    settings.cache_clear()


@pytest.fixture
def dags(bag: Any) -> dict[str, Any]:
    assert len(bag.dags) == len(FILE_OF)
    return dict(bag.dags)


def _tasks(dags: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(dag_id, task) for dag_id, dag in dags.items() for task in dag.tasks]


def _arguments(task: Any) -> dict[str, Any]:
    """What a task was declared with; a mapped task keeps it aside."""
    return dict(task.partial_kwargs) if task.is_mapped else vars(task)


def test_dags_load_without_error_or_warning(bag: Any) -> None:
    assert bag.import_errors == {}
    assert bag.captured_warnings == {}


def test_a_file_defines_the_dag_of_its_name_and_that_of_feeds_one_for_each_feed(dags: dict[str, Any]) -> None:
    assert {dag_id: Path(dag.fileloc).stem for dag_id, dag in dags.items()} == FILE_OF


def test_every_dag_says_whose_it_is_and_shows_its_runbook(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        assert dag.doc_md == (HOME / "docs" / "runbooks" / f"{FILE_OF[dag_id]}.md").read_text()
        assert dag.description or dag.doc_md
    assert {task.owner for _, task in _tasks(dags)} == {"operations"}


def test_tags_are_of_one_vocabulary(dags: dict[str, Any]) -> None:
    from conventions import Tag

    for dag_id, dag in dags.items():
        assert dag.tags, dag_id
        assert set(dag.tags) <= {str(tag) for tag in Tag}, dag_id


def test_every_dag_lives_in_paris_and_runs_one_at_a_time(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        assert dag.start_date.tzinfo is not None, dag_id
        assert dag.timezone.name == "Europe/Paris", dag_id
        assert dag.max_active_runs == 1, dag_id
        assert dag.catchup is False, dag_id


def test_schedules_are_days_of_paris_or_left_to_the_replay(bag: Any, dags: dict[str, Any]) -> None:
    from pipelines.platform.settings import settings

    for dag_id, dag in dags.items():
        if settings().clock.value == "replay" or dag_id in STARTED_BY_HAND:
            assert not dag.timetable.can_be_scheduled, dag_id
        else:
            assert dag.timetable.can_be_scheduled, dag_id
            assert "Europe/Paris" in repr(dag.timetable), dag_id


def test_every_task_retries_by_kind_of_error_and_tells_of_its_failure(dags: dict[str, Any]) -> None:
    for dag_id, task in _tasks(dags):
        if task.task_id == WATCHER:
            continue
        said = _arguments(task)
        assert said["retries"] >= 2, (dag_id, task.task_id)
        assert said["retry_policy"].rules, (dag_id, task.task_id)
        assert said["on_failure_callback"], (dag_id, task.task_id)


def test_the_mail_of_a_failure_leads_to_the_log_and_to_the_runbook(dags: dict[str, Any]) -> None:
    failed = SimpleNamespace(task_id="find_silent_partners", try_number=1, log_url="https://airflow.example/log")
    mail = dags["reconciliation"].get_task("find_silent_partners").on_failure_callback[0]
    told = Template(mail.html_content).render(run_id="daily", dag=dags["reconciliation"], ti=failed)
    assert failed.log_url in told and "/dags/reconciliation " in told
    assert (HOME / "docs" / "runbooks" / "reconciliation.md").is_file() and "docs/runbooks/reconciliation.md" in told
    of_a_feed = dags["document_feed_hopital"].get_task("settle_parked").on_failure_callback[0].html_content
    assert "docs/runbooks/document_feeds.md" in Template(of_a_feed).render(run_id="daily", dag=dags["document_feed_hopital"], ti=failed)


def test_every_task_has_an_end_but_the_one_that_waits_for_a_person(dags: dict[str, Any]) -> None:
    endless = {(dag_id, task.task_id) for dag_id, task in _tasks(dags) if _arguments(task).get("execution_timeout") is None}
    assert endless == WAITS_FOR_A_PERSON
    for dag_id, task_id in WAITS_FOR_A_PERSON:
        assert dags[dag_id].get_task(task_id).response_timeout <= timedelta(days=2)


def test_somebody_is_told_of_a_run_that_has_not_ended_in_time(dags: dict[str, Any]) -> None:
    assert [dag_id for dag_id, dag in dags.items() if not dag.deadline] == []


def test_whoever_writes_or_sends_waits_for_a_pool(dags: dict[str, Any]) -> None:
    from conventions import Pool

    for dag_id, task in _tasks(dags):
        pool = _arguments(task).get("pool")
        if task.task_id.startswith(READS_ONLY):
            continue
        assert pool in {str(name) for name in Pool}, (dag_id, task.task_id)


def test_no_failure_hides_behind_a_task_that_goes_on_all_the_same(dags: dict[str, Any]) -> None:
    for dag_id, task in _tasks(dags):
        followers = [dags[dag_id].get_task(name) for name in task.downstream_task_ids]
        assert {_arguments(each).get("trigger_rule", "all_success") for each in followers} != {"all_done"}, (dag_id, task.task_id)


def test_refused_lots_are_settled_whatever_became_of_the_reports(dags: dict[str, Any]) -> None:
    settle = dags["delivery_reports"].get_task("settle_refused_lots")
    assert (settle.trigger_rule, settle.upstream_task_ids) == ("all_done", {"take_in_printer_reports"})


def test_no_destruction_waits_for_the_retention_of_archives(dags: dict[str, Any]) -> None:
    plan = dags["account_lifecycle"].get_task("plan_purge")
    assert plan.upstream_task_ids == {"follow_registry", "close_unopposed_suspensions", "end_announcement_delays"}


def test_no_lot_is_made_before_the_version_of_the_template_is_proved_nor_where_it_is_not(dags: dict[str, Any]) -> None:
    dispatch = dags["notice_dispatch"]
    assert "prove_version" in dispatch.get_task("produce_lots").upstream_task_ids
    assert _arguments(dispatch.get_task("produce_lots")).get("trigger_rule", "all_success") == "all_success"


def test_every_parameter_of_a_form_has_a_title(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        for name in dag.params:
            assert dag.params.get_param(name).schema.get("title"), (dag_id, name)


def test_sending_is_never_backfilled(dags: dict[str, Any]) -> None:
    for dag_id in ("notice_planning", "notice_dispatch"):
        assert "backfill" not in {str(getattr(kind, "value", kind)) for kind in dags[dag_id].allowed_run_types}


def test_dags_survive_serialisation_and_say_the_same_twice(dags: dict[str, Any]) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for dag_id, dag in dags.items():
        written = DagSerialization.to_dict(dag)
        assert DagSerialization.to_dict(dag) == written, dag_id
        read = DagSerialization.from_dict(written)
        assert sorted(read.task_ids) == sorted(dag.task_ids), dag_id


@pytest.mark.parametrize("file", sorted(DAGS.glob("*.py")), ids=lambda file: file.name)
def test_reading_a_file_again_makes_no_new_version(file: Path) -> None:
    from airflow.utils.dag_version_inflation_checker import check_dag_file_stability

    assert check_dag_file_stability(str(file)).warnings == {}


def test_a_feed_that_cannot_be_declared_has_a_dag_that_says_why_and_the_others_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    from pipelines.platform.settings import settings

    (tmp_path / "hopital.toml").write_text((FEEDS / "hopital.toml").read_text())
    (tmp_path / "Labo 1.toml").write_text("envelopes = []")
    monkeypatch.setenv("ESPACE_SANTE_FEEDS", str(tmp_path))
    monkeypatch.setenv("ESPACE_SANTE_VAR", str(tmp_path))
    monkeypatch.syspath_prepend(str(DAGS))
    settings.cache_clear()
    bag = DagBag(dag_folder=str(DAGS / "document_feeds.py"), bundle_path=DAGS, bundle_name="dags", safe_mode=False)
    settings.cache_clear()
    assert sorted(bag.dags) == ["document_feed_Labo_1", "document_feed_hopital"]
    broken = bag.dags["document_feed_Labo_1"]
    assert [task.task_id for task in broken.tasks] == ["find_fault"] and "Labo 1.toml" in str(broken.doc_md)
