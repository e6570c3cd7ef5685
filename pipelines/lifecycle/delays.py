"""Legal delays counted in months."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

EXPRESS_DELETION_MONTHS = 3


def last_day_of_express_deletion(asked_on: date) -> date:
    """Return the last day to destroy what somebody asked to be destroyed: the same date three months later.

    Where that month has no such date, its last day, which is earlier and so never late.
    Source: CSP R1111-36 (three months at most); règlement 1182/71 art. 3 (how a period in months is counted).
    """
    years, month = divmod(asked_on.month - 1 + EXPRESS_DELETION_MONTHS, 12)
    year, month = asked_on.year + years, month + 1
    return date(year, month, min(asked_on.day, monthrange(year, month)[1]))
