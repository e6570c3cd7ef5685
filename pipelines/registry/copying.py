"""Arrow tables into PostgreSQL by COPY, without a Python object a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from pipelines.platform.database import Session

BATCH_ROWS = 65_536


def constant(value: object, rows: int) -> Any:
    """Return a column that holds one value in every row."""
    scalar: Any = pa.scalar(value)  # type: ignore[call-overload]
    return pa.repeat(scalar, rows)


def copy_table(session: Session, target: str, rows: pa.Table) -> None:
    """Copy the rows of a table into the columns of `target` that have the same names."""
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    session.copy_rows(f"{target} ({columns})", _csv(rows))


def _csv(rows: pa.Table) -> Iterator[memoryview]:
    for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
        sink = pa.BufferOutputStream()
        pa_csv.write_csv(batch, sink, pa_csv.WriteOptions(include_header=False))
        yield memoryview(sink.getvalue())
