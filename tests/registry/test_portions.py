"""A file is cut into portions without a gap and without an overlap, wherever it is cut."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.platform.errors import BadFileError
from pipelines.registry import delivery_files
from pipelines.registry.contract import DELIVERY_SCHEMA, Encoding, FileEntry, FileFormat
from pipelines.registry.delivery_files import Portion, portions_of, read_batches

# Of different lengths in bytes, so that no cut falls where counting characters would put it.
TOWNS = st.lists(st.sampled_from(["", "LYON", "SAINT-ÉTIENNE", "L'HAŸ-LES-ROSES", 'LE "PUY"']), max_size=25)
MOST = st.integers(1, 30)


def entry(file: Path, form: FileFormat, rows: int, encoding: Encoding = Encoding.UTF_8) -> FileEntry:
    """Return what a manifest announces of a file."""
    return FileEntry(name=file.name, format=form, encoding=encoding, rows=rows, sha256=hashlib.sha256(file.read_bytes()).hexdigest())


def write_parquet(file: Path, towns: list[str], group_rows: int) -> FileEntry:
    """Write a Parquet file whose row groups have so many rows."""
    rows = pa.Table.from_pylist([{"matricule": str(n), "town": town or None} for n, town in enumerate(towns)], schema=DELIVERY_SCHEMA)
    pq.write_table(rows, file, row_group_size=group_rows)
    return entry(file, FileFormat.PARQUET, len(towns))


def write_csv(file: Path, towns: list[str], encoding: Encoding = Encoding.UTF_8) -> FileEntry:
    """Write a CSV file."""
    columns = DELIVERY_SCHEMA.names
    quoted = ['"' + town.replace('"', '""') + '"' if '"' in town else town for town in towns]
    lines = [";".join({"matricule": str(n), "town": town}.get(name, "") for name in columns) for n, town in enumerate(quoted)]
    file.write_bytes("".join(f"{line}\n" for line in (";".join(columns), *lines)).encode(encoding))
    return entry(file, FileFormat.CSV, len(towns), encoding)


def read(portion: Portion, batch_rows: int = 7) -> list[tuple[str, str]]:
    """Return number and town of the rows of a portion."""
    return [(row["matricule"], row["town"] or "") for batch in read_batches(portion, batch_rows) for row in batch.to_pylist()]


def covers(portions: list[Portion], towns: list[str]) -> bool:
    """Say whether portions hold the rows of a file, each once and in order, and number them as the file does."""
    whole = [(str(n), town) for n, town in enumerate(towns)]
    ends = [portion.first_row + portion.rows for portion in portions]
    in_turn = [portion.first_row for portion in portions] == [1, *ends][: len(portions)]
    return in_turn and [row for portion in portions for row in read(portion)] == whole


@given(towns=TOWNS, group_rows=st.integers(1, 30), most_rows=MOST)
@settings(deadline=None)
def test_the_portions_of_a_parquet_file_cover_it(
    tmp_path_factory: pytest.TempPathFactory, towns: list[str], group_rows: int, most_rows: int
) -> None:
    file = tmp_path_factory.mktemp("cut") / "f.parquet"
    assert covers(portions_of(file, write_parquet(file, towns, group_rows), most_rows), towns)


@given(towns=TOWNS, group_rows=st.integers(1, 30), most_rows=MOST)
@settings(deadline=None)
def test_a_portion_of_a_parquet_file_is_too_large_only_if_one_row_group_is(
    tmp_path_factory: pytest.TempPathFactory, towns: list[str], group_rows: int, most_rows: int
) -> None:
    file = tmp_path_factory.mktemp("cut") / "f.parquet"
    portions = portions_of(file, write_parquet(file, towns, group_rows), most_rows)
    assert all(portion.rows <= most_rows or len(portion.groups) == 1 for portion in portions)


@given(towns=TOWNS, most_rows=MOST, block=st.integers(1, 200), encoding=st.sampled_from(list(Encoding)))
@settings(deadline=None)
def test_the_portions_of_a_csv_file_cover_it_wherever_its_blocks_end(
    tmp_path_factory: pytest.TempPathFactory, towns: list[str], most_rows: int, block: int, encoding: Encoding
) -> None:
    file = tmp_path_factory.mktemp("cut") / "f.csv"
    announced = write_csv(file, towns, encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery_files, "_BLOCK", block)
        portions = portions_of(file, announced, most_rows)
    assert covers(portions, towns) and all(portion.rows <= most_rows for portion in portions)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_file_without_rows_has_no_portion(tmp_path: Path, rows: int) -> None:
    file = tmp_path / "f.csv"
    assert len(portions_of(file, write_csv(file, ["LYON"] * rows), 10)) == rows


def test_a_portion_that_holds_fewer_rows_than_its_plan_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    (portion,) = portions_of(file, write_csv(file, ["LYON", "PARIS"]), 10)
    whole: dict[str, Any] = {**portion.__dict__, "rows": 3}
    with pytest.raises(BadFileError, match="fewer rows"):
        read(Portion(**whole))
