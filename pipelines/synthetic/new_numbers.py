"""Matricules given between two deliveries: of newcomers, of the provisionally numbered, of people whose civil status is corrected.

None can meet one that `numbers` drew, nor one another: each kind has its own month codes (01 to 12, 20, 31 to 42 and 61 to 72 are
taken). Those of newcomers are told apart by the day, for 400 days; the two other kinds depend on the former number only.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.platform.errors import FinalError
from pipelines.registry.arrow_text import Bytes, digits, fixed_strings
from pipelines.registry.matricule import matricule_keys
from pipelines.synthetic.households import Flags, Integers

_ZERO = ord("0")
_NEWCOMERS_MONTH = 80
_GIVEN_MONTH = 42
_CORRECTED_MONTHS = np.array([0, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 55, 56])
_MOST_A_DAY = 250_000
_DAYS = 400
_FIRST_RANK = 80_000_000  # above the ranks of `numbers.provisional_numbers`
_RANK_DAYS = 80


class NewNumbers:
    """The numbers that are given on one day; whoever asks twice, in the files of two bodies, gets the same."""

    def __init__(self, day: dt.date) -> None:
        self._day = day.toordinal()
        self._given: dict[int, int] = {}

    def permanent(self, who: npt.NDArray[np.uint64], years: Integers, months: Integers, male: Flags) -> Bytes:
        """Return the NIR (people, 15) of newcomers, known by a number of their own."""
        tail = self._day % _DAYS * _MOST_A_DAY + self._ranks(who)
        return _whole(_stem(male, years, _NEWCOMERS_MONTH + months, digits(tail, 8)))

    def provisional(self, who: npt.NDArray[np.uint64], male: Flags) -> Bytes:
        """Return provisional numbers (people, 13) of newcomers."""
        ranks = self._ranks(who)
        number = np.empty((len(who), 13), dtype=np.uint8)
        number[:, 0] = _ZERO + 7 + ranks % 2
        number[:, 1] = _ZERO + np.where(male, 1, 2)
        number[:, 2:5] = digits(np.full(len(who), self._day % 1000), 3)
        number[:, 5:] = digits(_FIRST_RANK + self._day % _RANK_DAYS * _MOST_A_DAY + ranks, 8)
        return number

    def _ranks(self, who: npt.NDArray[np.uint64]) -> Integers:
        ranks = [self._given.setdefault(key, len(self._given)) for key in who.tolist()]
        if len(self._given) > _MOST_A_DAY:
            raise FinalError(f"at most {_MOST_A_DAY} newcomers have numbers of one day: ask for a smaller share")
        return np.array(ranks, dtype=np.int64)


def given_numbers(former: pa.StringArray, years: Integers, months: Integers, male: Flags) -> pa.StringArray:
    """Return the NIR of people with a NIA (the same but for its first digit) or a provisional number (its rank as place and order)."""
    stem = _first_13(former)
    provisional = np.asarray(pc.equal(pc.binary_length(former), pa.scalar(13, pa.int32())).to_numpy(zero_copy_only=False), dtype=np.bool_)
    made = _stem(male, years, _GIVEN_MONTH + months, stem[:, 5:])
    stem[:, 0] -= 6
    stem[provisional] = made[provisional]
    return fixed_strings(_whole(stem))


def corrected_numbers(former: pa.StringArray) -> pa.StringArray:
    """Return the NIR of people whose sex is corrected, from former ones with a month 01 to 12: other first digit, other month code."""
    stem = _first_13(former)
    months = (stem[:, 3].astype(np.int64) - _ZERO) * 10 + stem[:, 4] - _ZERO
    stem[:, 0] = 2 * _ZERO + 3 - stem[:, 0]
    stem[:, 3:5] = digits(_CORRECTED_MONTHS[months], 2)
    return fixed_strings(_whole(stem))


def _first_13(numbers: pa.StringArray) -> Bytes:
    text = "".join(number[:13] for number in numbers.to_pylist() if number)
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(numbers), 13).copy()


def _stem(male: Flags, years: Integers, months: Integers, tail: Bytes) -> Bytes:
    """Return numbers without their keys (people, 13); `tail` (people, 8) is place and order."""
    sex = (_ZERO + np.where(male, 1, 2)).astype(np.uint8)
    return np.hstack([sex[:, None], digits(years % 100, 2), digits(months, 2), tail])


def _whole(stem: Bytes) -> Bytes:
    return np.hstack([stem, digits(matricule_keys(stem), 2)])
