"""The rules of `postal_address` over Arrow columns: byte by byte in numpy, the few values that this cannot do one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.arrow_text import (
    FIRST_LEAD,
    Bytes,
    Mask,
    Positions,
    byte_lengths,
    data_of,
    mask_of,
    null_if_empty,
    null_where,
    once_a_value,
    one_array,
    replace_where,
    rows_with,
    text_column,
    texts_where,
    with_data,
    without_bytes,
)
from pipelines.registry.postal_address import (
    FOREIGN_TOWN,
    LINE_WIDTH,
    MILITARY,
    TOWN_WIDTH,
    AddressFlag,
    department_of,
    fit_line,
    flags_of_last_line,
    fold_line,
    tidy_line,
)

_FOLD_BYTES = bytes(ord(fold_line(chr(code)) or " ") if code < 128 else code for code in range(256))
_TIDY_BYTES = bytes(ord(" ") if code < 128 and chr(code).isspace() else code for code in range(256))
_SPACE = ord(" ")
_GONE = 0  # no folded text holds it
# A town that may not go with its postcode: no letter, a digit, CEDEX or ARMEES, a country.
_DOUBTFUL_TOWN = rf"\A[^A-Z]*\z|[0-9]|CEDEX|ARMEES|{FOREIGN_TOWN}"
_flags_of_last_line = lru_cache(maxsize=65_536)(flags_of_last_line)
_department = lru_cache(maxsize=65_536)(department_of)


@dataclass(frozen=True)
class AddressColumns:
    """Normalised lines (null where blank), `department`, and `flags` (rows,) of AddressFlag."""

    address_2: pa.StringArray
    address_3: pa.StringArray
    address_4: pa.StringArray
    address_5: pa.StringArray
    postcode: pa.StringArray
    town: pa.StringArray
    department: pa.StringArray
    flags: npt.NDArray[np.int16]


def normalise_addresses(rows: pa.RecordBatch | pa.Table) -> AddressColumns:
    """Normalise the address columns of a delivery, by the rules of `normalise_address`."""
    flags = np.zeros(rows.num_rows, dtype=np.int16)
    complements = {name: tidy_column(text_column(rows, name)) for name in ("address_2", "address_3")}
    places = {name: fold_column(text_column(rows, name)) for name in ("address_4", "address_5")}
    town = _fit(once_a_value(text_column(rows, "town"), fold_column), TOWN_WIDTH, AddressFlag.CUT_PLACE, flags)
    lines = {name: _fit(line, LINE_WIDTH, AddressFlag.CUT, flags) for name, line in complements.items()}
    lines |= {name: _fit(line, LINE_WIDTH, AddressFlag.CUT_PLACE, flags) for name, line in places.items()} | {"town": town}
    given = null_if_empty(pc.utf8_trim_whitespace(text_column(rows, "postcode")))
    department: pa.StringArray = once_a_value(given, _departments)
    known = mask_of(department.is_valid())
    postcode = null_where(given, ~known)
    _flag_missing(flags, lines, known)
    flags[mask_of(given.is_valid()) & ~known] |= AddressFlag.REFUSED_POSTCODE
    _flag_last_lines(flags, postcode, lines["town"])
    return AddressColumns(**lines, postcode=postcode, department=department, flags=flags)


def tidy_column(texts: pa.StringArray) -> pa.StringArray:
    """Return a column in NFC with single spaces and no space at the ends (`tidy_line`); blank becomes null."""
    texts = one_array(texts)
    data = data_of(texts)
    tidy = _single_spaces(with_data(texts, data.tobytes().translate(_TIDY_BYTES)))
    special = rows_with(texts, _not_composed(data))
    if special.any():
        tidy = replace_where(tidy, special, [tidy_line(text) for text in texts_where(texts, special)])
    return null_if_empty(tidy)


def _not_composed(data: Bytes) -> Positions:
    """Return where a character begins that NFC may change, or that may be a space: all but U+00A1-017F and U+1E00-1EFF."""
    leads = np.flatnonzero(data >= FIRST_LEAD)
    lead, second = data[leads], data[np.minimum(leads + 1, len(data) - 1)]
    latin = (lead <= 0xC5) & ((lead > 0xC2) | (second > 0xA0))
    latin_additional = (lead == 0xE1) & (second >= 0xB8) & (second <= 0xBB)
    special: Positions = leads[~(latin | latin_additional)]
    return special


def fold_column(texts: pa.StringArray) -> pa.StringArray:
    """Return a column in A-Z, 0-9 and single spaces (`fold_line`); blank becomes null."""
    texts = one_array(texts)
    data = np.frombuffer(data_of(texts).tobytes().translate(_FOLD_BYTES), dtype=np.uint8)
    leads = np.flatnonzero(data >= FIRST_LEAD)
    if not len(leads):
        return null_if_empty(_single_spaces(with_data(texts, data)))
    data = data.copy()
    special = rows_with(texts, _fold_letters(data, leads))
    folded = _single_spaces(without_bytes(with_data(texts, data), np.flatnonzero(data == _GONE)))
    if special.any():
        folded = replace_where(folded, special, [fold_line(text) for text in texts_where(texts, special)])
    return null_if_empty(folded)


class _FoldedLetters:
    """What characters of two or three bytes fold to, in as many bytes or fewer; filled as they are met, like `postal_address`'s table."""

    def __init__(self) -> None:
        self._known = np.zeros(0x10000, dtype=np.bool_)
        self._letters = np.full((0x10000, 3), _GONE, dtype=np.uint8)
        self._too_long = np.zeros(0x10000, dtype=np.bool_)

    def of(self, codes: Positions) -> tuple[Bytes, Mask]:
        """Return the letters (characters, 3) of code points below U+10000, padded, and which do not fit."""
        for code in set(codes[~self._known[codes]].tolist()):
            folded = fold_line(f"X{chr(code)}X")[1:-1]  # between letters: a mark goes, punctuation leaves a space
            self._too_long[code] = len(folded) > len(chr(code).encode("utf-8", "surrogatepass"))
            self._letters[code] = list(folded.encode().ljust(3, bytes([_GONE]))[:3])
            self._known[code] = True
        return self._letters[codes], self._too_long[codes]


_LETTERS = _FoldedLetters()


def _fold_letters(data: Bytes, leads: Positions) -> Positions:
    """Fold in place the characters that begin at `leads`; return where those begin that do not fold to as many bytes or fewer."""
    first, second, third = (data[np.minimum(leads + after, len(data) - 1)].astype(np.int64) for after in range(3))
    wide = first >= 0xE0
    codes = np.where(wide, (first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F, (first & 0x1F) << 6 | second & 0x3F)
    letters, too_long = _LETTERS.of(codes)
    data[leads], data[leads + 1] = letters[:, 0], letters[:, 1]
    data[leads[wide] + 2] = letters[wide, 2]
    return leads[too_long | (first >= 0xF0)]


def _single_spaces(texts: pa.StringArray) -> pa.StringArray:
    """Return a column without a space at an end of a value, nor two together."""
    trimmed: pa.StringArray = pc.ascii_trim(texts, " ")
    spaces = data_of(trimmed) == _SPACE
    return without_bytes(trimmed, np.flatnonzero(spaces[1:] & spaces[:-1]))


def _fit(lines: pa.StringArray, width: int, cut: AddressFlag, flags: npt.NDArray[np.int16]) -> pa.StringArray:
    """Shorten the lines that are too long, and say so in `flags`, a cut by `cut`."""
    long = byte_lengths(lines) > width
    if not long.any():
        return lines
    fitted = [fit_line(line, width, cut) for line in texts_where(lines, long)]
    flags[long] |= np.array([done for _, done in fitted], dtype=np.int16)
    return replace_where(lines, long, [line for line, _ in fitted])


def _departments(postcodes: pa.StringArray) -> pa.StringArray:
    return pa.array([_department(postcode or "") for postcode in postcodes.to_pylist()], pa.string())


def _flag_last_lines(flags: npt.NDArray[np.int16], postcodes: pa.StringArray, towns: pa.StringArray) -> None:
    """Flag where a town is no French one or does not go with its postcode: the rule is asked for those that may break it."""
    doubtful = mask_of(once_a_value(towns, lambda town: pc.match_substring_regex(town, _DOUBTFUL_TOWN)))
    doubtful |= mask_of(pc.starts_with(postcodes, MILITARY)) & mask_of(towns.is_valid())
    if doubtful.any():
        pairs = zip(texts_where(postcodes, doubtful), texts_where(towns, doubtful), strict=True)
        flags[doubtful] |= np.array([_flags_of_last_line(postcode or None, town) for postcode, town in pairs], dtype=np.int16)


def _flag_missing(flags: npt.NDArray[np.int16], lines: dict[str, pa.StringArray], postcode: Mask) -> None:
    there = {name: mask_of(line.is_valid()) for name, line in lines.items()}
    street = there["address_4"] | there["address_5"]
    nothing = ~(street | there["address_2"] | there["address_3"] | there["town"] | postcode)
    flags[nothing] |= AddressFlag.NO_ADDRESS
    flags[~nothing & ~street] |= AddressFlag.NO_STREET
    flags[~nothing & ~postcode] |= AddressFlag.NO_POSTCODE
    flags[~nothing & ~there["town"]] |= AddressFlag.NO_TOWN
