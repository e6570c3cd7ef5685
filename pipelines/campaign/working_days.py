"""Working days in France, and the day on which letters that are ready at some instant should be handed to the post."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pipelines.platform.clock import PARIS, legal_day

# (month, day) of the holidays that never move.
_FIXED = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
# Easter Monday, Ascension, Whit Monday: days after Easter Sunday.
_AFTER_EASTER = (1, 39, 50)
_SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Tell whether people work on a day: Monday to Friday, and no public holiday of the whole of France.

    Source: Code du travail, art. L3133-1.
    """
    moving = (day - easter_sunday(day.year)).days
    return day.weekday() < _SATURDAY and (day.month, day.day) not in _FIXED and moving not in _AFTER_EASTER


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of a year of the Gregorian calendar. Source: Meeus, Astronomical Algorithms, chapter 8."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    offset = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * offset) // 451
    month, day = divmod(h + offset - 7 * m + 114, 31)
    return date(year, month, day + 1)


def next_working_day(day: date) -> date:
    """Return the first working day after a day."""
    following = day + timedelta(days=1)
    while not is_working_day(following):
        following += timedelta(days=1)
    return following


def working_day_before(day: date, count: int) -> date:
    """Return the working day that lies so many working days before a day. Raises ValueError if `count` is not positive."""
    if count < 1:
        raise ValueError("count at least one working day")
    while count:
        day -= timedelta(days=1)
        count -= is_working_day(day)
    return day


def deposit_day(ready_at: datetime, cut_off_hour: int) -> date:
    """Return the day on which letters that are ready at an instant should be deposited.

    That very day where people work on it and the hour of Paris is before the cut-off, else the next working day. Raises ValueError on a
    naive datetime.
    """
    day = legal_day(ready_at)
    in_time = ready_at.astimezone(PARIS).hour < cut_off_hour
    return day if in_time and is_working_day(day) else next_working_day(day)
