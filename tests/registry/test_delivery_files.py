"""Files are read strictly: a bad one is refused whole, and before the first batch."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.platform.errors import BadFileError
from pipelines.registry.contract import DELIVERY_SCHEMA, FileEntry
from pipelines.registry.delivery_files import open_batches

Rows: TypeAlias = Callable[..., pa.Table]
WriteCsv: TypeAlias = Callable[..., str]
HEADER = ";".join(DELIVERY_SCHEMA.names)


def entry(content: bytes, rows: int, form: str = "csv", encoding: str = "utf-8", name: str = "f") -> FileEntry:
    return FileEntry(name=name, format=form, encoding=encoding, rows=rows, sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def on_disk(content: bytes) -> Path:
    file = Path("f")
    file.write_bytes(content)
    return file


def parquet_of(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-15"])
def test_csv_gives_the_same_rows_as_parquet(encoding: str, rows: Rows, csv_of: WriteCsv) -> None:
    changes = ({"birth_name": "ŒUVRARD Ç €"}, {"large_print": "true", "email": None})
    content = csv_of(*changes).encode(encoding)
    read = pa.Table.from_batches(open_batches(on_disk(content), entry(content, 2, encoding=encoding)))
    assert read == rows(changes[0], {"large_print": True, "email": None})
    parquet = parquet_of(read)
    assert pa.Table.from_batches(open_batches(on_disk(parquet), entry(parquet, 2, "parquet"))) == read


def test_columns_may_come_in_any_order_and_as_dictionaries(rows: Rows) -> None:
    table = rows({}, {}).select(list(reversed(DELIVERY_SCHEMA.names)))
    column = table.schema.get_field_index("sex")
    table = table.set_column(column, "sex", table.column("sex").dictionary_encode())
    content = parquet_of(table)
    assert pa.Table.from_batches(open_batches(on_disk(content), entry(content, 2, "parquet"))) == rows({}, {})


def refused(content: bytes, announced: FileEntry) -> str:
    """Return why a file is refused, by the call itself: nothing was iterated."""
    with pytest.raises(BadFileError) as error:
        open_batches(on_disk(content), announced)
    return str(error.value)


def test_digest_mismatch_is_refused_first(csv_of: WriteCsv) -> None:
    content = csv_of({}).encode()
    assert "SHA-256" in refused(content[:-20], entry(content, 1))


@pytest.mark.parametrize("announced", [0, 1, 3])
def test_row_count_mismatch_is_refused(announced: int, rows: Rows, csv_of: WriteCsv) -> None:
    csv, parquet = csv_of({}, {}).encode(), parquet_of(rows({}, {}))
    assert "2 rows" in refused(csv, entry(csv, announced))
    assert "2 rows" in refused(parquet, entry(parquet, announced, "parquet"))


def test_missing_unknown_and_double_columns_are_refused(rows: Rows, csv_of: WriteCsv) -> None:
    missing = csv_of({}, header=HEADER.replace(";email", "")).encode()
    assert "no column email" in refused(missing, entry(missing, 1))
    unknown = csv_of({}, header=HEADER + ";extra").encode()
    assert "does not know" in refused(unknown, entry(unknown, 1))
    double = csv_of({}, header=HEADER + ";email").encode()
    assert "twice" in refused(double, entry(double, 1))
    short = parquet_of(rows({}).drop_columns(["sex"]))
    assert "no column sex" in refused(short, entry(short, 1, "parquet"))


def test_lost_header_is_refused_without_repeating_the_first_row(csv_of: WriteCsv, good: dict[str, Any]) -> None:
    content = csv_of({}, {}).encode().split(b"\n", 1)[1]
    message = refused(content, entry(content, 1))
    assert "no column" in message
    assert good["matricule"] not in message


def test_wrong_parquet_type_is_refused(rows: Rows) -> None:
    table = rows({})
    place = table.schema.get_field_index("affiliated_since")
    content = parquet_of(table.set_column(place, "affiliated_since", table.column("affiliated_since").cast(pa.string())))
    assert "affiliated_since must be date32" in refused(content, entry(content, 1, "parquet"))


def test_wrong_encoding_is_refused_both_ways(csv_of: WriteCsv) -> None:
    latin, utf_8 = csv_of({}).encode("iso-8859-15"), csv_of({}).encode()
    assert "declared utf-8 and is not" in refused(latin, entry(latin, 1))
    assert "is utf-8" in refused(utf_8, entry(utf_8, 1, encoding="iso-8859-15"))
    windows = csv_of({"birth_name": "ÉVRARD Œ"}).encode("cp1252")
    assert "Windows-1252" in refused(windows, entry(windows, 1, encoding="iso-8859-15"))


def test_truncated_files_are_refused_even_with_a_right_digest(rows: Rows, csv_of: WriteCsv) -> None:
    content = csv_of({}, {}).encode()[:-5]
    assert "truncated" in refused(content, entry(content, 1))
    parquet = parquet_of(rows({}))[:-30]
    assert "truncated" in refused(parquet, entry(parquet, 1, "parquet"))


@pytest.mark.parametrize("change", [{"died_on": "31/12/2020"}, {"large_print": "oui"}, {"town": "A;B"}])
def test_unreadable_value_is_refused_without_being_repeated(change: dict[str, str], csv_of: WriteCsv, good: dict[str, Any]) -> None:
    content = csv_of({}, change).encode()
    with pytest.raises(BadFileError) as error:
        list(open_batches(on_disk(content), entry(content, 2)))
    assert not any(value in str(error.value) for value in (*change.values(), good["matricule"], good["birth_name"]))


def test_file_without_rows_gives_one_empty_batch() -> None:
    csv, parquet = (HEADER + "\n").encode(), parquet_of(DELIVERY_SCHEMA.empty_table())
    for content, form in ((csv, "csv"), (parquet, "parquet")):
        batches = list(open_batches(on_disk(content), entry(content, 0, form)))
        assert [(batch.num_rows, batch.schema) for batch in batches] == [(0, DELIVERY_SCHEMA)]
