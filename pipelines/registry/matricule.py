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
    equals,
    fixed_bytes,
    fixed_strings,
    is_one_of,
    null_if_empty,
    one_array,
    scatter,
)
from pipelines.registry.contract import MatriculeKind

# Months 20 to 99 are real: unknown month, or a register that ran out of order numbers.
_BODY = r"[0-9]{2}(?:0[1-9]|1[0-2]|[2-9][0-9])(?:[0-9]{2}|2A|2B)[0-9]{6}"
_SHAPES = {
    MatriculeKind.NIR: re.compile(rf"[12]{_BODY}"),
    MatriculeKind.NIA: re.compile(rf"[78]{_BODY}"),
    MatriculeKind.NNP: re.compile(r"[78][12][0-9]{11}"),
}
_FIRST_DIGITS = {MatriculeKind.NIR: (1, 2), MatriculeKind.NIA: (7, 8), MatriculeKind.NNP: (7, 8)}
_WEIGHTS = np.array([pow(10, 12 - place, 97) for place in range(13)], dtype=np.int64)
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
    values = numbers.astype(np.int64) - _ZERO
    letters = numbers[:, 6]
    # 2A is computed as 19 and 2B as 18, and only computed.
    corsica = (letters == _LETTER_A) | (letters == _LETTER_B)
    values[corsica, 5] = 1
    values[corsica, 6] = np.where(letters[corsica] == _LETTER_A, 9, 8)
    keys: npt.NDArray[np.int64] = 97 - (values @ _WEIGHTS) % 97
    return keys


def clean_numbers(column: TextColumn) -> pa.StringArray:
    """Return a column without spaces and with the letters of Corsica in upper case; an empty value becomes null."""
    return null_if_empty(pc.ascii_upper(pc.replace_substring(one_array(column), " ", "")))


def guess_kinds(numbers: pa.StringArray) -> pa.StringArray:
    """Return the kind of each clean number, as `kind_of` does for one."""
    waiting = is_one_of(pc.utf8_slice_codeunits(numbers, 0, 1), ("7", "8"))
    choice = np.where(waiting, np.where(byte_lengths(numbers) == 13, 2, 1), 0)
    return pa.array([str(kind) for kind in MatriculeKind]).take(pa.array(choice, pa.int64()))


def matricule_faults(column: TextColumn, kinds: TextColumn | None = None) -> npt.NDArray[np.int8]:
    """Return the MatriculeFault (rows,) of each number; without `kinds` every number is taken for a NIR."""
    return check_matricules(column, kinds).faults


def check_matricules(column: TextColumn, kinds: TextColumn | None = None) -> CheckedMatricules:
    """Normalise and check a column of matricules, the same rules as `check_matricule` (an unknown kind is a SHAPE fault)."""
    numbers = clean_numbers(column)
    rows = len(numbers)
    lengths = byte_lengths(numbers)
    kind_names = one_array(kinds) if kinds is not None else pa.array([str(MatriculeKind.NIR)] * rows, pa.string())
    provisional = equals(kind_names, MatriculeKind.NNP)
    faults = np.where(lengths == 0, MatriculeFault.MISSING, MatriculeFault.SHAPE).astype(np.int8)
    output = np.zeros((rows, 15), dtype=np.uint8)
    for width in (13, 15):
        chosen = (lengths == width) & ~(provisional & (width == 15))
        if chosen.any():
            matrix = fixed_bytes(numbers.filter(pa.array(chosen)), width)
            output[chosen, :width] = matrix
            faults[chosen] = _faults_of(matrix, provisional[chosen], _first_digit_fits(matrix, kind_names, chosen))
    complete = (lengths == 13) & ~provisional & (faults == MatriculeFault.NONE)
    keys = matricule_keys(output[complete, :13])
    output[complete, 13] = keys // 10 + _ZERO
    output[complete, 14] = keys % 10 + _ZERO
    return CheckedMatricules(_strings(output, provisional, faults == MatriculeFault.NONE), faults)


def _first_digit_fits(matrix: Bytes, kinds: pa.StringArray, chosen: Mask) -> Mask:
    """Say whether the first digit belongs to the declared kind."""
    names = kinds.filter(pa.array(chosen))
    fits = np.zeros(len(matrix), dtype=np.bool_)
    for kind, firsts in _FIRST_DIGITS.items():
        fits |= equals(names, kind) & np.isin(matrix[:, 0] - np.uint8(_ZERO), firsts)
    return fits


def _faults_of(matrix: Bytes, provisional: Mask, first_fits: Mask) -> npt.NDArray[np.int8]:
    """Return the fault of each row of a matrix of 13 or 15 characters."""
    digit = (matrix >= _ZERO) & (matrix <= ord("9"))
    all_digits = digit.all(axis=1)
    letters = (matrix[:, 6] == _LETTER_A) | (matrix[:, 6] == _LETTER_B)
    corsica = (matrix[:, 5] == ord("2")) & letters & np.delete(digit, 6, axis=1).all(axis=1)
    month = (matrix[:, 3].astype(np.int16) - _ZERO) * 10 + matrix[:, 4] - _ZERO
    known_month = ((month >= 1) & (month <= 12)) | (month >= 20)
    second = np.isin(matrix[:, 1], (ord("1"), ord("2")))
    well_formed = first_fits & np.where(provisional, all_digits & second, (all_digits | corsica) & known_month)
    faults = np.where(well_formed, MatriculeFault.NONE, MatriculeFault.SHAPE).astype(np.int8)
    if matrix.shape[1] == 15:
        # Compared with the one right key: a "mod 97 is zero" test would let 98 and 99 through.
        given = (matrix[:, 13].astype(np.int64) - _ZERO) * 10 + matrix[:, 14] - _ZERO
        faults[well_formed & (given != matricule_keys(matrix[:, :13]))] = MatriculeFault.KEY
    return faults


def _strings(output: Bytes, provisional: Mask, good: Mask) -> pa.StringArray:
    """Return 15 characters, or 13 where provisional, null where not good."""
    if not (provisional & good).any():
        return scatter(len(output), good, fixed_strings(output[good]))
    long, short = good & ~provisional, good & provisional
    return pc.coalesce(
        scatter(len(output), long, fixed_strings(output[long])), scatter(len(output), short, fixed_strings(output[short, :13]))
    )
