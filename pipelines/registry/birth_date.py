"""Birth dates as registers hold them: eight raw digits, some of them unknown, and the day that counts in law."""

from __future__ import annotations

import datetime as dt
from calendar import isleap
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.registry.arrow_text import TextColumn, byte_lengths, one_array, places_of

MAJORITY = 18
_OLDEST_YEAR = 1850
# The first day of each month from then to the year 9999, in days since 1970, and its number of days.
_MONTHS = np.arange(f"{_OLDEST_YEAR}-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
_MONTH_STARTS, _MONTH_DAYS = _MONTHS[:-1], np.diff(_MONTHS)


class BirthPrecision(StrEnum):
    """What of a birth date is known; `NONE` when not even the year is."""

    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"
    NONE = "NONE"


_PRECISIONS = tuple(BirthPrecision)


Numbers: TypeAlias = npt.NDArray[np.int32]


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
    year, month, day = _parts(texts)
    known_year = year >= _OLDEST_YEAR
    known_month = (month >= 1) & (month <= 12)
    place = np.where(known_year, (year - _OLDEST_YEAR) * 12, 0)
    longest = np.where(known_month, _MONTH_DAYS[place + np.where(known_month, month - 1, 0)], 31)
    known_day = (day >= 1) & (day <= longest)
    neither = ~known_month & ~known_day
    month = np.where(known_month, month, np.where(neither, 12, 1))
    day = np.where(known_day, day, np.where(neither, 31, 1))
    born: Any = pa.array(_MONTH_STARTS[place + month - 1] + day - 1, pa.int32(), mask=~known_year)
    precision = np.select([~known_year, ~known_month, ~known_day], [3, 2, 1], default=0)
    return BirthDates(born.view(pa.date32()), pa.array([str(p) for p in _PRECISIONS]).take(pa.array(precision)))


def _parts(texts: pa.StringArray) -> tuple[Numbers, Numbers, Numbers]:
    """Return year, month and day (rows,) of texts of eight digits, 0 of the others."""
    eight = byte_lengths(texts) == 8
    values = places_of(texts, eight, 8) - np.uint8(ord("0"))
    values[:, (values > 9).any(axis=0)] = 0
    century, year, month, day = np.zeros((4, len(texts)), dtype=np.int32)
    for part, number in enumerate((century, year, month, day)):
        number[eight] = values[2 * part] * np.uint8(10) + values[2 * part + 1]
    return century * 100 + year, month, day


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
