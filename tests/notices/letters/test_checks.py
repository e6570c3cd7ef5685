"""A lot that does not read as it was meant stops before it leaves, and says which letter by its sequence only."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from pipelines.notices.letters.checks import LotCheckError, check_lot, sample
from pipelines.notices.letters.letter import Composition, Days, Letter
from pipelines.notices.letters.press import LetterPress
from tests.notices.conftest import letter

DAYS = Days(date(2022, 1, 31), date(2022, 3, 14))
LETTERS = [letter(number) for number in range(40)]


@pytest.fixture(scope="module")
def composition(press: LetterPress) -> Composition:
    return press.compose(LETTERS, DAYS)


def check(press: LetterPress, composition: Composition, letters: list[Letter], days: Days = DAYS, whole: bool = True) -> None:
    check_lot(12, composition, letters, days, press.skeleton, whole)


def other(changed: int, **changes: object) -> list[Letter]:
    """Return the letters that should have been made where one of those that were is another."""
    return [dataclasses.replace(one, **changes) if place == changed else one for place, one in enumerate(LETTERS)]


@pytest.mark.parametrize("whole", [True, False])
def test_lot_that_was_made_as_meant_passes(press: LetterPress, composition: Composition, whole: bool) -> None:
    check(press, composition, LETTERS, whole=whole)


def test_lot_with_letters_made_with_care_passes(press: LetterPress) -> None:
    letters = [letter(0), letter(2, "Ольга Иванова"), letter(4, "Œdipe NGUYỄN"), letter(5, "W" * 60), letter(7, "محمد")]
    made = press.compose(letters, DAYS)
    assert (made.slow, made.with_care, len(made.refused)) == (1, (2, 3), 2)
    check(press, made, letters)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"people": (LETTERS[25].people[0]._replace(code="7KQM4WZX9999"),)}, "code_1"),
        ({"people": (LETTERS[25].people[0]._replace(name="Somebody ELSE"),)}, "name_1"),
        ({"address": ("MADAME Zoë L'HOSTIS", "33000 BORDEAUX")}, "address_2"),
        ({"address": ("MADAME ZOE L'HOSTIS",)}, "address_1"),
    ],
)
def test_text_of_another_stops_the_lot(press: LetterPress, composition: Composition, changes: dict[str, object], field: str) -> None:
    with pytest.raises(LotCheckError, match=r"^lot 12: letter 26 does not read as it was meant \(.*" + field) as raised:
        check(press, composition, other(25, **changes))
    shown = str(raised.value)
    for one in (LETTERS[25], other(25, **changes)[25]):
        assert not any(secret in shown for secret in (str(one.people[0].code), one.reference, *one.address))


def test_day_of_another_run_stops_the_lot(press: LetterPress, composition: Composition) -> None:
    with pytest.raises(LotCheckError, match=r"letter 1 does not read as it was meant \(dated\)"):
        check(press, composition, LETTERS, Days(date(2022, 1, 30), date(2022, 3, 14)))


def test_symbol_of_another_stops_the_lot(press: LetterPress, composition: Composition) -> None:
    symbols = [at for at in range(len(composition.pdf)) if composition.pdf.startswith(b" ID ", at)]
    first, second = (slice(at + 4, at + 68) for at in symbols[:2])
    swapped = bytearray(composition.pdf)
    swapped[first] = composition.pdf[second]
    with pytest.raises(LotCheckError, match=r"letter 1 does not read as it was meant \(symbol\)"):
        check(press, dataclasses.replace(composition, pdf=bytes(swapped)), LETTERS)


def test_letters_in_another_order_stop_the_lot(press: LetterPress, composition: Composition) -> None:
    with pytest.raises(LotCheckError, match="not those that were meant"):
        check(press, composition, LETTERS[::-1])


@pytest.mark.parametrize("whole", [True, False])
def test_damaged_file_stops_the_lot(press: LetterPress, composition: Composition, whole: bool) -> None:
    for damaged in (composition.pdf[:-2000], composition.pdf.replace(b"endobj\n", b"", 1), b"", b"%PDF-1.7\n"):
        with pytest.raises(LotCheckError, match="lot 12: its file"):
            check(press, dataclasses.replace(composition, pdf=damaged), LETTERS, whole=whole)


def test_missing_page_stops_the_lot(press: LetterPress, composition: Composition) -> None:
    with pytest.raises(LotCheckError, match="0 faults and 80 of 81 pages"):
        check(press, dataclasses.replace(composition, pages=81), LETTERS, whole=False)


def test_sample_is_that_of_the_lot_with_its_ends_and_those_made_with_care(press: LetterPress, composition: Composition) -> None:
    chosen = sample(composition)
    assert chosen == sample(press.compose(LETTERS, DAYS)) and {1, 40} <= set(chosen) and len(chosen) >= 5
    assert chosen != sample(press.compose(LETTERS[1:], DAYS))
    careful = press.compose([letter(number, "Łukasz") for number in (1, 2, 4, 5)], DAYS)
    assert sample(careful) == [1, 2, 3, 4]
