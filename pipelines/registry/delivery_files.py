"""The data files of a delivery: checked whole (digest, rows, columns, encoding), then read batch by batch."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pipelines.platform.errors import BadFileError
from pipelines.registry.contract import CSV_SEPARATOR, DELIVERY_SCHEMA, Encoding, FileEntry, FileFormat

Source: TypeAlias = Path | BinaryIO

BATCH_ROWS = 65_536
_BLOCK = 1 << 20
_CSV_BLOCK = 16 << 20
_C1_CONTROLS = re.compile(rb"[\x80-\x9f]")


def open_batches(source: Source, entry: FileEntry, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Check a file against its manifest entry, then return its batches, which follow DELIVERY_SCHEMA.

    `source` is a path, or a binary file that can seek. Digest, encoding, row count and columns are checked before this
    returns, so before the caller has done anything; a CSV value of the wrong type is only met while reading.
    A file without rows gives one empty batch.
    Raises: BadFileError, with the file's name and what to correct, and no value of a row.
    """
    _check_bytes(source, entry)
    if entry.format is FileFormat.PARQUET:
        return _parquet_batches(source, entry, batch_rows)
    return _csv_batches(source, entry)


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    """Give a file at its start, and close it only if it was opened here."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        source.seek(0)
        yield source


class _Encodings:
    """What the bytes of a CSV file say of its encoding, fed block by block."""

    def __init__(self, entry: FileEntry) -> None:
        self._entry = entry
        self._utf_8 = codecs.getincrementaldecoder("utf-8")()
        self._may_be_utf_8 = True
        self._beyond_ascii = False

    def feed(self, block: bytes, final: bool) -> None:
        """Raises: BadFileError where UTF-8 is declared and the bytes are not."""
        self._beyond_ascii = self._beyond_ascii or not block.isascii()
        if self._may_be_utf_8:
            try:
                self._utf_8.decode(block, final)
            except UnicodeDecodeError:
                self._may_be_utf_8 = False
        if self._entry.encoding is Encoding.UTF_8:
            if not self._may_be_utf_8:
                raise BadFileError(f"{self._entry.name} is declared utf-8 and is not: correct the file, or its encoding in the manifest")
        elif _C1_CONTROLS.search(block) and not self._may_be_utf_8:
            raise BadFileError(f"{self._entry.name} is declared iso-8859-15 and holds control characters: it may be Windows-1252")

    def finish(self) -> None:
        """Raises: BadFileError where ISO-8859-15 is declared and accents are written in UTF-8."""
        # Accented ISO-8859-15 text is not valid UTF-8, but for contrived words: valid means that it was never ISO.
        if self._entry.encoding is not Encoding.UTF_8 and self._may_be_utf_8 and self._beyond_ascii:
            raise BadFileError(f"{self._entry.name} is declared iso-8859-15 and is utf-8: correct its encoding in the manifest")


def _check_bytes(source: Source, entry: FileEntry) -> None:
    """Read the file once: SHA-256, and for a CSV file its lines and encoding."""
    digest, lines, last = hashlib.sha256(), 0, b""
    encodings = _Encodings(entry)
    is_csv = entry.format is FileFormat.CSV
    misread: BadFileError | None = None
    with _opened(source) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            if is_csv and misread is None:
                lines += block.count(b"\n")
                last = block[-1:]
                try:
                    encodings.feed(block, final=False)
                except BadFileError as error:
                    misread = error
    if digest.hexdigest() != entry.sha256:
        raise BadFileError(f"{entry.name} does not have the SHA-256 of its manifest: it was truncated or changed, send it again")
    if misread is not None:
        raise misread
    if is_csv:
        encodings.feed(b"", final=True)
        encodings.finish()
        _check_lines(entry, lines, last)


def _check_lines(entry: FileEntry, lines: int, last: bytes) -> None:
    if last != b"\n":
        raise BadFileError(f"{entry.name} does not end with a line feed: it was truncated, send it again")
    if lines - 1 != entry.rows:
        raise BadFileError(f"{entry.name} has {lines - 1} rows and its manifest announces {entry.rows}")


def _check_names(entry: FileEntry, names: list[str]) -> None:
    missing = [name for name in DELIVERY_SCHEMA.names if name not in names]
    unknown = sum(name not in DELIVERY_SCHEMA.names for name in names)
    if missing:
        raise BadFileError(f"{entry.name} has no column {', '.join(missing)}")
    if unknown:
        # An unknown header may be a data line that lost its header: its words are not repeated.
        raise BadFileError(f"{entry.name} has {unknown} column(s) that the contract does not know")
    if len(names) != len(DELIVERY_SCHEMA.names):
        raise BadFileError(f"{entry.name} has a column twice")


def _parquet_batches(source: Source, entry: FileEntry, batch_rows: int) -> Iterator[pa.RecordBatch]:
    try:
        file = pq.ParquetFile(source)
    except (pa.ArrowException, OSError):
        raise BadFileError(f"{entry.name} is not a Parquet file, or was truncated: send it again") from None
    try:
        _check_names(entry, file.schema_arrow.names)
        _check_types(entry, file.schema_arrow)
        if file.metadata.num_rows != entry.rows:
            raise BadFileError(f"{entry.name} has {file.metadata.num_rows} rows and its manifest announces {entry.rows}")
    except BadFileError:
        file.close()
        raise
    return _read_parquet(file, entry, batch_rows)


def _check_types(entry: FileEntry, schema: pa.Schema) -> None:
    """Accept each declared type, and the other ways Arrow has of writing a text."""
    for wanted in DELIVERY_SCHEMA:
        given: Any = schema.field(wanted.name).type
        if pa.types.is_dictionary(given):
            given = given.value_type
        textual = pa.types.is_large_string(given) or pa.types.is_string_view(given) or pa.types.is_null(given)
        if given != wanted.type and not (textual and wanted.type == pa.string()):
            raise BadFileError(f"{entry.name}: column {wanted.name} must be {wanted.type} and is {given}")


def _read_parquet(file: pq.ParquetFile, entry: FileEntry, batch_rows: int) -> Iterator[pa.RecordBatch]:
    if entry.rows == 0:
        file.close()
        yield _empty_batch()
        return
    with file:
        try:
            for batch in file.iter_batches(batch_size=batch_rows, columns=DELIVERY_SCHEMA.names):
                yield _in_order(batch)
        except (pa.ArrowException, OSError):
            raise BadFileError(f"{entry.name} cannot be read to its end: send it again") from None


def _empty_batch() -> pa.RecordBatch:
    empty: list[Any] = [pa.array([], wanted.type) for wanted in DELIVERY_SCHEMA]
    return pa.RecordBatch.from_arrays(empty, schema=DELIVERY_SCHEMA)


def _in_order(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns: list[Any] = [pc.cast(batch.column(wanted.name), wanted.type) for wanted in DELIVERY_SCHEMA]
    return pa.RecordBatch.from_arrays(columns, schema=DELIVERY_SCHEMA)


def _csv_batches(source: Source, entry: FileEntry) -> Iterator[pa.RecordBatch]:
    with _opened(source) as file:
        header = file.readline(1 << 16).decode(entry.encoding, errors="replace").lstrip("\ufeff").rstrip("\r\n")
    _check_names(entry, [name.strip('"') for name in header.split(CSV_SEPARATOR)])
    return _read_csv(source, entry)


def _read_csv(source: Source, entry: FileEntry) -> Iterator[pa.RecordBatch]:
    if entry.rows == 0:
        yield _empty_batch()
        return
    types: dict[str, Any] = {wanted.name: wanted.type for wanted in DELIVERY_SCHEMA}
    rows = 0
    with _opened(source) as file:
        try:
            reader = pacsv.open_csv(
                file,
                read_options=pacsv.ReadOptions(block_size=_CSV_BLOCK, encoding=str(entry.encoding)),
                parse_options=pacsv.ParseOptions(delimiter=CSV_SEPARATOR, newlines_in_values=False),
                convert_options=pacsv.ConvertOptions(
                    column_types=types,
                    include_columns=DELIVERY_SCHEMA.names,
                    strings_can_be_null=True,
                    null_values=[""],
                    true_values=["true"],
                    false_values=["false"],
                ),
            )
            for batch in reader:
                rows += batch.num_rows
                yield batch
        except pa.ArrowInvalid as error:
            raise BadFileError(_csv_fault(entry, str(error))) from None
    if rows != entry.rows:
        raise BadFileError(f"{entry.name} has {rows} rows that can be read and its manifest announces {entry.rows}")


def _csv_fault(entry: FileEntry, message: str) -> str:
    """Say which column or line is wrong without the value that Arrow quotes."""
    if found := re.search(r"In CSV column #(\d+): CSV conversion error to (\w+)", message):
        return f"{entry.name}: column number {int(found[1]) + 1} has a value that is not a {found[2]} (contract: YYYY-MM-DD, true or false)"
    if found := re.search(r"Expected (\d+) columns, got (\d+)", message):
        return f"{entry.name}: a line has {found[2]} columns instead of {found[1]}"
    return f"{entry.name} is not a CSV file that the contract allows"
