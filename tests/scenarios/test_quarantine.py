"""Rows that a delivery left in the quarantine: listed, exported, and decided with their delivery."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines.platform.database import Database
from pipelines.platform.errors import FinalError, RuleError
from pipelines.registry import intake
from pipelines.registry.contract import DELIVERY_SCHEMA, DeliveryKind
from pipelines.registry.limits import Limits
from pipelines.registry.quarantine import look
from pipelines.registry.steps import decide_delivery
from tests.campaign_driver import Campaign, paris
from tests.quarantine_driver import DAY, FOLDER, LATER, TWO_FAULTS, WHY, WRONG_KEY, corrected, known, replayed
from tests.registry_builder import FILE, deliver, invent


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that judge the smallest delivery."""
    monkeypatch.setattr(intake, "limits", lambda: Limits(bad_rows=0.2, fall=0.02, gone=0.2, smallest_judged=1))


# Listed.


def test_the_quarantine_is_told_by_reason_and_by_line(campaign: Campaign) -> None:
    campaign.register(invent(3), WRONG_KEY, TWO_FAULTS, on=DAY)
    found = look(campaign.home.db, campaign.home.store, campaign.home.settings, FOLDER)
    assert (found.rows, found.replayed, {row["reason"] for row in found.by_reason}) == (
        2, 0, {"MATRICULE_KEY", "SEX_UNKNOWN", "PROTECTION_UNKNOWN"},
    )  # fmt: skip
    assert [(row["line"], row["reasons"]) for row in found.first] == [
        (2, "MATRICULE_KEY (matricule)"),
        (3, "PROTECTION_UNKNOWN (protection), SEX_UNKNOWN (sex)"),
    ]


def test_an_unknown_folder_has_no_quarantine(campaign: Campaign) -> None:
    with pytest.raises(FinalError, match="was looked at yet"):
        look(campaign.home.db, campaign.home.store, campaign.home.settings, FOLDER)


def test_a_delivery_refused_before_its_rows_were_read_has_no_quarantine(campaign: Campaign) -> None:
    folder = deliver(campaign.home.store, "CPAM", [invent(1)], DAY)
    campaign.home.store.client.delete_object(Bucket=campaign.home.settings.bucket("registry"), Key=f"{folder}/{FILE}")
    campaign.take_in(folder, LATER)
    with pytest.raises(FinalError, match="refused whole"):
        look(campaign.home.db, campaign.home.store, campaign.home.settings, folder)


# Exported.


def test_an_export_holds_the_rows_as_they_were_delivered(campaign: Campaign, exported: Callable[..., list[dict[str, str]]]) -> None:
    campaign.register(invent(3), WRONG_KEY, TWO_FAULTS, on=DAY)
    rows = exported()
    assert list(rows[0]) == ["file", "line", "reasons", *DELIVERY_SCHEMA.names]
    assert [(row["file"], row["line"], row["matricule"], row["birth_name"]) for row in rows] == [
        (FILE, "2", WRONG_KEY.matricule, WRONG_KEY.birth_name),
        (FILE, "3", TWO_FAULTS.matricule, TWO_FAULTS.birth_name),
    ]
    assert rows[1]["affiliated_since"] == "2010-01-01" and rows[1]["died_on"] == ""


def test_an_export_of_csv_files_is_the_same(campaign: Campaign, exported: Callable[..., list[dict[str, str]]]) -> None:
    names = DELIVERY_SCHEMA.names
    bad = dict.fromkeys(names, "") | {"matricule": "12", "birth_name": "ÉON", "affiliated_since": "2010-01-01", "large_print": "true"}
    content = "\n".join([";".join(names), ";".join(bad.values()), ""]).encode("iso-8859-15")
    folder = deliver(campaign.home.store, "CPAM", [invent(1)], DAY)
    manifest = json.loads(campaign.home.store.get("registry", f"{folder}/manifest.json"))
    digest = campaign.home.store.put("registry", f"{folder}/{FILE}", content)
    manifest["files"][0] |= {"format": "csv", "encoding": "iso-8859-15", "sha256": digest}
    campaign.home.store.put("registry", f"{folder}/manifest.json", json.dumps(manifest).encode())
    campaign.take_in(folder, LATER)
    assert [{name: row[name] for name in names} for row in exported()] == [bad]


def test_rows_of_several_portions_are_all_found(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign.home, "settings", campaign.home.settings.model_copy(update={"portion_rows": 2}))
    campaign.register(*(invent(number, sex="X" if number % 3 == 0 else "F") for number in range(1, 12)), on=DAY)
    assert [row["line"] for row in exported()] == ["3", "6", "9"]


def test_an_export_is_for_its_owner_only_and_is_noted(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    exported()
    assert stat.S_IMODE((tmp_path / "rejets.csv").stat().st_mode) == 0o600
    noted = campaign.rows("select unit, actor, counts from platform.unit_of_work where step = 'export_quarantine'")
    assert [(row["actor"], row["counts"]) for row in noted] == [("ops", {"rows": 1})]
    assert FOLDER in noted[0]["unit"] and WHY in noted[0]["unit"]


def test_an_export_writes_over_no_file(campaign: Campaign, exported: Callable[..., list[dict[str, str]]]) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    exported()
    with pytest.raises(FinalError, match="cannot be written"):
        exported()


def test_nothing_is_exported_from_a_file_that_was_changed(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    campaign.home.store.put("registry", f"{FOLDER}/{FILE}", b"PAR1 another one")
    with pytest.raises(FinalError, match="put the original back"):
        exported()
    assert not (tmp_path / "rejets.csv").exists()


def test_an_empty_quarantine_is_not_exported(campaign: Campaign, exported: Callable[..., list[dict[str, str]]]) -> None:
    campaign.register(invent(3), on=DAY)
    with pytest.raises(FinalError, match="nothing to export"):
        exported()


# A person decides.


@pytest.fixture
def waiting(campaign: Campaign, strict: None) -> str:
    """A delivery with more bad rows than the limit allows; two good ones and two bad ones."""
    folder = deliver(campaign.home.store, "CPAM", [invent(3), WRONG_KEY, TWO_FAULTS, invent(4)], DAY)
    campaign.take_in_all(LATER)
    return folder


def test_a_delivery_with_many_bad_rows_waits_and_has_no_effect(campaign: Campaign, waiting: str) -> None:
    assert known(campaign, invent(3)) == [False]
    assert f"{waiting}/report.json" not in campaign.home.store.keys("registry", "")
    assert campaign.take_in_all(LATER) == []


def test_whoever_decides_sees_why_it_waits(campaign: Campaign, waiting: str, exported: Callable[..., list[dict[str, str]]]) -> None:
    found = look(campaign.home.db, campaign.home.store, campaign.home.settings, waiting)
    assert (found.status, found.rows) == ("WAITING", 2)
    assert [(row["line"], row["reasons"]) for row in found.first] == [
        (2, "MATRICULE_KEY (matricule)"),
        (3, "PROTECTION_UNKNOWN (protection), SEX_UNKNOWN (sex)"),
    ]
    assert [row["matricule"] for row in exported(waiting)] == [WRONG_KEY.matricule, TWO_FAULTS.matricule]
    assert known(campaign, invent(3)) == [False]


def decided(database: Database, folder: str, accepted: bool) -> None:
    decide_delivery(database, folder, accepted, "chief", "seen with the body", LATER)


def test_an_accepted_delivery_is_taken_in_by_the_next_run(campaign: Campaign, waiting: str) -> None:
    decided(campaign.home.db, waiting, accepted=True)
    (report,) = campaign.take_in_all(LATER)
    assert (report.counts["newcomers"], report.counts["quarantined"]) == (2, 2)
    assert known(campaign, invent(3), invent(4)) == [True, True] and campaign.broken_equations() == []


def test_a_refused_delivery_is_reported_to_its_sender_by_the_next_run(campaign: Campaign, waiting: str) -> None:
    decided(campaign.home.db, waiting, accepted=False)
    (report,) = campaign.take_in_all(LATER)
    told = json.loads(campaign.home.store.get("registry", f"{waiting}/report.json"))
    assert (report.status, told["taken_in"], known(campaign, invent(3))) == ("REFUSED", False, [False])
    assert "seen with the body" in told["refusal"]
    assert campaign.take_in_all(LATER) == []


def test_the_first_decision_on_a_delivery_stands(campaign: Campaign, waiting: str) -> None:
    decided(campaign.home.db, waiting, accepted=False)
    with pytest.raises(RuleError, match="waits for a decision"):
        decided(campaign.home.db, waiting, accepted=True)


def test_a_replay_is_a_persons_decision_and_waits_for_no_other(
    campaign: Campaign, waiting: str, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    decided(campaign.home.db, waiting, accepted=True)
    campaign.take_in_all(LATER)
    replayed(campaign, exported(waiting), tmp_path / "as-it-was.csv", waiting)
    (report,) = campaign.take_in_all(LATER)
    assert (report.status, report.counts["quarantined"]) == ("TAKEN_IN", 2)


def test_the_rows_of_a_waiting_delivery_are_not_replayed(
    campaign: Campaign, waiting: str, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    with pytest.raises(RuleError, match="was not taken in"):
        replayed(campaign, exported(waiting), tmp_path / "corrige.csv", waiting)


def test_a_quarantine_of_a_full_delivery_is_replayed_too(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    folder = deliver(campaign.home.store, "CPAM", [invent(3), WRONG_KEY], DAY, DeliveryKind.FULL)
    campaign.take_in(folder, LATER)
    replayed(campaign, [corrected(row, matricule=invent(1).matricule) for row in exported(folder)], tmp_path / "c.csv", folder)
    campaign.take_in_all(LATER)
    again = deliver(campaign.home.store, "CPAM", [invent(3), invent(1)], date(2022, 1, 10), DeliveryKind.FULL)
    counts = campaign.take_in(again, paris(2022, 1, 10)).counts
    assert (counts["unchanged"], counts["changed"], counts["newcomers"], counts["departed"]) == (2, 0, 0, 0)
