"""What others would take to put delivered rows into a table of the same server: without a check, a look-up or an index.

Each function loads Parquet files that follow the contract into a new table and returns its name; it runs in a process of its own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import sqlalchemy as sa
from psycopg import sql

from pipelines.registry.contract import DELIVERY_SCHEMA

SCHEMA = "peers"
_TYPES = {pa.string(): "text", pa.date32(): "date", pa.bool_(): "boolean"}
_BATCH_ROWS = 65_536


def driver_url(owner_url: str) -> str:
    """Return an SQLAlchemy URL as the drivers themselves read it."""
    return sa.make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)


def bare_copy(files: Sequence[Path], owner_url: str) -> str:
    """Copy all columns of the files by one stream of CSV into one heap: the least that any load does."""
    columns = [sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(_TYPES[field.type])) for field in DELIVERY_SCHEMA]
    table = sql.Identifier(SCHEMA, "bare_copy")
    with psycopg.connect(driver_url(owner_url)) as connection:
        connection.execute(sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(columns)))
        with connection.cursor() as cursor, cursor.copy(sql.SQL("copy {} from stdin (format csv)").format(table)) as copy:
            for batch in _batches(files):
                sink = io.BytesIO()
                pacsv.write_csv(batch, sink, pacsv.WriteOptions(include_header=False))
                copy.write(sink.getbuffer())
    return "bare_copy"


def pandas_to_sql(files: Sequence[Path], owner_url: str) -> str:
    """Load by `DataFrame.to_sql` as it comes, through psycopg 3."""
    engine = sa.create_engine(owner_url)
    for place, file in enumerate(files):
        pd.read_parquet(file).to_sql("pandas_to_sql", engine, schema=SCHEMA, index=False, if_exists="append" if place else "fail")
    engine.dispose()
    return "pandas_to_sql"


def _batches(files: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for file in files:
        with pq.ParquetFile(file) as opened:
            yield from opened.iter_batches(_BATCH_ROWS)
