"""What dlt would take for the same as `registry_peers`; it is no dependency of this project but of this benchmark (extra `benchmark`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dlt
import pyarrow.parquet as pq
from dlt.sources.filesystem import filesystem, read_parquet

from pipelines.benchmarks.registry_peers import SCHEMA, driver_url


def dlt_parquet(files: Sequence[Path], owner_url: str) -> str:
    """Load as dlt's documentation reads Parquet: a file system source, `read_parquet`, the format that the destination prefers."""
    source = filesystem(bucket_url=files[0].parent.as_uri(), file_glob=files[0].name) | read_parquet()
    return _run("dlt_parquet", source, files[0].parent, owner_url)


def dlt_arrow(files: Sequence[Path], owner_url: str) -> str:
    """Load as dlt is fastest: an Arrow table handed over whole, and CSV, which it copies."""
    return _run("dlt_arrow", pq.read_table(files[0]), files[0].parent, owner_url, loader_file_format="csv")


def _run(table: str, source: Any, directory: Path, owner_url: str, **options: Any) -> str:
    # Otherwise it tells its makers of every run, and the screen of every column that is empty.
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    # A pipeline remembers what it loaded: each run is a new one.
    pipeline = dlt.pipeline(
        table,
        pipelines_dir=str(directory / f"dlt-{os.getpid()}"),
        destination=dlt.destinations.postgres(driver_url(owner_url)),
        dataset_name=SCHEMA,
    )
    pipeline.run(source, table_name=table, write_disposition="append", **options)
    return table
