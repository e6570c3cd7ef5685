"""The deposit report: it alone starts the six weeks, once, for the lots of the print house that speaks."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.campaign.window import last_day
from tests.campaign_driver import LAST_DAY, SENT, Campaign, paris
from tests.registry_builder import by_letter


@pytest.fixture
def lot(campaign: Campaign) -> int:
    """A lot of one letter, handed over on 31 January."""
    campaign.register(by_letter(1))
    (made,) = campaign.notify()
    return made


def test_a_deposit_of_another_number_of_letters_is_not_recorded(campaign: Campaign, lot: int) -> None:
    counts = campaign.report("deposits", f"{lot};2022-01-31;2", at=SENT)
    assert counts["COUNT_DIFFERS"] == 1 and campaign.status(by_letter(1)) == "PLANNED"


@pytest.mark.parametrize("day", ["2022-01-30", "2022-02-02"])
def test_a_deposit_before_the_lot_was_handed_over_or_in_the_future_is_not_recorded(campaign: Campaign, lot: int, day: str) -> None:
    counts = campaign.report("deposits", f"{lot};{day};1", at=paris(2022, 2, 1))
    assert counts["DATE_IMPOSSIBLE"] == 1 and campaign.status(by_letter(1)) == "PLANNED"


def test_a_deposit_before_the_day_printed_counts_and_shortens_nothing_that_the_letter_promises(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    friday_evening, monday = paris(2022, 1, 28, 19), date(2022, 1, 31)
    (lot,) = campaign.notify(friday_evening)
    counts = campaign.report("deposits", f"{lot};2022-01-29;1", at=paris(2022, 1, 29))
    assert campaign.manifest(lot)["prepared_for"] == monday.isoformat() and counts["early"] == 1
    (attempt,) = campaign.attempts(by_letter(1))
    assert (attempt["sent_on"], campaign.journey(by_letter(1))["last_day"]) == (date(2022, 1, 29), last_day(monday))
    assert campaign.broken_equations() == []


def test_a_deposit_on_the_day_printed_is_not_early(campaign: Campaign, lot: int) -> None:
    counts = campaign.report("deposits", f"{lot};2022-01-31;1", at=SENT)
    assert (counts["early"], campaign.journey(by_letter(1))["last_day"]) == (0, LAST_DAY)


def test_a_deposit_before_the_printing_is_not_recorded(campaign: Campaign, lot: int) -> None:
    campaign.report("printings", f"{lot};2022-02-02;1;", at=paris(2022, 2, 2))
    assert campaign.report("deposits", f"{lot};2022-02-01;1", at=paris(2022, 2, 3))["DATE_IMPOSSIBLE"] == 1


@pytest.mark.parametrize(("day", "outcome"), [("2022-01-31", "REPEATED"), ("2022-02-07", "CONTRADICTS")])
def test_a_second_deposit_of_a_lot_does_not_move_the_window(campaign: Campaign, lot: int, day: str, outcome: str) -> None:
    campaign.report("deposits", f"{lot};2022-01-31;1", at=SENT)
    counts = campaign.report("deposits", f"{lot};{day};1", at=paris(2022, 2, 8))
    assert counts[outcome] == 1 and campaign.journey(by_letter(1))["last_day"] == LAST_DAY


@pytest.mark.parametrize("line", ["7;yesterday;1", "7;2022-01-31", "seven;2022-01-31;1", "-1;2022-01-31;1", f"{10**18};2022-01-31;1", ""])
def test_a_bad_line_does_not_stop_the_others(campaign: Campaign, lot: int, line: str) -> None:
    counts = campaign.report("deposits", line, f"{lot};2022-01-31;1", at=SENT)
    assert (counts["BAD_LINE"], counts["RECORDED"]) == (1, 1)


@pytest.mark.parametrize("number", ["987654", "0", "999999999999999999"])
def test_a_lot_nobody_knows_is_answered_and_does_not_stop_the_others(campaign: Campaign, lot: int, number: str) -> None:
    campaign.report("deposits", f"{number};2022-01-31;1", f"{lot};2022-01-31;1", at=SENT)
    assert campaign.answers("deposits") == ["UNKNOWN_LOT", "RECORDED"]


def test_a_print_house_speaks_of_its_own_lots_only(campaign: Campaign, lot: int) -> None:
    counts = campaign.report("deposits", f"{lot};2022-01-31;1", at=SENT, printer="SECOND")
    assert counts["UNKNOWN_LOT"] == 1 and campaign.status(by_letter(1)) == "PLANNED"


def test_a_lot_that_was_not_handed_over_yet_cannot_be_deposited(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    campaign.decide(campaign.plan())
    ((lot,),) = campaign.gather()
    assert campaign.report("deposits", f"{lot};2022-01-31;1", at=SENT)["UNKNOWN_LOT"] == 1


@pytest.mark.parametrize("content", [b"", b"lot;day;letters\n", b"\xff\xfe\x00", b'lot_id;deposited_on;letters\n"1'])
def test_a_file_that_is_no_deposit_report_is_refused_whole_and_answered(campaign: Campaign, content: bytes) -> None:
    counts = campaign.report_file("deposits", content, SENT)
    (key,) = campaign.home.store.keys("exchanges", "printers/PRINCIPAL/deposits/answers/")
    assert counts["files_refused"] == 1 and campaign.home.store.get("exchanges", key).startswith(b"file_refused\n")


def test_a_name_already_used_is_read_again_as_another_file(campaign: Campaign, lot: int) -> None:
    for letters in (2, 1):
        report = f"lot_id;deposited_on;letters\n{lot};2022-01-31;{letters}\n"
        campaign.home.store.put("exchanges", "printers/PRINCIPAL/deposits/inbox/same.csv", report.encode())
        campaign.take_in_reports(SENT)
    assert campaign.status(by_letter(1)) == "NOTIFIED"


def test_the_deposit_of_a_lot_counts_whatever_the_print_house_said_before(campaign: Campaign, lot: int) -> None:
    campaign.report("acceptances", f"{lot};ACCEPTED;", at=SENT)
    campaign.report("printings", f"{lot};2022-01-31;1;", at=SENT)
    campaign.report("deposits", f"{lot};2022-02-01;1", at=paris(2022, 2, 2))
    assert campaign.journey(by_letter(1))["last_day"] == date(2022, 3, 15)


def test_a_refused_lot_cannot_be_deposited(campaign: Campaign, lot: int) -> None:
    campaign.report("acceptances", f"{lot};REFUSED;TOTALS_DIFFER", at=SENT)
    counts = campaign.report("deposits", f"{lot};2022-01-31;1", at=SENT)
    assert counts["LOT_REFUSED"] == 1 and campaign.status(by_letter(1)) == "PLANNED"
