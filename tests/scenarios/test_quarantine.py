"""Rows set aside are listed, sent back with their reason, corrected and replayed; a delivery with many of them waits for a person."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines.platform.database import Database
from pipelines.platform.errors import BadFileError, FinalError, RuleError
from pipelines.registry import intake
from pipelines.registry.contract import DELIVERY_SCHEMA, DeliveryKind
from pipelines.registry.corrections import Correction, replay
from pipelines.registry.limits import Limits
from pipelines.registry.quarantine import export, look
from pipelines.registry.steps import decide_delivery
from tests.campaign_driver import Campaign, paris
from tests.registry_builder import FILE, Person, deliver, invent

DAY = date(2022, 1, 3)
LATER = paris(2022, 1, 4)
FOLDER = "deliveries/CPAM/2022-01-03-delta"
CORRECTION = "deliveries/CPAM/2022-01-03-correction-1"
WRONG_KEY = invent(1).but(matricule=invent(1).matricule[:13] + "00")
TWO_FAULTS = invent(2).but(sex="X", protection="AUTRE", birth_name='LE "GOFF"; ÉTIENNE')
WHY = "asked by the body"


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that judge the smallest delivery."""
    monkeypatch.setattr(intake, "limits", lambda: Limits(bad_rows=0.2, fall=0.02, gone=0.2, smallest_judged=1))


@pytest.fixture
def exported(campaign: Campaign, tmp_path: Path) -> Callable[..., list[dict[str, str]]]:
    """A function that exports a delivery's quarantine and reads the file back."""

    def read(folder: str = FOLDER, name: str = "rejets.csv") -> list[dict[str, str]]:
        home = campaign.home
        export(home.db, home.store, home.settings, folder, tmp_path / name, "ops", WHY, LATER)
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream, delimiter=";"))

    return read


def replayed(campaign: Campaign, rows: list[dict[str, str]], file: Path, folder: str = FOLDER, **form: str) -> Correction:
    """Write rows as whoever corrects them would, and replay them."""
    with file.open("w", newline="", encoding=form.get("encoding", "utf-8")) as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=";", lineterminator=form.get("line_end", "\n"))
        writer.writeheader()
        writer.writerows(rows)
    home = campaign.home
    return replay(home.db, home.store, home.settings, folder, file, "ops", LATER)


def corrected(row: dict[str, str], **changes: str) -> dict[str, str]:
    """Return an exported row with something put right."""
    return row | changes


def known(campaign: Campaign, *people: Person) -> list[bool]:
    """Say of each person whether the registry knows them."""
    numbers = {row["matricule"] for row in campaign.rows("select matricule from registry.identifier")}
    return [person.matricule in numbers for person in people]


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


# Corrected and replayed.


def test_corrected_rows_are_taken_in_by_the_next_run(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(WRONG_KEY, TWO_FAULTS, invent(3), on=DAY)
    key, two = exported()
    rows = [corrected(key, matricule=invent(1).matricule), corrected(two, sex="F", protection="")]
    done = replayed(campaign, rows, tmp_path / "corrige.csv")
    assert (done.folder, done.rows, done.marked) == (CORRECTION, 2, 2)
    (report,) = campaign.take_in_all(LATER)
    assert (report.folder, report.counts["newcomers"]) == (CORRECTION, 2)
    assert known(campaign, invent(1), invent(2)) == [True, True]
    assert campaign.broken_equations() == []


def test_replayed_rows_are_marked_and_exported_no_more(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(WRONG_KEY, TWO_FAULTS, invent(3), on=DAY)
    rows = exported()
    replayed(campaign, [corrected(rows[0], matricule=invent(1).matricule)], tmp_path / "corrige.csv")
    marked = campaign.rows(
        "select q.line, d.folder from registry.quarantine as q join registry.delivery as d on q.replayed_by = d.delivery_id"
    )
    assert marked == [{"line": 1, "folder": CORRECTION}]
    assert [row["line"] for row in exported(name="encore.csv")] == ["2"]
    assert look(campaign.home.db, campaign.home.store, campaign.home.settings, FOLDER).replayed == 1


@pytest.mark.parametrize("form", [{}, {"encoding": "utf-8-sig", "line_end": "\r\n"}, {"encoding": "iso-8859-15"}])
def test_a_corrected_file_may_come_without_its_leading_columns_and_as_a_spreadsheet_writes_it(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path, form: dict[str, str]
) -> None:
    campaign.register(TWO_FAULTS, invent(3), on=DAY)
    row = corrected(exported()[0], sex="F", protection="")
    bare = {name: row[name] for name in reversed(DELIVERY_SCHEMA.names)}
    assert replayed(campaign, [bare], tmp_path / "corrige.csv", **form).marked == 0
    campaign.take_in_all(LATER)
    names = campaign.rows("select birth_name from registry.person order by person_id desc limit 1")
    assert names == [{"birth_name": TWO_FAULTS.birth_name}]


def test_the_same_file_again_is_the_same_correction(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    rows = [corrected(row, matricule=invent(1).matricule) for row in exported()]
    replayed(campaign, rows, tmp_path / "corrige.csv")
    before, keys = campaign.everything(), campaign.home.store.keys("registry", "")
    again = replayed(campaign, rows, tmp_path / "corrige.csv")
    assert (again.folder, again.repeated) == (CORRECTION, True)
    assert (campaign.everything(), campaign.home.store.keys("registry", "")) == (before, keys)
    campaign.take_in_all(LATER)
    replayed(campaign, rows, tmp_path / "corrige.csv")
    assert campaign.take_in_all(LATER) == []


def test_a_replay_that_was_killed_is_finished_by_the_same_call(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    rows = [corrected(row, matricule=invent(1).matricule) for row in exported()]
    monkeypatch.setattr("pipelines.registry.corrections._put", _killed)
    with pytest.raises(KeyboardInterrupt):
        replayed(campaign, rows, tmp_path / "corrige.csv")
    monkeypatch.undo()
    assert campaign.take_in_all(LATER) == []
    replayed(campaign, rows, tmp_path / "corrige.csv")
    assert [report.folder for report in campaign.take_in_all(LATER)] == [CORRECTION]
    assert known(campaign, invent(1)) == [True]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_second_correction_has_the_next_number(campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path) -> None:
    campaign.register(WRONG_KEY, TWO_FAULTS, invent(3), on=DAY)
    key, two = exported()
    replayed(campaign, [corrected(key, matricule=invent(1).matricule)], tmp_path / "un.csv")
    done = replayed(campaign, [corrected(two, sex="F", protection="")], tmp_path / "deux.csv")
    assert done.folder == "deliveries/CPAM/2022-01-03-correction-2"
    assert len(campaign.take_in_all(LATER)) == 2 and known(campaign, invent(1), invent(2)) == [True, True]


def test_a_row_that_is_still_bad_is_quarantined_again(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(TWO_FAULTS, invent(3), on=DAY)
    replayed(campaign, [corrected(exported()[0], sex="F")], tmp_path / "corrige.csv")
    campaign.take_in_all(LATER)
    assert [row["reasons"] for row in exported(CORRECTION, "encore.csv")] == ["PROTECTION_UNKNOWN (protection)"]


BAD_FILES = {
    "a date of another form": ({"affiliated_since": "01/02/2010"}, "line 2: column affiliated_since"),
    "a word for true": ({"large_print": "VRAI"}, "line 2: column large_print"),
    "a row that was not set aside": ({"line": "2"}, "row 2 of .* is not in the quarantine"),
    "a line that is no number": ({"line": "deux"}, "not a number"),
}


@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_corrected_file_that_cannot_be_used_changes_nothing(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path, fault: str
) -> None:
    change, sentence = BAD_FILES[fault]
    campaign.register(TWO_FAULTS, invent(3), on=DAY)
    row = corrected(exported()[0], **change)
    before, keys = campaign.everything(), campaign.home.store.keys("registry", "")
    with pytest.raises(BadFileError, match=sentence) as caught:
        replayed(campaign, [row], tmp_path / "corrige.csv")
    assert not any(word in str(caught.value) for word in (TWO_FAULTS.matricule, "GOFF", "VRAI", "01/02/2010"))
    assert (campaign.everything(), campaign.home.store.keys("registry", "")) == (before, keys)


@pytest.mark.parametrize("content", [b"", b"matricule;sex\n1;F\n", (";".join([*DELIVERY_SCHEMA.names, "note"]) + "\n").encode(), b'"\n'])
def test_a_file_with_other_columns_is_refused(campaign: Campaign, tmp_path: Path, content: bytes) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    (tmp_path / "corrige.csv").write_bytes(content)
    home = campaign.home
    with pytest.raises(BadFileError):
        replay(home.db, home.store, home.settings, FOLDER, tmp_path / "corrige.csv", "ops", LATER)


def test_a_delta_that_came_since_and_does_not_speak_of_the_person_prevents_nothing(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    rows = [corrected(row, matricule=invent(1).matricule) for row in exported()]
    campaign.register(invent(4), on=date(2022, 1, 10))
    done = replayed(campaign, rows, tmp_path / "corrige.csv")
    assert (done.folder, done.marked) == ("deliveries/CPAM/2022-01-10-correction-1", 1)
    (report,) = campaign.take_in_all(paris(2022, 1, 11))
    assert (report.folder, report.counts["newcomers"], known(campaign, invent(1))) == (done.folder, 1, [True])
    assert replayed(campaign, rows, tmp_path / "corrige.csv").repeated and campaign.take_in_all(paris(2022, 1, 11)) == []


@pytest.mark.parametrize(
    "since", [invent(1), invent(1).but(matricule=invent(5).matricule, former_matricule=invent(1).matricule)], ids=["same number", "renamed"]
)
def test_newer_data_of_a_person_are_not_overwritten(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path, since: Person
) -> None:
    campaign.register(WRONG_KEY, TWO_FAULTS, invent(3), on=DAY)
    key, two = exported()
    key, two = corrected(key, matricule=invent(1).matricule), corrected(two, sex="F", protection="")
    campaign.register(since, on=date(2022, 1, 10))
    with pytest.raises(BadFileError, match=r"data row 1\).*Take these rows out"):
        replayed(campaign, [key, two], tmp_path / "tous.csv")
    assert replayed(campaign, [two], tmp_path / "reste.csv").rows == 1


def test_nothing_older_than_a_full_delivery_is_corrected(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    rows = [corrected(row, matricule=invent(1).matricule) for row in exported()]
    full = deliver(campaign.home.store, "CPAM", [invent(3)], date(2022, 1, 10), DeliveryKind.FULL)
    campaign.take_in(full, paris(2022, 1, 10))
    with pytest.raises(RuleError, match=f"{full} came since"):
        replayed(campaign, rows, tmp_path / "corrige.csv")


def test_nothing_is_corrected_where_nobody_can_say_whom_a_delta_named(
    campaign: Campaign, exported: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    campaign.register(WRONG_KEY, invent(3), on=DAY)
    rows = [corrected(row, matricule=invent(1).matricule) for row in exported()]
    campaign.register(invent(4), on=date(2022, 1, 10))
    for key in campaign.home.store.keys("registry", "digests/"):
        campaign.home.store.delete("registry", key)
    with pytest.raises(RuleError, match="cannot be said any more"):
        replayed(campaign, rows, tmp_path / "corrige.csv")


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
