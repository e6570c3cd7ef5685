"""To whom a notice speaks: the person, or who represents the person (CSP R1111-28)."""

from __future__ import annotations

from enum import StrEnum


class NoticeKind(StrEnum):
    """The three wordings of a notice; the last two name a person other than the addressee."""

    ADULT = "adult"
    REPRESENTATIVE_MINOR = "representative_minor"
    REPRESENTATIVE_PROTECTED = "representative_protected"

    def agrees_with(self, concerned: str | None) -> bool:
        """Tell whether a notice of this kind may name `concerned`: a represented person must be named, an adult is the addressee."""
        return (concerned is None) == (self is NoticeKind.ADULT)
