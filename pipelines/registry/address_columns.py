"""The rules of `postal_address` over Arrow columns: ASCII values by byte, the others one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.arrow_text import Mask, TextColumn, mask_of, null_if_empty, one_array, replace_where, text_column, texts_where
from pipelines.registry.postal_address import LINE_WIDTH, TOWN_WIDTH, AddressFlag, department_of, fit_line, fold_line, tidy_line

_ASCII_FOLD = bytes(
    code if code > 127 else ord(chr(code).upper()) if chr(code).isalnum() else ord(" ")
    for code in range(256)
)  # fmt: skip
_ASCII_TIDY = bytes(ord(" ") if chr(code).isspace() and code < 128 else code for code in range(256))


@dataclass(frozen=True)
class AddressColumns:
    """Normalised lines (null where blank), `department`, `flags` (rows,) of AddressFlag and `bad_postcode` (rows,)."""

    address_2: pa.StringArray
    address_3: pa.StringArray
    address_4: pa.StringArray
    address_5: pa.StringArray
    postcode: pa.StringArray
    town: pa.StringArray
    department: pa.StringArray
    flags: npt.NDArray[np.int16]
    bad_postcode: Mask


def normalise_addresses(rows: pa.RecordBatch | pa.Table) -> AddressColumns:
    """Normalise the address columns of a delivery, by the rules of `normalise_address`."""
    flags = np.zeros(rows.num_rows, dtype=np.int16)
    lines = {
        name: _fit(_shape(text_column(rows, name), table, scalar), width, flags)
        for name, table, scalar, width in (
            ("address_2", _ASCII_TIDY, tidy_line, LINE_WIDTH),
            ("address_3", _ASCII_TIDY, tidy_line, LINE_WIDTH),
            ("address_4", _ASCII_FOLD, fold_line, LINE_WIDTH),
            ("address_5", _ASCII_FOLD, fold_line, LINE_WIDTH),
            ("town", _ASCII_FOLD, fold_line, TOWN_WIDTH),
        )
    }
    given = null_if_empty(pc.utf8_trim_whitespace(text_column(rows, "postcode")))
    department = _departments(given)
    postcode: pa.StringArray = pc.if_else(department.is_valid(), given, pa.scalar(None, pa.string()))
    _flag_missing(flags, lines, mask_of(postcode.is_valid()))
    bad = mask_of(given.is_valid()) & mask_of(department.is_null())
    return AddressColumns(**lines, postcode=postcode, department=department, flags=flags, bad_postcode=bad)


def tidy_column(column: TextColumn) -> pa.StringArray:
    """Return a column in NFC with single spaces and no space at the ends; blank becomes null."""
    return _shape(column, _ASCII_TIDY, tidy_line)


def _shape(column: TextColumn, table: bytes, scalar: Callable[[str], str]) -> pa.StringArray:
    texts = one_array(column)
    shaped = _trim(_translate_bytes(texts, table))
    accented = mask_of(pc.invert(pc.string_is_ascii(texts)))
    if accented.any():
        shaped = replace_where(shaped, accented, [scalar(text) for text in texts_where(texts, accented)])
    return null_if_empty(shaped)


def _translate_bytes(texts: pa.StringArray, table: bytes) -> pa.StringArray:
    """Translate the bytes of a column in place of its characters: right for ASCII values only, which keep their length."""
    buffers: Any = texts.buffers()
    if buffers[2] is None:
        return texts
    data = pa.py_buffer(buffers[2].to_pybytes().translate(table))
    return pa.StringArray.from_buffers(len(texts), buffers[1], data, buffers[0], texts.null_count, texts.offset)


def _trim(texts: pa.StringArray) -> pa.StringArray:
    trimmed: pa.StringArray = pc.utf8_trim(texts, " ")
    double = mask_of(pc.match_substring(trimmed, "  "))
    if double.any():
        return replace_where(trimmed, double, [" ".join(text.split()) for text in texts_where(trimmed, double)])
    return trimmed


def _fit(lines: pa.StringArray, width: int, flags: npt.NDArray[np.int16]) -> pa.StringArray:
    """Shorten the lines that are too long, and say so in `flags`."""
    long = mask_of(pc.greater(pc.utf8_length(lines), pa.scalar(width)))
    if not long.any():
        return lines
    fitted = [fit_line(line, width) for line in texts_where(lines, long)]
    flags[long] |= np.array([int(done) for _, done in fitted], dtype=np.int16)
    return replace_where(lines, long, [line for line, _ in fitted])


def _departments(postcodes: pa.StringArray) -> pa.StringArray:
    """Return the department of each postcode: the rule is asked once a different postcode."""
    coded: Any = postcodes.dictionary_encode()
    found = [department_of(postcode or "") for postcode in coded.dictionary.to_pylist()]
    departments: pa.StringArray = pa.array(found, pa.string()).take(coded.indices)
    return departments


def _flag_missing(flags: npt.NDArray[np.int16], lines: dict[str, pa.StringArray], postcode: Mask) -> None:
    there = {name: mask_of(line.is_valid()) for name, line in lines.items()}
    street = there["address_4"] | there["address_5"]
    nothing = ~(street | there["address_2"] | there["address_3"] | there["town"] | postcode)
    flags[nothing] |= AddressFlag.NO_ADDRESS
    flags[~nothing & ~street] |= AddressFlag.NO_STREET
    flags[~nothing & ~postcode] |= AddressFlag.NO_POSTCODE
    flags[~nothing & ~there["town"]] |= AddressFlag.NO_TOWN
