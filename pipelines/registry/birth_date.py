"""Birth dates as registers hold them: eight raw digits, some of them unknown, and the day that counts in law."""

from __future__ import annotations

import datetime as dt
from calendar import isleap
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.registry.arrow_text import TextColumn, byte_lengths, fixed_bytes, one_array

MAJORITY = 18
_OLDEST_YEAR = 1850
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)


class BirthPrecision(StrEnum):
    """What of a birth date is known; `NONE` when not even the year is."""

    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"
    NONE = "NONE"


_PRECISIONS = tuple(BirthPrecision)


@dataclass(frozen=True)
class BirthDates:
    """A column of birth dates: `born_on` (date32, null where precision is NONE) and `precision` (string)."""

    born_on: pa.Date32Array
    precision: pa.StringArray


def normalise_birth_dates(column: TextColumn) -> BirthDates:
    """Turn raw YYYYMMDD into a date and what is known of it; the raw text is kept by the caller.

    Day unknown: the 1st. Month unknown: January. Both unknown: 31 December. A part that cannot exist (month 31, 31
    February) is unknown. The year is never guessed.
    Source: RNIV rules on incomplete dates; civil-status instruction for a year alone (31 December).
    """
    texts = one_array(column)
    eight = byte_lengths(texts) == 8
    parts = fixed_bytes(texts.filter(pa.array(eight)), 8).astype(np.int64) - ord("0")
    written = ((parts >= 0) & (parts <= 9)).all(axis=1)
    parts, eight[eight] = parts[written], written
    year = np.zeros(len(texts), dtype=np.int64)
    month, day = year.copy(), year.copy()
    year[eight] = parts[:, :4] @ np.array([1000, 100, 10, 1])
    month[eight] = parts[:, 4] * 10 + parts[:, 5]
    day[eight] = parts[:, 6] * 10 + parts[:, 7]
    known_year = year >= _OLDEST_YEAR
    known_month = (month >= 1) & (month <= 12)
    longest = np.where(known_month, _days_in_month(year, np.where(known_month, month, 1)), 31)
    known_day = (day >= 1) & (day <= longest)
    neither = ~known_month & ~known_day
    month = np.where(known_month, month, np.where(neither, 12, 1))
    day = np.where(known_day, day, np.where(neither, 31, 1))
    precision = np.select([~known_year, ~known_month, ~known_day], [3, 2, 1], default=0)
    return BirthDates(_dates(year, month, day, known_year), pa.array([str(p) for p in _PRECISIONS]).take(pa.array(precision)))


def normalise_birth_date(raw: str | None) -> tuple[dt.date | None, BirthPrecision]:
    """Return (date or None, precision) of one raw date, by the rules of `normalise_birth_dates`."""
    dates = normalise_birth_dates(pa.array([raw], pa.string()))
    return dates.born_on[0].as_py(), BirthPrecision(dates.precision[0].as_py())


def age_on(birth: dt.date, day: dt.date) -> int:
    """Return the age in whole years on a day (negative before birth); 29 February has its anniversary on the 28th of common years."""
    return day.year - birth.year - (day < anniversary(birth, day.year))


def majority_on(birth: dt.date) -> dt.date:
    """Return the first day on which a person is of age (Code civil 388 and 414: eighteen years).

    Policy for 29 February, which no eighteenth year has: 28 February. The texts on age are silent; the general rule on
    periods in years says "à défaut d'un quantième identique, le dernier jour du mois" (Code de procédure civile 641),
    and PostgreSQL's `born_on + interval '18 years'` gives the same day, so that Python and SQL never disagree.
    """
    return anniversary(birth, birth.year + MAJORITY)


def anniversary(birth: dt.date, year: int) -> dt.date:
    """Return the anniversary of a birth in a year; see `majority_on` for 29 February."""
    if (birth.month, birth.day) == (2, 29) and not isleap(year):
        return dt.date(year, 2, 28)
    return birth.replace(year=year)


def _days_in_month(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days: npt.NDArray[np.int64] = _MONTH_DAYS[month] + ((month == 2) & leap)
    return days


def _dates(
    year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]
) -> pa.Date32Array:
    """Return real year, month, day as date32; null where the year is not known."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = (months.astype("datetime64[D]").astype(np.int64) + day - 1).astype(np.int32)
    return pa.array(days, mask=~known).view(pa.date32())  # type: ignore[return-value]
