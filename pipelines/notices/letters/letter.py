"""What a letter is made from, and what a run of letters becomes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from pipelines.notices.code_format import grouped
from pipelines.notices.french_text import NO_BREAK, french_date
from pipelines.notices.kind import NoticeKind
from pipelines.notices.sender import Sender
from pipelines.platform.errors import RuleError

ADDRESS_LINES = 6
ADDRESS_FIELDS = tuple(f"address_{number}" for number in range(1, ADDRESS_LINES + 1))
# Every text that a page draws for itself, in the order in which it is drawn.
FIELDS = ("concerned", "dated", "reference", "code", "guaranteed_last_day", "sequence", *ADDRESS_FIELDS)


@dataclass(frozen=True)
class Variant:
    """Everything that changes the fixed text of a letter: one layout is made for each."""

    kind: NoticeKind
    sender: Sender

    def __hash__(self) -> int:
        """A sender's code tells it from the others: its texts need not be hashed for each letter."""
        return hash((self.kind, self.sender.code))


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice on paper.

    `address` has one to six lines without blank ones (AFNOR XP Z10-011); `concerned` is the full name of the
    child or protected person, None for an adult; `code` is the twelve characters, not grouped.

    Raises: RuleError, naming only the reference, if these do not hold.
    """

    reference: str
    code: str
    address: tuple[str, ...]
    variant: Variant
    concerned: str | None = None

    def __post_init__(self) -> None:
        """Refuse a letter that could not be posted or would speak to the wrong person."""
        if not 1 <= len(self.address) <= ADDRESS_LINES or not all(map(str.strip, self.address)):
            raise RuleError(f"letter {self.reference}: an address has one to {ADDRESS_LINES} lines, none of them blank")
        if not self.variant.kind.agrees_with(self.concerned):
            raise RuleError(f"letter {self.reference}: the wording {self.variant.kind.value} and the person concerned do not agree")


class Refusal(StrEnum):
    """Why a letter was left out of a composition."""

    NO_GLYPH = "a character exists in no font of the letter"
    TOO_LONG = "a line is too long to be legible"


class Placed(NamedTuple):
    """Where a letter lies in the PDF; `first_page` counts from 1. Its sequence, printed on its pages, is its rank among the placed."""

    reference: str
    first_page: int
    pages: int


@dataclass(frozen=True)
class Composition:
    """A PDF of letters in the order given, and its SHA-256.

    `with_care` are the sequences of those whose texts are rare or wide; `slow` of these were laid out one by one; `refused` (reference,
    reason) are not in it.
    """

    pdf: bytes
    sha256: str
    pages: int
    slow: int
    with_care: tuple[int, ...]
    placed: tuple[Placed, ...]
    refused: tuple[tuple[str, Refusal], ...]


@dataclass(frozen=True)
class Days:
    """The two days that a run of letters prints: that of the letter, and the last day to oppose if it is deposited that very day.

    Raises: RuleError if the last day is not after the letter's.
    """

    dated: date
    guaranteed_last_day: date

    def __post_init__(self) -> None:
        """Refuse a promise that could not be kept."""
        if self.guaranteed_last_day <= self.dated:
            raise RuleError(f"a letter dated {self.dated.isoformat()} cannot promise {self.guaranteed_last_day.isoformat()} as last day")

    @cached_property
    def texts(self) -> tuple[str, str]:
        """Both days as they are printed."""
        return french_date(self.dated).replace(NO_BREAK, " "), french_date(self.guaranteed_last_day).replace(NO_BREAK, " ")


def own_texts(letter: Letter, days: Days, sequence: int) -> list[str]:
    """Return the texts of a letter in the order of `FIELDS`, as many address lines as it has."""
    dated, last_day = days.texts
    return [letter.concerned or "", dated, letter.reference, grouped(letter.code), last_day, f"{sequence:05d}", *letter.address]


def field_texts(letter: Letter, days: Days, sequence: int) -> Mapping[str, str]:
    """Return the text of each field of a letter, composed characters (NFC), empty where the letter has none."""
    texts = dict.fromkeys(FIELDS, "") | dict(zip(FIELDS, own_texts(letter, days, sequence), strict=False))
    return {field: text if text.isascii() else unicodedata.normalize("NFC", text) for field, text in texts.items()}
