"""The rules of `postal_address` over Arrow columns: ASCII values by byte, the others one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.arrow_text import Mask, beyond_ascii, mask_of, matches_among, null_if_empty, replace_where, text_column, texts_where
from pipelines.registry.postal_address import LINE_WIDTH, TOWN_WIDTH, AddressFlag, department_of, fit_line, fold_line, tidy_line

_FOLD_BYTES = bytes(ord((fold_line(chr(code)) or " ")[0]) for code in range(256))
_TIDY_BYTES = bytes(ord(" ") if code < 128 and chr(code).isspace() else code for code in range(256))
# What the fast ways below get wrong, and is left to the rule for one value: ligatures, letters beyond Latin-1 and the
# line feed that stands between values; for tidying, marks to be composed and spaces that are not ASCII.
_NOT_ONE_BYTE = r"[^\x{00}-\x{FF}]|[\nÆæßÞþ\x{80}-\x{BF}]"
_NOT_TIDY = r"[^\x{00}-\x{17F}\x{1E00}-\x{1EFF}]|[\x{80}-\x{A0}]"


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
        name: _fit(shape(text_column(rows, name)), width, flags)
        for name, shape, width in (
            ("address_2", tidy_column, LINE_WIDTH),
            ("address_3", tidy_column, LINE_WIDTH),
            ("address_4", fold_column, LINE_WIDTH),
            ("address_5", fold_column, LINE_WIDTH),
            ("town", fold_column, TOWN_WIDTH),
        )
    }
    given = null_if_empty(pc.utf8_trim_whitespace(text_column(rows, "postcode")))
    department = _departments(given)
    postcode: pa.StringArray = pc.if_else(department.is_valid(), given, pa.scalar(None, pa.string()))
    _flag_missing(flags, lines, mask_of(postcode.is_valid()))
    bad = mask_of(given.is_valid()) & mask_of(department.is_null())
    return AddressColumns(**lines, postcode=postcode, department=department, flags=flags, bad_postcode=bad)


def tidy_column(texts: pa.StringArray) -> pa.StringArray:
    """Return a column in NFC with single spaces and no space at the ends (`tidy_line`); blank becomes null."""
    tidy = _single_spaces(_translate_bytes(texts, _TIDY_BYTES))
    special = matches_among(texts, beyond_ascii(texts), _NOT_TIDY)
    if special.any():
        tidy = replace_where(tidy, special, [tidy_line(text) for text in texts_where(texts, special)])
    return null_if_empty(tidy)


def fold_column(texts: pa.StringArray) -> pa.StringArray:
    """Return a column in A-Z, 0-9 and single spaces (`fold_line`); blank becomes null."""
    folded = _translate_bytes(texts, _FOLD_BYTES)
    accented = beyond_ascii(texts)
    if accented.any():
        special = matches_among(texts, accented, _NOT_ONE_BYTE)
        plain = accented & ~special
        folded = replace_where(folded, plain, _fold_latin_1(texts_where(texts, plain)))
        folded = replace_where(folded, special, [fold_line(text) for text in texts_where(texts, special)])
    return null_if_empty(_single_spaces(folded))


def _translate_bytes(texts: pa.StringArray, table: bytes) -> pa.StringArray:
    """Translate the bytes of a column in place of its characters: right for ASCII values only, which keep their length."""
    buffers: Any = texts.buffers()
    if buffers[2] is None:
        return texts
    data = pa.py_buffer(buffers[2].to_pybytes().translate(table))
    return pa.StringArray.from_buffers(len(texts), buffers[1], data, buffers[0], texts.null_count, texts.offset)


def _fold_latin_1(texts: list[str]) -> list[str | None]:
    """Fold texts of Latin-1 letters all at once, one byte a letter; none holds a line feed."""
    keep_lines = _FOLD_BYTES[:10] + b"\n" + _FOLD_BYTES[11:]
    return [*"\n".join(texts).encode("latin-1").translate(keep_lines).decode("ascii").split("\n")] if texts else []


def _single_spaces(texts: pa.StringArray) -> pa.StringArray:
    trimmed: pa.StringArray = pc.utf8_trim(texts, " ")
    while mask_of(pc.match_substring(trimmed, "  ")).any():
        trimmed = pc.replace_substring(trimmed, "  ", " ")
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
