"""The invented print houses say of each lot what real ones would, in the order in which they would."""

from __future__ import annotations

from datetime import date

from pipelines.synthetic.notices_received import ReceivedLot
from pipelines.synthetic.print_house import PrintHouses

FRIDAY, MONDAY = date(2026, 1, 9), date(2026, 1, 12)
LOT = ReceivedLot(7, "SECOND", FRIDAY, 2, b"", [{"sequence": "1", "reference": "first"}, {"sequence": "2", "reference": "second"}])


def lines(houses: PrintHouses, day: date) -> dict[str, list[str]]:
    """Return the lines that the second print house reports on a day, by kind."""
    assert {printer for printer, _ in houses.of_day(day)} <= {"SECOND"}
    return {kind: content.decode().splitlines()[1:] for (_, kind), content in houses.of_day(day).items()}


def test_a_sound_lot_is_accepted_then_printed_and_deposited_on_the_next_working_day() -> None:
    houses = PrintHouses(lambda _: 999)
    assert houses.receive(LOT) == MONDAY
    assert lines(houses, FRIDAY) == {"acceptances": ["7;ACCEPTED;"]}
    assert lines(houses, MONDAY) == {"printings": ["7;2026-01-12;2;"], "deposits": ["7;2026-01-12;2"]}


def test_a_lot_that_was_damaged_on_the_way_is_refused_and_accepted_a_day_later() -> None:
    houses = PrintHouses(lambda text: 0 if text.startswith("damaged lot") else 999)
    houses.receive(LOT)
    assert lines(houses, FRIDAY) == {"acceptances": ["7;REFUSED;DIGEST_DIFFERS"]}
    assert lines(houses, MONDAY)["acceptances"] == ["7;ACCEPTED;"]


def test_damaged_letters_are_printed_again_and_some_come_back_after_their_deposit() -> None:
    houses = PrintHouses(lambda text: 0 if text in ("damaged second", "returned first") else 999)
    houses.receive(LOT)
    assert lines(houses, MONDAY)["printings"] == ["7;2026-01-12;2;2"]
    assert lines(houses, date(2026, 1, 17)) == {"returned_letters": ["first;UNKNOWN_AT_ADDRESS;2026-01-17"]}
