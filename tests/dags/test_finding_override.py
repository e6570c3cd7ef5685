"""The form on which two people go on in spite of a finding: what it keeps, in whose names, and until when."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pipelines.audit.findings import Discrepancy, StandingFindingError, keep_findings, require_no_finding, standing_findings
from pipelines.installation import Installation
from pipelines.platform.errors import RuleError
from tests.campaign_driver import paris

DAGS = Path(__file__).resolve().parents[2] / "dags"
MORNING = paris(2022, 3, 15, 9)


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    patch.syspath_prepend(str(DAGS))
    for module in ("conventions", "approval", "finding_override"):
        sys.modules.pop(module, None)
    import finding_override

    yield finding_override
    patch.undo()


@pytest.fixture
def asked(form: ModuleType, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the first task hands to the question, after `ops` started the run of a finding that stands."""
    keep_findings(installation.db, [Discrepancy("08_lots", -1, 1)], MORNING)
    with installation.db.transaction() as session:
        (finding,) = standing_findings(session, MORNING)
    monkeypatch.setattr("pipelines.installation.Installation", lambda: installation)
    monkeypatch.setattr(form, "run_instant", lambda: MORNING)
    monkeypatch.setattr(form, "run_person", lambda: "ops")
    monkeypatch.setattr(form, "get_current_context", lambda: {"params": {"finding": finding.finding_id, "reason": "compté deux fois"}})
    handed: dict[str, Any] = form.finding_override().get_task("ask_override").python_callable()
    return handed


def decide(form: ModuleType, asked: dict[str, Any], approved: bool, by: str) -> None:
    form.record_decision(approved, by, "", {"ti": SimpleNamespace(xcom_pull=lambda task_ids: asked)})


def test_the_second_person_reads_what_stands_and_why(asked: dict[str, Any]) -> None:
    assert "**08_lots** does not hold since Tuesday 15 March 2022" in asked["summary"] and asked["reason"] == "compté deux fois"


def test_an_approval_lets_it_go_on_for_the_days_of_the_policy(form: ModuleType, asked: dict[str, Any], installation: Installation) -> None:
    decide(form, asked, approved=True, by="chief")
    with installation.db.transaction() as session:
        require_no_finding(session, paris(2022, 3, 15 + installation.policy.override_days, 23))
        with pytest.raises(StandingFindingError):
            require_no_finding(session, paris(2022, 3, 16 + installation.policy.override_days, 0))


def test_a_refusal_and_a_question_unanswered_hold_it_back(form: ModuleType, asked: dict[str, Any], installation: Installation) -> None:
    decide(form, asked, approved=False, by="response time elapsed")
    with installation.db.transaction() as session, pytest.raises(StandingFindingError):
        require_no_finding(session, MORNING)


def test_whoever_asked_cannot_decide_even_past_the_screen(form: ModuleType, asked: dict[str, Any]) -> None:
    with pytest.raises(RuleError, match="second_person_overrides"):
        decide(form, asked, approved=True, by="ops")
