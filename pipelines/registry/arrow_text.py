"""Text columns as bytes: fixed-width Arrow strings seen as a numpy matrix, and back, without a Python object a row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]
TextColumn: TypeAlias = "pa.StringArray | pa.ChunkedArray[pa.StringScalar]"

_C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]")
_UNREADABLE_TEXT = r"[\x00-\x1f\x7f]|[\x{80}-\x{9f}]|\x{FFFD}"


def one_array(column: TextColumn) -> pa.StringArray:
    """Return a column as one contiguous string array (a batch is far below the 2 GiB of one array)."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()  # type: ignore[assignment]
    return column.cast(pa.string())  # type: ignore[return-value]


def text_column(rows: pa.RecordBatch | pa.Table, name: str) -> pa.StringArray:
    """Return a text column of a batch as one array."""
    column: Any = rows.column(name)
    return one_array(column)


def texts_where(column: pa.StringArray, mask: Mask) -> list[str]:
    """Return the values where `mask` is true, as Python strings (null as the empty one): for the few that need a closer look."""
    chosen: pa.StringArray = column.filter(pa.array(mask))
    return [text or "" for text in chosen.to_pylist()]


def replace_where(column: pa.StringArray, mask: Mask, values: list[str | None]) -> pa.StringArray:
    """Return a column whose values where `mask` is true are replaced, in order."""
    replaced: pa.StringArray = pc.replace_with_mask(column, pa.array(mask), pa.array(values, pa.string()))
    return replaced


def mask_of(flags: pa.Array[Any]) -> Mask:
    """Return a boolean Arrow array as a numpy mask; null counts as false."""
    filled: Any = pc.fill_null(flags, pa.scalar(False))
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)


def equals(column: pa.StringArray, value: str) -> Mask:
    """Say where a column holds a value."""
    return mask_of(pc.equal(column, pa.scalar(value)))


def is_one_of(column: pa.StringArray, values: Iterable[str]) -> Mask:
    """Say where a column holds one of some values; null is none of them."""
    return mask_of(pc.is_in(column, value_set=pa.array([str(value) for value in values])))


def matches(column: pa.StringArray, pattern: str) -> Mask:
    """Say where a column matches a regular expression (RE2) somewhere."""
    return mask_of(pc.match_substring_regex(column, pattern))


def matches_among(column: pa.StringArray, among: Mask, pattern: str) -> Mask:
    """Say where a column matches, looking only where `among` is true: for patterns that few values can match."""
    found = among.copy()
    if found.any():
        found[among] = matches(column.filter(pa.array(among)), pattern)
    return found


def beyond_ascii(column: pa.StringArray) -> Mask:
    """Say where a text holds more than ASCII; null does not."""
    return mask_of(pc.invert(pc.string_is_ascii(column)))


def byte_lengths(column: pa.StringArray) -> npt.NDArray[np.int64]:
    """Return the number of bytes of each value, 0 where null."""
    lengths: Any = pc.fill_null(pc.binary_length(column), pa.scalar(0, pa.int32()))
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)


def null_if_empty(column: pa.StringArray) -> pa.StringArray:
    """Return a column whose empty values are null."""
    filled: pa.StringArray = pc.if_else(pc.equal(column, pa.scalar("")), pa.scalar(None, pa.string()), column)
    return filled


def fixed_bytes(column: pa.StringArray, width: int) -> Bytes:
    """Return the values of a column as a matrix (rows, width).

    Raises: ValueError where a value is null or not of `width` bytes: callers select first.
    """
    rows = len(column)
    buffers: Any = column.buffers()
    _, offsets, data = buffers
    if rows == 0 or offsets is None or data is None:
        return np.zeros((0, width), dtype=np.uint8)
    bounds = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + rows + 1]
    if column.null_count or not np.all(np.diff(bounds) == width):
        raise ValueError(f"every value must have {width} bytes")
    matrix: Bytes = np.frombuffer(data, dtype=np.uint8)[bounds[0] : bounds[-1]].reshape(rows, width)
    return matrix


def fixed_strings(matrix: Bytes) -> pa.StringArray:
    """Return a matrix of ASCII bytes (rows, width) as a string array."""
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets.tobytes()), pa.py_buffer(matrix.tobytes()))


def digits(numbers: npt.NDArray[np.int64], width: int) -> Bytes:
    """Return non-negative numbers as ASCII digits (rows, width), zeros on the left."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((numbers[:, None] // powers) % 10 + ord("0")).astype(np.uint8)


def scatter(rows: int, mask: Mask, values: pa.StringArray) -> pa.StringArray:
    """Return `values` laid in order where `mask` is true, null elsewhere."""
    positions = np.cumsum(mask) - 1
    return values.take(pa.array(positions, mask=~mask))


def unreadable(column: pa.StringArray) -> Mask:
    """Say where a text holds a control character or U+FFFD, the mark of a byte that could not be read."""
    buffers: Any = column.buffers()
    data = buffers[2]
    if data is None or not _may_be_unreadable(data.to_pybytes()):
        return np.zeros(len(column), dtype=np.bool_)
    return matches(column, _UNREADABLE_TEXT)


def _may_be_unreadable(data: bytes) -> bool:
    """Look through all the texts at once: a batch without a bad byte, the common case, costs next to nothing."""
    raw = np.frombuffer(data, dtype=np.uint8)
    if ((raw < 32) | (raw == 127)).any() or b"\xef\xbf\xbd" in data:
        return True
    return b"\xc2" in data and _C1_BYTES.search(data) is not None
