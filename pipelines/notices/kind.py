"""To whom a notice or a letter speaks (CSP R1111-28), and what a letter is about."""

from __future__ import annotations

from enum import StrEnum


class NoticeKind(StrEnum):
    """The three addressees; the last two decide for a person other than themselves, who is named."""

    ADULT = "adult"
    REPRESENTATIVE_MINOR = "representative_minor"
    REPRESENTATIVE_PROTECTED = "representative_protected"

    def agrees_with(self, concerned: str | None) -> bool:
        """Tell whether a notice of this kind may name `concerned`: a represented person must be named, an adult is the addressee."""
        return (concerned is None) == (self is NoticeKind.ADULT)


class Subject(StrEnum):
    """What a letter is about: each has its template, `letter/<value>.html`, and its version."""

    NOTICE = "notice"
    NEW_CODE = "new_code"
    MAJORITY = "majority"
    MAJORITY_OPENED = "majority_opened"
    OPENING_IMPOSSIBLE = "opening_impossible"
    OPPOSITION_RECEIPT = "opposition_receipt"
    CLOSING_RECEIPT = "closing_receipt"
    ARCHIVE = "archive"
    PURGE = "purge"
    RECORD_UPDATED = "record_updated"

    @property
    def has_code(self) -> bool:
        """Whether the letter gives each person's code; no other letter may show one."""
        return self in TELLING

    @property
    def addressees(self) -> tuple[NoticeKind, ...]:
        """To whom such a letter is written: at eighteen one speaks for oneself."""
        return (NoticeKind.ADULT,) if self in (Subject.MAJORITY, Subject.MAJORITY_OPENED) else tuple(NoticeKind)

    @property
    def event_fields(self) -> tuple[str, ...]:
        """What the letter says of the event that it tells of, in the order in which it is drawn."""
        return _EVENT_FIELDS.get(self, ())


# What the attempts of a campaign may tell: each gives a code and starts six weeks. Planning chooses (`sql/campaign/plan_department.sql`).
TELLING = (Subject.NOTICE, Subject.NEW_CODE, Subject.MAJORITY)
_EVENT_FIELDS = {
    Subject.OPPOSITION_RECEIPT: ("happened_on", "receipt"),
    Subject.CLOSING_RECEIPT: ("happened_on", "receipt", "kept_until"),
    Subject.ARCHIVE: ("happened_on", "kept_until"),
    Subject.PURGE: ("happened_on",),
    Subject.MAJORITY_OPENED: ("happened_on",),
}
