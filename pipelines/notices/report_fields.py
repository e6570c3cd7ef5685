"""What may stand in the columns of a print house's report: numbers and days are written in one way only."""

from __future__ import annotations

import re
from datetime import date

_NUMBER = re.compile(r"[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def whole_number(text: str) -> int:
    """Read a number from 0: one to 18 ASCII digits and nothing else. Raises: ValueError."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return int(text)


def calendar_day(text: str) -> date:
    """Read a day as `YYYY-MM-DD`, no other form of ISO 8601. Raises: ValueError."""
    if not _DAY.fullmatch(text):
        raise ValueError("not a day")
    return date.fromisoformat(text)
