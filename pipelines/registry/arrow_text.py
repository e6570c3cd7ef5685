"""Text columns as bytes: Arrow strings seen as numpy arrays, and back, without a Python object a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]
Positions: TypeAlias = npt.NDArray[np.int64]
TextColumn: TypeAlias = "pa.StringArray | pa.ChunkedArray[pa.StringScalar]"

FIRST_LEAD = 0xC2
"""The lowest byte that begins a UTF-8 character beyond ASCII."""


def one_array(column: TextColumn) -> pa.StringArray:
    """Return a column as one contiguous string array that begins its buffers (a batch is far below the 2 GiB of one array)."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()  # type: ignore[assignment]
    array: Any = column.cast(pa.string())
    return pa.concat_arrays([array]) if array.offset else array  # type: ignore[no-any-return]


def text_column(rows: pa.RecordBatch | pa.Table, name: str) -> pa.StringArray:
    """Return a text column of a batch as one array."""
    column: Any = rows.column(name)
    return one_array(column)


def once_a_value(column: pa.StringArray, rule: Callable[[pa.StringArray], Any]) -> Any:
    """Return what a rule over columns makes of a column, asked once for each different value; null stays null."""
    coded: Any = column.dictionary_encode()
    return rule(coded.dictionary).take(coded.indices)


def texts_where(column: pa.StringArray, mask: Mask) -> list[str]:
    """Return the values where `mask` is true, as Python strings (null as the empty one): for the few that need a closer look."""
    chosen: pa.StringArray = column.filter(pa.array(mask))
    return [text or "" for text in chosen.to_pylist()]


def replace_where(column: pa.StringArray, mask: Mask, values: list[str | None] | pa.StringArray) -> pa.StringArray:
    """Return a column whose values where `mask` is true are replaced, in order."""
    replaced: pa.StringArray = pc.replace_with_mask(column, pa.array(mask), pa.array(values, pa.string()))
    return replaced


def mask_of(flags: pa.Array[Any]) -> Mask:
    """Return a boolean Arrow array as a numpy mask; null counts as false."""
    filled: Any = pc.fill_null(flags, pa.scalar(False)) if flags.null_count else flags
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


def null_if_empty(column: pa.StringArray) -> pa.StringArray:
    """Return a column whose empty values are null."""
    empty: Any = pc.equal(column, pa.scalar(""))
    filled: pa.StringArray = pc.if_else(empty, pa.scalar(None, pa.string()), column) if empty.true_count else column
    return filled


def null_where(column: pa.StringArray, mask: Mask) -> pa.StringArray:
    """Return a column that is null where `mask` is true."""
    filled: pa.StringArray = pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), column) if mask.any() else column
    return filled


def bounds_of(column: pa.StringArray) -> npt.NDArray[np.int32]:
    """Return where the bytes of each value of `one_array` begin in `data_of`, and where the last one ends (rows + 1,)."""
    offsets: Any = column.buffers()[1]
    if offsets is None or not len(column):
        return np.zeros(1, dtype=np.int32)
    bounds = np.frombuffer(offsets, dtype=np.int32)[: len(column) + 1]
    return bounds - bounds[0] if bounds[0] else bounds


def data_of(column: pa.StringArray) -> Bytes:
    """Return the bytes of all values of `one_array`, one after the other."""
    buffers: Any = column.buffers()
    _, offsets, data = buffers
    if offsets is None or data is None or not len(column):
        return np.zeros(0, dtype=np.uint8)
    bounds = np.frombuffer(offsets, dtype=np.int32)
    whole: Bytes = np.frombuffer(data, dtype=np.uint8)
    return whole[bounds[0] : bounds[len(column)]]


def with_data(column: pa.StringArray, data: Bytes | bytes, bounds: npt.NDArray[np.int32] | None = None) -> pa.StringArray:
    """Return a column with other bytes, and other bounds where these have moved; null stays null."""
    offsets: Any = bounds_of(column) if bounds is None else bounds
    values: Any = data
    return pa.StringArray.from_buffers(len(column), pa.py_buffer(offsets), pa.py_buffer(values), column.buffers()[0], column.null_count)


def without_bytes(column: pa.StringArray, gone: Positions) -> pa.StringArray:
    """Return a column without the bytes at some positions of `data_of`, in ascending order."""
    if not len(gone):
        return column
    bounds = bounds_of(column)
    return with_data(column, np.delete(data_of(column), gone), bounds - np.searchsorted(gone, bounds).astype(np.int32))


def rows_with(column: pa.StringArray, positions: Positions) -> Mask:
    """Say which values hold one of some positions of `data_of`."""
    mask = np.zeros(len(column), dtype=np.bool_)
    mask[np.searchsorted(bounds_of(column), positions, side="right") - 1] = True
    return mask


def byte_lengths(column: pa.StringArray) -> npt.NDArray[np.int32]:
    """Return the number of bytes of each value, 0 where null."""
    lengths: Any = pc.fill_null(pc.binary_length(column), pa.scalar(0, pa.int32()))
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int32)


def places_of(column: pa.StringArray, chosen: Mask, width: int) -> Bytes:
    """Return the values where `chosen`, all of `width` bytes, place by place (width, chosen rows).

    Raises: ValueError where such a value is null or of another width.
    """
    values = column if chosen.all() else column.filter(pa.array(chosen))
    if values.null_count or not np.all(np.diff(bounds_of(values)) == width):
        raise ValueError(f"every value must have {width} bytes")
    return np.ascontiguousarray(data_of(values).reshape(len(values), width).T)


def fixed_strings(matrix: Bytes) -> pa.StringArray:
    """Return a matrix of ASCII bytes (rows, width) as a string array."""
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets.tobytes()), pa.py_buffer(matrix.tobytes()))


def digits(numbers: npt.NDArray[np.int64], width: int) -> Bytes:
    """Return non-negative numbers as ASCII digits (rows, width), zeros on the left."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((numbers[:, None] // powers) % 10 + ord("0")).astype(np.uint8)


def unreadable(column: pa.StringArray) -> Mask:
    """Say where a text holds a control character or U+FFFD, the mark of a byte that could not be read."""
    data = data_of(column)
    controls = np.flatnonzero((data < 0x20) | (data == 0x7F))
    # U+0080 to U+009F are C2 80 to C2 9F, U+FFFD is EF BF BD.
    leads = np.flatnonzero((data == 0xC2) | (data == 0xEF))
    second, third = (data[np.minimum(leads + after, len(data) - 1)] for after in (1, 2))
    odd = np.where(data[leads] == 0xC2, second < 0xA0, (second == 0xBF) & (third == 0xBD))
    return rows_with(column, np.concatenate([controls, leads[odd]]))
