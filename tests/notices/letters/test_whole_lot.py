"""A lot of 5,000 letters, read whole by programs that had no part in making it: every value is the one that was given."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pyrage
import pytest

from pipelines.campaign import opposition_code
from pipelines.notices.addressee import address_lines, concerned
from pipelines.notices.letter_dispatch import lot_letters
from pipelines.notices.letters.checks import read_symbol
from pipelines.notices.letters.letter import Composition, Days, Letter
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.print_lot import seal
from pipelines.notices.reference import NoticeId, read_reference
from tests.notices.conftest import NAMES, WORDINGS, letter, letter_in
from tests.notices.letters.readers import require_clean

DAYS = Days(date(2022, 1, 31), date(2022, 3, 14))
CODE_KEY, REFERENCE_KEY = b"c" * 32, b"r" * 32
LONGEST = "BOURBON-PARME DE LA TRÉMOÏLLE ET DE MONTMORENCY-LUXEMBOURG"
SURNAMES = ("MARTIN", "D'ALMEIDA", "L'HOSTIS", "SAINT-ÉTIENNE", "NGUYỄN", "LE GOFF (DIT PETIT)", "WAMBERGUE-WILLEMOWSKY DE BEAULIEU")
FIRST_NAMES = ("Zoë", "Łukasz", "Œdipe", "Thị Hồng", "Jean-Pierre", "François")


def row(number: int) -> dict[str, Any]:
    """Return a row as the database gives it for a letter of a lot."""
    represented = number % 3 > 0
    name, first = SURNAMES[number % len(SURNAMES)], FIRST_NAMES[number % len(FIRST_NAMES)]
    return {
        "campaign_id": 1,
        "person_id": 10_000_000 + number * 7,
        "attempt_no": 1 + number % 3,
        "code_key_version": 1,
        "letter_no": number,
        "body": "CPAM",
        "large_print": False,
        "address_2": f"APPARTEMENT {number}" if number % 4 == 0 else None,
        "address_3": "RESIDENCE L'ORÉE \\ BÂT (B)" if number % 5 == 0 else None,
        "address_4": f"{1 + number % 300} RUE DE L EGLISE",
        "address_5": None,
        "postcode": f"{1000 + number:05d}",
        "town": "SAINT DENIS",
        "subject": "notice",
        "is_represented": represented,
        "is_minor": number % 3 == 1,
        "person_first_names": first,
        "person_name": name,
        "recipient_first_names": f"Marie {first}" if represented else first,
        "recipient_name": name,
    }


ROWS = [row(number) for number in range(5_000)]


@pytest.fixture(scope="module")
def letters() -> list[Letter]:
    return lot_letters(ROWS, {1: CODE_KEY}, REFERENCE_KEY)


@pytest.fixture(scope="module")
def composition(press: LetterPress, letters: list[Letter]) -> Composition:
    return press.compose(letters, DAYS)


def test_every_page_of_a_lot_reads_as_the_database_says(press: LetterPress, letters: list[Letter], composition: Composition) -> None:
    assert (composition.pages, composition.slow, composition.refused) == (10_000, 0, ())
    with closing(pypdfium2.PdfDocument(composition.pdf)) as document:
        for number, own in enumerate(ROWS):
            lines, symbol = read_front(document[2 * number], press.skeleton(letters[number].variant).symbol)
            notice = NoticeId(own["campaign_id"], own["person_id"], own["attempt_no"])
            start = lines.index(address_lines(own)[0])
            assert tuple(lines[start : start + len(address_lines(own))]) == address_lines(own)
            assert symbol in lines and read_reference(REFERENCE_KEY, symbol) == notice
            code = next(line for line in lines if re.fullmatch(r"(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}", line))
            assert opposition_code.prove_all({1: CODE_KEY}, [opposition_code.as_derived(code)], [1], [notice]) == [True]
            assert concerned(own) is None or concerned(own) in lines
            assert {f"{number + 1:05d}", "31 janvier 2022", "14 mars 2022"} <= set(lines)
            with closing(document[2 * number + 1]) as back, closing(back.get_textpage()) as text:
                assert f"{number + 1:05d}" in text.get_text_bounded().split()


def read_front(page: pypdfium2.PdfPage, corner: tuple[float, float]) -> tuple[list[str], str]:
    with closing(page), closing(page.get_textpage()) as text:
        return text.get_text_bounded().splitlines(), read_symbol(page, corner) or ""


def test_qpdf_and_ghostscript_have_nothing_to_say(
    press: LetterPress, composition: Composition, letters: list[Letter], tmp_path: Path
) -> None:
    everything = [*letters[:150], letter(1, "Ольга Иванова"), *map(letter_in, WORDINGS), *(letter(number) for number in range(9000, 9030))]
    mixed = press.compose(everything, DAYS)
    file = tmp_path / "mixed.pdf"
    file.write_bytes(mixed.pdf)
    require_clean(file)
    assert (len(mixed.placed), mixed.refused) == (len(everything), ())
    for made in (mixed, press.compose([], DAYS)):
        reader = pypdf.PdfReader(BytesIO(made.pdf), strict=True)
        assert [page.mediabox[2:] for page in reader.pages] == [[595.276, 841.89]] * made.pages


def test_a_sealed_lot_takes_less_than_250_bytes_a_letter(composition: Composition) -> None:
    sealed = seal(composition.pdf, str(pyrage.x25519.Identity.generate().to_public()))
    assert len(sealed) / len(ROWS) < 250


@pytest.mark.parametrize("name", [*NAMES, LONGEST, "Jean-Christophe DE LA ROCHEFOUCAULD D'ESTISSAC"])
def test_name_is_right_or_refused_never_cut(press: LetterPress, name: str) -> None:
    own = row(1) | {"person_first_names": "Œdipe", "person_name": name, "recipient_first_names": "Œdipe", "recipient_name": name}
    made = press.compose(lot_letters([own], {1: CODE_KEY}, REFERENCE_KEY), DAYS)
    if made.refused:
        assert name == LONGEST and made.pages == 0
    else:
        lines, _ = read_front(pypdfium2.PdfDocument(made.pdf)[0], (0, 0))
        assert any(line.endswith(name) for line in lines) and name != LONGEST
