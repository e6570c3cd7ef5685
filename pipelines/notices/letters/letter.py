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
from pipelines.notices.kind import NoticeKind, Subject
from pipelines.notices.sender import Sender
from pipelines.platform.errors import RuleError

ADDRESS_LINES, ADDRESS_LINE = 6, 38
ADDRESS_FIELDS = tuple(f"address_{number}" for number in range(1, ADDRESS_LINES + 1))
# What every letter draws, in this order, before what tells of an event, then people, then the address.
RUN_FIELDS = ("dated", "reference", "guaranteed_last_day", "sequence")
# More children of one household share another letter (`notices.unsent_letter`): the codes of twelve still fit the first page.
MOST_PEOPLE = 12
# Four sheets: more is more than an inserter folds, and than the print houses' contract says.
MOST_PAGES = 8


class Concerned(NamedTuple):
    """A person whose space a letter is about: full name, None for the addressee; code of twelve characters, None if none is given."""

    name: str | None
    code: str | None


class Event(NamedTuple):
    """What a receipt or an archive notice tells: the day, the number of the receipt, the last day of the archive."""

    happened_on: date
    receipt: str | None = None
    kept_until: date | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it fills, in the order in which they are drawn."""
        return tuple(field for field, told in zip(self._fields, self, strict=True) if told is not None)

    @property
    def texts(self) -> list[str]:
        """What is told, as it is printed."""
        return [told if isinstance(told, str) else printed_day(told) for told in self if told is not None]


@dataclass(frozen=True)
class Variant:
    """Everything that changes the fixed text of a letter: one layout is made for each.

    `people` is how many persons the letter concerns: only the representative of minors may have several, each with a code.
    Raises: RuleError if there is no such letter.
    """

    kind: NoticeKind
    sender: Sender
    people: int = 1
    large_print: bool = False
    subject: Subject = Subject.NOTICE

    def __post_init__(self) -> None:
        """Refuse a wording that does not exist."""
        household = self.kind is NoticeKind.REPRESENTATIVE_MINOR and self.subject.has_code
        if self.kind not in self.subject.addressees or not 1 <= self.people <= (MOST_PEOPLE if household else 1):
            raise RuleError(f"there is no letter {self.subject.value} to {self.kind.value} about {self.people} people")

    def __hash__(self) -> int:
        """A sender's code tells it from the others: its texts need not be hashed for each letter."""
        return hash((self.kind, self.sender.code, self.people, self.large_print, self.subject))

    @cached_property
    def shape(self) -> list[tuple[bool, bool]]:
        """Of each person, whether there must be a name, and a code."""
        return [(self.kind is not NoticeKind.ADULT, self.subject.has_code)] * self.people

    @cached_property
    def event_fields(self) -> tuple[str, ...]:
        """What the letter tells of an event."""
        return self.subject.event_fields

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Every text that a letter may draw for itself, in the order in which it is drawn."""
        parts = [part for part, told in zip(("name", "code"), self.shape[0], strict=True) if told]
        people = [f"{part}_{number}" for number in range(1, self.people + 1) for part in parts]
        return (*RUN_FIELDS, *self.event_fields, *people, *ADDRESS_FIELDS)


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter on paper.

    `reference` is that of the notice, which the symbol holds; `address` has one to six lines without blank ones (AFNOR XP Z10-011);
    `people` are as many as the variant says, each with a name where somebody else is addressed, and a code where the letter gives one;
    `event` is what a receipt tells.

    Raises: RuleError, naming only the reference, if these do not hold.
    """

    reference: str
    address: tuple[str, ...]
    variant: Variant
    people: tuple[Concerned, ...]
    event: Event | None = None

    def __post_init__(self) -> None:
        """Refuse a letter that could not be posted or would speak to the wrong person."""
        if not 1 <= len(self.address) <= ADDRESS_LINES or not all(map(str.strip, self.address)):
            raise RuleError(f"letter {self.reference}: an address has one to {ADDRESS_LINES} lines, none of them blank")
        if [(name is not None, code is not None) for name, code in self.people] != self.variant.shape:
            wording = f"{self.variant.subject.value} to {self.variant.kind.value} about {self.variant.people}"
            raise RuleError(f"letter {self.reference}: the wording {wording} and the people concerned do not agree")
        if (self.event.fields if self.event else ()) != self.variant.event_fields:
            raise RuleError(f"letter {self.reference}: the wording {self.variant.subject.value} and the event do not agree")


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
        return printed_day(self.dated), printed_day(self.guaranteed_last_day)


def printed_day(day: date) -> str:
    """Return a day in words with ordinary spaces: what is drawn stays on its line."""
    return french_date(day).replace(NO_BREAK, " ")


def own_texts(letter: Letter, days: Days, sequence: int) -> list[str]:
    """Return the texts of a letter in the order of its variant's fields, as many address lines as it has."""
    dated, last_day = days.texts
    texts = [dated, letter.reference, last_day, f"{sequence:05d}"]
    if letter.event is not None:
        texts += letter.event.texts
    for name, code in letter.people:
        if name is not None:
            texts.append(name)
        if code is not None:
            texts.append(grouped(code))
    texts += letter.address
    return texts


def field_texts(letter: Letter, days: Days, sequence: int) -> Mapping[str, str]:
    """Return the text of each field of a letter, composed characters (NFC), empty for the address lines that it has not."""
    fields = letter.variant.fields
    texts = dict.fromkeys(fields, "") | dict(zip(fields, own_texts(letter, days, sequence), strict=False))
    return {field: text if text.isascii() else unicodedata.normalize("NFC", text) for field, text in texts.items()}
