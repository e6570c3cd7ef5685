"""The matricule of the INS: syntax, key and completion, for one number or for a column.

Sources: CNAM's published validator (sex, month and provisional number rules); key = 97 - (13 digits mod 97).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from stdnum.fr import nir

from pipelines.registry.arrow_text import (
    Bytes,
    Mask,
    TextColumn,
    byte_lengths,
    data_of,
    digits,
    equals,
    fixed_strings,
    is_one_of,
    null_if_empty,
    null_where,
    one_array,
    places_of,
    replace_where,
    without_bytes,
)
from pipelines.registry.contract import MatriculeKind

# Months 20 to 99 are real: unknown month, or a register that ran out of order numbers.
_BODY = r"[0-9]{2}(?:0[1-9]|1[0-2]|[2-9][0-9])(?:[0-9]{2}|2A|2B)[0-9]{6}"
_SHAPES = {
    MatriculeKind.NIR: re.compile(rf"[12]{_BODY}"),
    MatriculeKind.NIA: re.compile(rf"[78]{_BODY}"),
    MatriculeKind.NNP: re.compile(r"[78][012][0-9]{11}"),
}
_KINDS = [str(kind) for kind in MatriculeKind]
_WEIGHTS = np.array([pow(10, 12 - place, 97) for place in range(13)], dtype=np.uint16)
_ZERO, _LETTER_A, _LETTER_B = ord("0"), ord("A"), ord("B")


class MatriculeFault(IntEnum):
    """What is wrong with a matricule; `NONE` where nothing is."""

    NONE = 0
    MISSING = 1
    SHAPE = 2
    KEY = 3


@dataclass(frozen=True)
class CheckedMatricules:
    """A column of matricules: `values` normalised (15 characters, 13 for NNP; null where at fault), `faults` (rows,) of MatriculeFault."""

    values: pa.StringArray
    faults: npt.NDArray[np.int8]


def matricule_key(number: str) -> str:
    """Return the key (01 to 97) of 13 characters, Corsica counted as 19 (2A) or 18 (2B). Raises ValueError on another shape."""
    if not (_SHAPES[MatriculeKind.NIR].fullmatch(number) or _SHAPES[MatriculeKind.NIA].fullmatch(number)):
        raise ValueError("a matricule without its key has 13 characters")
    return str(nir.calc_check_digits(number))


def check_matricule(text: str | None, kind: MatriculeKind = MatriculeKind.NIR) -> tuple[str | None, MatriculeFault]:
    """Return (normalised matricule or None, fault) of one number: spaces dropped, upper case, a missing key added."""
    # python-stdnum is right on the key and on Corsica, but its `validate` lets any first digit and the months 00 and
    # 13 to 19 through, drops dots, and refuses 13 characters: only its key is used here.
    number = (text or "").replace(" ", "")
    number = "".join(c.upper() if c in "ab" else c for c in number)
    if not number:
        return None, MatriculeFault.MISSING
    if not _SHAPES[kind].fullmatch(number[:13]) or not number[13:].isascii():
        return None, MatriculeFault.SHAPE
    if kind is MatriculeKind.NNP:
        return (number, MatriculeFault.NONE) if len(number) == 13 else (None, MatriculeFault.SHAPE)
    if len(number) == 13:
        return number + matricule_key(number), MatriculeFault.NONE
    if len(number) != 15 or not number[13:].isdecimal():
        return None, MatriculeFault.SHAPE
    return (number, MatriculeFault.NONE) if number[13:] == matricule_key(number[:13]) else (None, MatriculeFault.KEY)


def kind_of(text: str) -> MatriculeKind:
    """Guess the kind of a number that comes without it (a representative's): 13 characters in 7 or 8 are provisional."""
    if text[:1] not in ("7", "8"):
        return MatriculeKind.NIR
    return MatriculeKind.NNP if len(text) == 13 else MatriculeKind.NIA


def matricule_keys(numbers: Bytes) -> npt.NDArray[np.int64]:
    """Return the keys (rows,) of well-formed 13-character ASCII numbers (rows, 13)."""
    return _keys(numbers.T).astype(np.int64)


def clean_numbers(column: TextColumn) -> pa.StringArray:
    """Return a column without spaces and with the letters of Corsica in upper case; an empty value becomes null."""
    numbers = one_array(column)
    unspaced = without_bytes(numbers, np.flatnonzero(data_of(numbers) == ord(" ")))
    return null_if_empty(pc.ascii_upper(unspaced))


def guess_kinds(numbers: pa.StringArray) -> pa.StringArray:
    """Return the kind of each clean number, as `kind_of` does for one."""
    waiting = is_one_of(pc.utf8_slice_codeunits(numbers, 0, 1), ("7", "8"))
    choice = np.where(waiting, np.where(byte_lengths(numbers) == 13, 2, 1), 0)
    return pa.array(_KINDS).take(pa.array(choice, pa.int64()))


def matricule_faults(column: TextColumn, kinds: TextColumn | None = None) -> npt.NDArray[np.int8]:
    """Return the MatriculeFault (rows,) of each number; without `kinds` every number is taken for a NIR."""
    return check_matricules(column, kinds).faults


def check_matricules(column: TextColumn, kinds: TextColumn | None = None) -> CheckedMatricules:
    """Normalise and check a column of matricules, the same rules as `check_matricule` (an unknown kind is a SHAPE fault)."""
    values = clean_numbers(column)
    lengths = byte_lengths(values)
    declared = one_array(kinds) if kinds is not None else pa.array([str(MatriculeKind.NIR)] * len(values), pa.string())
    provisional = equals(declared, MatriculeKind.NNP)
    waiting = provisional | equals(declared, MatriculeKind.NIA)
    unknown = ~(waiting | equals(declared, MatriculeKind.NIR))
    faults = np.where(lengths == 0, MatriculeFault.MISSING, MatriculeFault.SHAPE).astype(np.int8)
    for width in (15, 13):
        chosen = (lengths == width) & ~unknown & ~(provisional & (width == 15))
        if chosen.any():
            places = places_of(values, chosen, width)
            faults[chosen] = _faults_of(places, waiting[chosen], provisional[chosen])
            if width == 13:
                values = _completed(values, places, chosen, (faults == MatriculeFault.NONE) & ~provisional)
    return CheckedMatricules(null_where(values, faults != MatriculeFault.NONE), faults)


def _keys(places: Bytes) -> npt.NDArray[np.uint16]:
    """Return the keys (rows,) of well-formed numbers given place by place (13 or more, rows)."""
    values = places[:13] - np.uint8(_ZERO)
    # 2A is computed as 19 and 2B as 18, and only computed.
    for letter, unit in ((_LETTER_A, 9), (_LETTER_B, 8)):
        corsica = places[6] == letter
        values[5, corsica], values[6, corsica] = 1, unit
    total = np.zeros(places.shape[1], dtype=np.uint16)
    for value, weight in zip(values, _WEIGHTS, strict=True):
        total += value * weight
    return np.uint16(97) - total % np.uint16(97)


def all_digits(places: Bytes, department: int) -> Mask:
    """Say which codes, given place by place (width, rows), hold digits only, but for 2A and 2B at the place of their department."""
    wrong = places - np.uint8(_ZERO) > 9
    letters = places[department + 1]
    wrong[department + 1] &= (places[department] != ord("2")) | ((letters != _LETTER_A) & (letters != _LETTER_B))
    right: Mask = np.logical_not(wrong.any(axis=0))
    return right


def _faults_of(places: Bytes, waiting: Mask, provisional: Mask) -> npt.NDArray[np.int8]:
    """Return the fault (rows,) of numbers given place by place (13 or 15, rows); those that are not `waiting` are NIR."""
    values = places - np.uint8(_ZERO)
    month = values[3] * np.uint8(10) + values[4]
    known_month = ((month >= 1) & (month <= 12)) | (month >= 20)
    second = values[1] <= 2
    first = values[0] - np.where(waiting, np.uint8(7), np.uint8(1)) <= 1
    well_formed = all_digits(places, 5) & first & np.where(provisional, second & (values[6] <= 9), known_month)
    faults = np.where(well_formed, MatriculeFault.NONE, MatriculeFault.SHAPE).astype(np.int8)
    if len(places) == 15:
        # Compared with the one right key: a "mod 97 is zero" test would let 98 and 99 through.
        given = values[13] * np.uint8(10) + values[14]
        faults[well_formed & (given != _keys(places))] = MatriculeFault.KEY
    return faults


def _completed(numbers: pa.StringArray, places: Bytes, chosen: Mask, keyless: Mask) -> pa.StringArray:
    """Add their keys to the numbers that lack one: those where `keyless`, among the `chosen` that are given place by place."""
    short = places[:, keyless[chosen]]
    whole = np.concatenate([short, digits(_keys(short).astype(np.int64), 2).T])
    rows = keyless & chosen
    return replace_where(numbers, rows, fixed_strings(whole.T)) if rows.any() else numbers
