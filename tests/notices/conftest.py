"""What the tests of notices share: one insurance body, one press, letters that look like people's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.notices.kind import NoticeKind, Subject
from pipelines.notices.letters.layout import LetterLayout
from pipelines.notices.letters.letter import Concerned, Days, Event, Letter, Variant
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.sender import Sender

TEMPLATES = Path(__file__).parents[2] / "templates"
SENDER = Sender(
    code="CPAM-331",
    name="Caisse primaire d'assurance maladie de la Gironde",
    service="Service des relations avec les assurés",
    address=("Place de l'Europe", "33085 BORDEAUX CEDEX"),
    place="Bordeaux",
    phone="36 46",
    signatory="Claire Duverneuil-Lafargue",
    capacity="Directrice générale",
    email="avis@assurance-maladie.example",
)
NAMES = (
    "Zoë L'HOSTIS",
    "Thị Hồng NGUYỄN",
    "Łukasz D'ALMEIDA",
    "Œdipe LE GOFF-FAŸ",
    "Ülkü ÇELİK",
    "Søren SAINT-ÉTIENNE",
    "Ștefan ŢEPEŞ",
    "Đặng ‘Ōkina’",
)
DAYS = Days(date(2022, 1, 31), date(2022, 3, 14))
EVENTS = {
    Subject.OPPOSITION_RECEIPT: Event(date(2022, 3, 10), "OPP-812-1"),
    Subject.CLOSING_RECEIPT: Event(date(2022, 9, 12), "OPP-812-2", date(2032, 9, 12)),
    Subject.ARCHIVE: Event(date(2022, 9, 12), kept_until=date(2032, 9, 12)),
    Subject.PURGE: Event(date(2032, 9, 13)),
    Subject.MAJORITY_OPENED: Event(date(2022, 3, 1)),
}
HOUSEHOLDS = [(2, False), (9, False), (9, True), (12, False), (12, True)]
# Every letter to everyone, some in large print, and households.
WORDINGS = [
    *[Variant(kind, SENDER, subject=subject) for subject in Subject for kind in subject.addressees],
    *[Variant(subject.addressees[-1], SENDER, large_print=True, subject=subject) for subject in Subject],
    *[Variant(NoticeKind.REPRESENTATIVE_MINOR, SENDER, people, large_print) for people, large_print in HOUSEHOLDS],
]


def wording_id(variant: Variant) -> str:
    """Return how a wording is named in the list of tests."""
    return f"{variant.subject.value}-{variant.kind.value}-{variant.people}" + ("-large" if variant.large_print else "")


@pytest.fixture(scope="session")
def templates() -> Path:
    """The templates of the project."""
    return TEMPLATES


@pytest.fixture(scope="session")
def press() -> LetterPress:
    """A press that keeps its layouts for the whole session."""
    return LetterPress(TEMPLATES)


@pytest.fixture(scope="session")
def layout() -> LetterLayout:
    """What lays a letter out whole, the slow way."""
    return LetterLayout(TEMPLATES)


def letter_in(variant: Variant, number: int = 1) -> Letter:
    """Return the letter of an invented recipient in a wording."""
    names = [NAMES[(number + place) % len(NAMES)] if variant.kind is not NoticeKind.ADULT else None for place in range(variant.people)]
    codes = [f"7KQM4WZ{number:01d}{place:04d}" if variant.subject.has_code else None for place in range(variant.people)]
    like = letter(number, kind=NoticeKind.ADULT)
    return Letter(like.reference, like.address, variant, tuple(map(Concerned, names, codes)), EVENTS.get(variant.subject))


def letter(number: int, concerned: str | None = None, kind: NoticeKind | None = None) -> Letter:
    """Return the letter of an invented person; every kind in turn where none is asked for."""
    kind = kind or list(NoticeKind)[number % 3]
    named = None if kind is NoticeKind.ADULT else concerned or NAMES[number % len(NAMES)]
    lines = (f"MADAME {NAMES[number % len(NAMES)]}", "APPARTEMENT 12", "RESIDENCE LES TILLEULS", f"{number} RUE DE L EGLISE", "BP 40012")
    locality = f"{10_000 + number} BORDEAUX"
    address = (*lines[: 1 + number % 5], locality)
    people = (Concerned(named, f"7KQM4WZX{number:04d}"),)
    return Letter(f"ES1{number:09d}01{number * 7919 % 1_000_000:06d}", address, Variant(kind, SENDER), people)
