"""Chance that depends on a person's number, a day and a seed only: the same in the files of two bodies, in any order of rows."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.arrow_text import Mask, byte_lengths, places_of
from pipelines.synthetic.households import Flags, Integers

_NUMBER = 13
_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))


@dataclass(frozen=True)
class Chances:
    """One source of chance a person: `roots` (people,)."""

    roots: npt.NDArray[np.uint64]

    def where(self, mask: Mask | Integers) -> Chances:
        """Return the chances of some of the people, by mask or position."""
        return Chances(self.roots[mask])

    def happens(self, purpose: str, probability: float) -> Flags:
        """Say whom something befalls (people,)."""
        limit = int(min(max(probability, 0.0), 1.0) * 2**53)
        return self._drawn(purpose) < np.uint64(limit)

    def below(self, purpose: str, limit: int) -> Integers:
        """Return whole numbers from 0 to `limit` - 1 (people,)."""
        return (self._drawn(purpose) % np.uint64(limit)).astype(np.int64)

    def _drawn(self, purpose: str) -> npt.NDArray[np.uint64]:
        """Return numbers of 53 bits; another purpose gives others."""
        return _mixed(self.roots + np.uint64(zlib.crc32(purpose.encode()) << 32)) >> np.uint64(11)


def chances_of(matricules: pa.StringArray, seed: int, day: int) -> Chances:
    """Return the chances of people on a day (a day's number), by the first 13 characters of their matricule."""
    numbers: pa.StringArray = pc.utf8_slice_codeunits(matricules, 0, _NUMBER)
    whole = byte_lengths(numbers) == _NUMBER
    roots = np.zeros(len(numbers), dtype=np.uint64)
    total = np.full(int(whole.sum()), seed * 1_000_003 + day, dtype=np.uint64)
    for place in places_of(numbers, whole, _NUMBER):
        total = total * _ODD + place
    roots[whole] = _mixed(total)
    return Chances(roots)


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit of the input moves every bit of the output."""
    for shift, factor in _MIXERS:
        numbers = (numbers ^ (numbers >> shift)) * factor
    mixed: npt.NDArray[np.uint64] = numbers ^ (numbers >> np.uint64(31))
    return mixed
