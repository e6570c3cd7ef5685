"""What the tests of notices share: one insurance body, one press, letters that look like people's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.notices.kind import NoticeKind
from pipelines.notices.letters.letter import Letter, Variant
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


@pytest.fixture(scope="session")
def templates() -> Path:
    """The templates of the project."""
    return TEMPLATES


@pytest.fixture(scope="session")
def press() -> LetterPress:
    """A press that keeps its layouts for the whole session."""
    return LetterPress(TEMPLATES)


def letter(number: int, concerned: str | None = None, kind: NoticeKind | None = None) -> Letter:
    """Return the letter of an invented person; every kind in turn where none is asked for."""
    kind = kind or list(NoticeKind)[number % 3]
    named = None if kind is NoticeKind.ADULT else concerned or NAMES[number % len(NAMES)]
    lines = (f"MADAME {NAMES[number % len(NAMES)]}", "APPARTEMENT 12", "RESIDENCE LES TILLEULS", f"{number} RUE DE L EGLISE", "BP 40012")
    locality = f"{10_000 + number} BORDEAUX"
    address = (*lines[: 1 + number % 5], locality)
    return Letter(f"ES1{number:09d}01{number * 7919 % 1_000_000:06d}", f"7KQM4WZX{number:04d}", address, Variant(kind, SENDER), named)
