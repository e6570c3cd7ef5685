"""The quarantine from a shell, and from Airflow's forms: the same words, signed by whoever speaks them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.documents.quarantine import Chosen, held_files
from pipelines.platform.settings import Settings
from tests.campaign_driver import paris
from tests.dags.forms import form
from tests.feed_driver import RECEIVED, FeedDriver
from tests.registry_builder import Person, invent

DECLARED = """
envelopes = ["cda"]
acknowledgements = ["CSV"]
scan = "degraded"
[sender]
finess = "750712184"
name = "CHU inventé"
kind = "HOSPITAL"
contact = "dsi@chu.example"
[route]
kind = "BUCKET"
prefix = "hopital"
"""
SHELL = CliRunner()


@pytest.fixture
def number(hospital: FeedDriver, at_a_shell: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The number of a file that is held, of a stranger, from a feed that is declared."""
    (tmp_path / "hopital.toml").write_text(DECLARED)
    monkeypatch.setattr(Settings, "feeds_directory", property(lambda _: tmp_path))
    monkeypatch.setattr("pipelines.installation.settings", lambda: hospital.campaign.home.settings)
    hospital.put(hospital.document(invent(9)), "MARTIN.xml")
    hospital.run()
    return str(held_files(hospital.campaign.home.db, Chosen(paris(2023, 1, 1)), 1)[0].delivery_id)


def say(*words: str) -> str:
    answer = SHELL.invoke(app, ["documents", "quarantine", *words])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_files_are_listed_by_number_and_cause_and_not_by_name(number: str) -> None:
    listed = say("list", "--feed", "hopital")
    assert number in listed and "PERSON_UNKNOWN" in listed and "MARTIN" not in listed


def test_what_is_shown_is_metadata(number: str) -> None:
    shown = say("show", number)
    assert "REFUSED PERSON_UNKNOWN" in shown and invent(9).birth_name not in shown


def test_content_is_written_for_its_owner_alone(number: str, tmp_path: Path) -> None:
    say("content", number, "--out", str(tmp_path), "--reason", "le CHU demande")
    (written,) = tmp_path.glob(f"{number}-*")
    assert written.stat().st_mode & 0o777 == 0o600 and b"ClinicalDocument" in written.read_bytes()


def test_a_replay_says_of_which_files(number: str, hospital: FeedDriver) -> None:
    assert SHELL.invoke(app, ["documents", "quarantine", "replay", "--reason", "essai"]).exit_code == 2
    assert "1 files" in say("replay", "--file", number, "--reason", "le référentiel est corrigé")
    assert hospital.work_off(RECEIVED)["refused"] == 1


def test_a_correction_asked_at_a_shell_waits_for_somebody_else(number: str, hospital: FeedDriver, somebody: Person) -> None:
    person = str(hospital.campaign.person_id(somebody))
    say("correct", number, "--person", person, "--reason", "le CHU confirme")
    assert f"to person {person}" in say("corrections")


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    yield from form("quarantine_orders", tmp_path_factory)


@pytest.fixture(scope="module")
def correction(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    yield from form("identity_correction", tmp_path_factory)


def _filled(page: ModuleType, hospital: FeedDriver, monkeypatch: pytest.MonkeyPatch, **given: Any) -> None:
    monkeypatch.setattr("pipelines.installation.Installation", lambda: hospital.campaign.home)
    monkeypatch.setattr(page, "run_instant", lambda: RECEIVED.replace(hour=23))
    monkeypatch.setattr(page, "run_person", lambda: "claire")
    monkeypatch.setattr(page, "get_current_context", lambda: {"params": given})


def test_the_form_replays_all_of_a_cause(number: str, orders: ModuleType, hospital: FeedDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"order": "REPLAY", "feed": "hopital", "code": "PERSON_UNKNOWN", "files": None, "reason": "corrigé"}
    _filled(orders, hospital, monkeypatch, **given)
    assert orders.quarantine_orders().get_task("record_order").python_callable() == 1


def test_what_two_people_agree_on_in_airflow_replays_the_file(
    number: str, correction: ModuleType, hospital: FeedDriver, somebody: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"file": number, "document": 0, "person": hospital.campaign.person_id(somebody), "reason": "le CHU confirme"}
    _filled(correction, hospital, monkeypatch, **given)
    asked = correction.identity_correction().get_task("ask_correction").python_callable()
    correction.record_decision(True, "driss", "", {"ti": SimpleNamespace(xcom_pull=lambda task_ids: asked)})
    assert hospital.work_off(RECEIVED.replace(hour=23))["stored"] == 1
