"""Matricules of invented people: unique over a whole country, although each chunk is drawn alone.

Everyone born in one month, of one sex and in one department shares the couples (commune, order number). A chunk owns its
own run of them, which an affine permutation then spreads over communes and orders: no two chunks can meet, none has to
know another. Even order numbers are kept for twins. A run that is used up goes on with month codes 31 to 42 then 61 to
72, which is also what the real register does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.registry.arrow_text import digits
from pipelines.registry.matricule import matricule_keys
from pipelines.synthetic.households import Flags, Integers
from pipelines.synthetic.places import Birthplaces

MAX_CHUNKS = 1_200
_PAIRS = 499  # order numbers 001 to 998, by pairs
_STRIDE = 1_000_003  # a prime, so prime to every number of slots
_MONTH_STEP = 30
_MOST_STEPS = 2
_CORSICA_SPLIT = 1976
_ZERO = ord("0")


@dataclass(frozen=True)
class Births:
    """What a matricule is made of; arrays of (people,). `month` is 1 to 12, or 20 where unknown; `place` indexes Birthplaces."""

    year: Integers
    month: Integers
    place: Integers
    male: Flags
    waiting: Flags
    twin_of: Integers


def draw_matricules(births: Births, birthplaces: Birthplaces, seed: int, chunk: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return matricules (people, 15) and COG codes of birth (people, 5), in ASCII.

    Raises: ValueError if the chunk is too far, or holds more births of one month and place than its run has numbers.
    """
    if chunk >= MAX_CHUNKS:
        raise ValueError(f"at most {MAX_CHUNKS} chunks of people have their own matricules")
    cell = ((births.year % 100 * 64 + births.month) * 2 + births.male) * 1024 + births.place
    slots = birthplaces.count[births.place] * _PAIRS
    run = slots // MAX_CHUNKS
    rank = _rank_in(cell)
    step = rank // run
    if step.max(initial=0) > _MOST_STEPS:
        raise ValueError("too many births of one month in one place for a chunk")
    spread = ((chunk * run + rank % run) * _STRIDE + (cell * 2_654_435_761 + seed) % slots) % slots
    commune, pair = spread % birthplaces.count[births.place], spread // birthplaces.count[births.place]
    order, month = 2 * pair + 1, births.month + _MONTH_STEP * step
    twins = births.twin_of >= 0
    elder = births.twin_of[twins]
    commune[twins], order[twins], month[twins] = commune[elder], order[elder] + 1, month[elder]
    code = birthplaces.first[births.place] + commune
    return _write(births, month, code, order, birthplaces), birthplaces.codes[code]


def _rank_in(cell: Integers) -> Integers:
    """Return the rank of each row among the rows of its cell."""
    order = np.argsort(cell, kind="stable")
    ordered = cell[order]
    new = np.flatnonzero(np.diff(ordered, prepend=-1))
    starts = np.repeat(new, np.diff(np.append(new, len(cell))))
    rank = np.empty(len(cell), dtype=np.int64)
    rank[order] = np.arange(len(cell)) - starts
    return rank


def _write(births: Births, month: Integers, code: Integers, order: Integers, birthplaces: Birthplaces) -> npt.NDArray[np.uint8]:
    number = np.empty((len(code), 15), dtype=np.uint8)
    number[:, 0] = _ZERO + np.where(births.male, 1, 2) + np.where(births.waiting, 6, 0)
    number[:, 1:3] = digits(births.year % 100, 2)
    number[:, 3:5] = digits(month, 2)
    old = births.year < _CORSICA_SPLIT
    number[:, 5:10] = np.where(old[:, None], birthplaces.old_codes[code], birthplaces.codes[code])
    number[:, 10:13] = digits(order, 3)
    number[:, 13:15] = digits(matricule_keys(number[:, :13]), 2)
    return number


def provisional_numbers(male: Flags, first_person: int) -> npt.NDArray[np.uint8]:
    """Return provisional numbers (people, 13), unique by the rank of each person in the country."""
    rank = np.arange(first_person, first_person + len(male), dtype=np.int64)
    number = np.empty((len(male), 13), dtype=np.uint8)
    number[:, 0] = _ZERO + 7 + rank % 2
    number[:, 1] = _ZERO + np.where(male, 1, 2)
    number[:, 2:5] = digits(rank * 7919 % 1000, 3)
    number[:, 5:13] = digits(rank, 8)
    return number
