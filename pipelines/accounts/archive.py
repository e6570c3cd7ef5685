"""How long a closed space is kept."""

from __future__ import annotations

from calendar import isleap
from datetime import date


def archived_until(closed_on: date, years: int) -> date:
    """Return the last day of the archive: the same date, `years` later; a closing of 29 February is kept until 1 March.

    Source: CSP R1111-36 (ten years from the closing); an anniversary that does not exist never shortens the archive.
    """
    year = closed_on.year + years
    if (closed_on.month, closed_on.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1)
    return closed_on.replace(year=year)
