"""Rows of the quarantine that were corrected are delivered again, and overwrite nothing newer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines.platform.errors import BadFileError, RuleError
from pipelines.registry.contract import DELIVERY_SCHEMA, DeliveryKind
from pipelines.registry.corrections import replay
from pipelines.registry.quarantine import look
from tests.campaign_driver import Campaign, paris
from tests.quarantine_driver import DAY, FOLDER, LATER, TWO_FAULTS, WRONG_KEY, corrected, known, replayed
from tests.registry_builder import Person, deliver, invent

CORRECTION = "deliveries/CPAM/2022-01-03-correction-1"


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
