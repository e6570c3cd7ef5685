"""What invented readers find in their letters, on whichever of its pages it stands."""

from __future__ import annotations

import io

import pypdf
import pytest

from pipelines.notices.kind import NoticeKind
from pipelines.notices.letters.letter import Variant
from pipelines.notices.letters.press import LetterPress
from pipelines.synthetic.notices_received import code_in
from tests.notices.conftest import DAYS, SENDER, TEMPLATES, letter_in


@pytest.fixture(scope="module")
def press() -> LetterPress:
    return LetterPress(TEMPLATES)


def pages_of(press: LetterPress, variant: Variant) -> list[list[str]]:
    """Return the lines of each page of the letter of an invented recipient."""
    made = press.compose([letter_in(variant)], DAYS)
    return [[line.strip() for line in page.extract_text().splitlines()] for page in pypdf.PdfReader(io.BytesIO(made.pdf)).pages]


@pytest.mark.parametrize("large_print", [False, True])
def test_an_adult_finds_the_code_of_the_letter(press: LetterPress, large_print: bool) -> None:
    variant = Variant(NoticeKind.ADULT, SENDER, large_print=large_print)
    assert code_in(pages_of(press, variant)) == letter_in(variant).people[0].code


@pytest.mark.parametrize("large_print", [False, True])
@pytest.mark.parametrize("kind", [NoticeKind.REPRESENTATIVE_MINOR, NoticeKind.REPRESENTATIVE_PROTECTED])
def test_a_representative_takes_no_code_for_their_own(press: LetterPress, kind: NoticeKind, large_print: bool) -> None:
    assert code_in(pages_of(press, Variant(kind, SENDER, large_print=large_print))) is None
