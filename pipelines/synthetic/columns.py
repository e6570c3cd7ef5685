"""Arrow text columns made from short lists of words and numpy positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.arrow_text import Mask


def pick(words: pa.StringArray, positions: npt.NDArray[np.int64], null: Mask | None = None) -> pa.StringArray:
    """Return `words` at some positions; null where `null` is true."""
    indices: Any = pa.array(positions, mask=null)
    return words.take(indices)


def pick_any(rng: np.random.Generator, words: list[str], rows: int, null: Mask | None = None) -> pa.StringArray:
    """Return one of a few words for each row, all as likely."""
    return pick(pa.array(words), rng.integers(0, len(words), rows), null)


def joined(separator: str, *columns: pa.StringArray) -> pa.StringArray:
    """Return columns joined row by row, without the null ones (all null is an empty text)."""
    parts: Any = (*columns, pa.scalar(separator))
    result: pa.StringArray = pc.binary_join_element_wise(*parts, null_handling="skip")
    return result


def choose(condition: Mask, yes: Any, no: Any) -> Any:
    """Return `yes` where a condition holds, else `no` (arrays or scalars; None is null)."""
    return pc.if_else(pa.array(condition), yes, no)


def with_columns(rows: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """Return rows some of whose columns are replaced, by arrays or by one scalar for all."""
    for name, column in columns.items():
        place = rows.schema.get_field_index(name)
        field: Any = rows.schema.field(place)
        values = pa.array([column.as_py()] * rows.num_rows, field.type) if isinstance(column, pa.Scalar) else column
        rows = rows.set_column(place, field, values)
    return rows


def dates(days: npt.NDArray[np.int64], null: Mask | None = None) -> pa.Date32Array:
    """Return days since 1970 as date32; null where `null` is true."""
    column: Any = pa.array(days.astype(np.int32), mask=null)
    dated: pa.Date32Array = column.view(pa.date32())
    return dated
