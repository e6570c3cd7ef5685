"""The data files of a delivery: checked whole (digest, rows, columns, encoding), cut into portions, read batch by batch."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pipelines.platform.errors import BadFileError
from pipelines.registry.contract import CSV_SEPARATOR, DELIVERY_SCHEMA, Encoding, FileEntry, FileFormat

BATCH_ROWS = 65_536
# A row group is read whole, and a few thousand rows of a file that repeats one long value swell when they are read.
LARGEST_GROUP = 1 << 20
_STEP_ROWS, _STEP_BYTES = 16_384, 128 << 20
_BLOCK = 1 << 20
_CSV_BLOCK = 16 << 20
_C1_CONTROLS = re.compile(rb"[\x80-\x9f]")


@dataclass(frozen=True)
class Portion:
    """Consecutive rows of one data file that can be read alone: row groups of a Parquet file, a range of bytes of a CSV file.

    `first_row` is the number of its first row in the file (the first data row is 1).
    """

    file: Path
    entry: FileEntry
    first_row: int
    rows: int
    groups: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    start: int = 0
    end: int = 0


def open_batches(file: Path, entry: FileEntry) -> Iterator[pa.RecordBatch]:
    """Check a file as `portions_of` does, then return all its batches; a file without rows gives one empty batch."""
    portions = portions_of(file, entry, entry.rows or 1)
    return (batch for portion in portions for batch in read_batches(portion)) if portions else iter([_empty_batch()])


def portions_of(file: Path, entry: FileEntry, most_rows: int) -> list[Portion]:
    """Check a file against its manifest entry, and cut it into portions of about `most_rows` rows (a Parquet row group is not cut).

    Digest, encoding, row count and columns are checked here, so before the caller has done anything; a CSV value of the wrong
    type is only met while reading.
    Raises: BadFileError, with the file's name and what to correct, and no value of a row.
    """
    lines = _check_bytes(file, entry, most_rows)
    if entry.format is FileFormat.PARQUET:
        return _parquet_portions(file, entry, most_rows)
    return _csv_portions(file, entry, lines, most_rows)


def read_batches(portion: Portion, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Return the rows of a portion, which follow DELIVERY_SCHEMA. Raises: BadFileError as `portions_of`."""
    read = _read_parquet if portion.entry.format is FileFormat.PARQUET else _read_csv
    rows = 0
    for batch in read(portion, batch_rows):
        rows += batch.num_rows
        yield batch
    if rows != portion.rows:
        raise BadFileError(
            f"{portion.entry.name} has fewer rows that can be read than its manifest announces ({portion.entry.rows}): "
            "a quote that is not closed swallows lines"
        )


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


def _check_bytes(file: Path, entry: FileEntry, most_rows: int) -> list[int]:
    """Read the file once: SHA-256, and for a CSV file its lines and encoding; return where its portions begin, and its end."""
    digest, lines = hashlib.sha256(), _Lines(most_rows)
    encodings = _Encodings(entry)
    is_csv = entry.format is FileFormat.CSV
    misread: BadFileError | None = None
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            if is_csv and misread is None:
                lines.feed(block)
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
        lines.finish(entry)
    return lines.starts


class _Lines:
    """Where the lines of a CSV file end, fed block by block; `starts` holds the offset of every `most_rows`-th data line."""

    def __init__(self, most_rows: int) -> None:
        self.starts: list[int] = []
        self._most_rows, self._seen, self._offset, self._last = most_rows, 0, 0, b""

    def feed(self, block: bytes) -> None:
        """Take the next block."""
        count = block.count(b"\n")
        wanted = self._next_start()
        if wanted <= self._seen + count:
            ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n"))
            while wanted <= self._seen + count:
                self.starts.append(self._offset + int(ends[wanted - self._seen - 1]) + 1)
                wanted = self._next_start()
        self._seen, self._offset, self._last = self._seen + count, self._offset + len(block), block[-1:]

    def _next_start(self) -> int:
        """Return the number of the line whose end is the next start: the header, then every `most_rows`-th row."""
        return 1 + len(self.starts) * self._most_rows

    def finish(self, entry: FileEntry) -> None:
        """Raises: BadFileError where the last line is cut or the rows are not those announced."""
        if self._last != b"\n":
            raise BadFileError(f"{entry.name} does not end with a line feed: it was truncated, send it again")
        if self._seen - 1 != entry.rows:
            raise BadFileError(f"{entry.name} has {self._seen - 1} rows and its manifest announces {entry.rows}")
        if not self.starts or self.starts[-1] != self._offset:
            self.starts.append(self._offset)


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


def _parquet_portions(file: Path, entry: FileEntry, most_rows: int) -> list[Portion]:
    try:
        opened = pq.ParquetFile(file)
    except (pa.ArrowException, OSError):
        raise BadFileError(f"{entry.name} is not a Parquet file, or was truncated: send it again") from None
    with opened:
        _check_names(entry, opened.schema_arrow.names)
        _check_types(entry, opened.schema_arrow)
        if opened.metadata.num_rows != entry.rows:
            raise BadFileError(f"{entry.name} has {opened.metadata.num_rows} rows and its manifest announces {entry.rows}")
        sizes = [opened.metadata.row_group(group).num_rows for group in range(opened.metadata.num_row_groups)]
    if max(sizes, default=0) > LARGEST_GROUP:
        raise BadFileError(f"{entry.name} has a row group of more than {LARGEST_GROUP} rows: write smaller ones")
    portions: list[Portion] = []
    groups: list[int] = []
    row = rows = 0
    for group, size in enumerate(sizes):
        if groups and rows + size > most_rows:
            portions.append(Portion(file, entry, row - rows + 1, rows, tuple(groups)))
            groups, rows = [], 0
        groups.append(group)
        rows, row = rows + size, row + size
    if rows:
        portions.append(Portion(file, entry, row - rows + 1, rows, tuple(groups)))
    return portions


def _check_types(entry: FileEntry, schema: pa.Schema) -> None:
    """Accept each declared type, and the other ways Arrow has of writing a text."""
    for wanted in DELIVERY_SCHEMA:
        given: Any = schema.field(wanted.name).type
        if pa.types.is_dictionary(given):
            given = given.value_type
        textual = pa.types.is_large_string(given) or pa.types.is_string_view(given) or pa.types.is_null(given)
        if given != wanted.type and not (textual and wanted.type == pa.string()):
            raise BadFileError(f"{entry.name}: column {wanted.name} must be {wanted.type} and is {given}")


def _read_parquet(portion: Portion, batch_rows: int) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(portion.file) as file:
            steps = file.iter_batches(
                batch_size=min(_STEP_ROWS, batch_rows), row_groups=list(portion.groups), columns=DELIVERY_SCHEMA.names
            )
            yield from _gathered((_checked(portion.entry, step) for step in steps), batch_rows)
    except (pa.ArrowException, OSError):
        raise BadFileError(f"{portion.entry.name} cannot be read to its end: send it again") from None


def _checked(entry: FileEntry, step: pa.RecordBatch) -> pa.RecordBatch:
    step.validate(full=True)
    if step.nbytes > _STEP_BYTES:
        raise BadFileError(f"{entry.name} has values that are longer than a person's data can be: correct them, then send it again")
    return _in_order(step)


def _gathered(steps: Iterator[pa.RecordBatch], batch_rows: int) -> Iterator[pa.RecordBatch]:
    """Return small batches gathered into larger ones."""
    gathered: list[pa.RecordBatch] = []
    for step in steps:
        gathered.append(step)
        if sum(batch.num_rows for batch in gathered) >= batch_rows:
            yield _one_batch(gathered)
            gathered = []
    if gathered:
        yield _one_batch(gathered)


def _one_batch(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def _empty_batch() -> pa.RecordBatch:
    empty: list[Any] = [pa.array([], wanted.type) for wanted in DELIVERY_SCHEMA]
    return pa.RecordBatch.from_arrays(empty, schema=DELIVERY_SCHEMA)


def _in_order(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns: list[Any] = [pc.cast(batch.column(wanted.name), wanted.type) for wanted in DELIVERY_SCHEMA]
    return pa.RecordBatch.from_arrays(columns, schema=DELIVERY_SCHEMA)


def _csv_portions(file: Path, entry: FileEntry, starts: list[int], most_rows: int) -> list[Portion]:
    with file.open("rb") as stream:
        header = stream.readline(1 << 16).decode(entry.encoding, errors="replace").lstrip("\ufeff").rstrip("\r\n")
    names = tuple(name.strip('"') for name in header.split(CSV_SEPARATOR))
    _check_names(entry, list(names))
    return [
        Portion(file, entry, row + 1, min(most_rows, entry.rows - row), columns=names, start=start, end=end)
        for row, start, end in zip(range(0, entry.rows, most_rows), starts, starts[1:], strict=False)
    ]


def _read_csv(portion: Portion, batch_rows: int) -> Iterator[pa.RecordBatch]:
    entry = portion.entry
    types: dict[str, Any] = {wanted.name: wanted.type for wanted in DELIVERY_SCHEMA}
    with pa.memory_map(str(portion.file)) as whole:
        whole.seek(portion.start)
        lines: Any = pa.BufferReader(whole.read_buffer(portion.end - portion.start))
        try:
            reader = pacsv.open_csv(
                lines,
                read_options=pacsv.ReadOptions(block_size=_CSV_BLOCK, encoding=str(entry.encoding), column_names=list(portion.columns)),
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
                for start in range(0, batch.num_rows, batch_rows):
                    yield batch.slice(start, batch_rows)
        except pa.ArrowInvalid as error:
            raise BadFileError(_csv_fault(entry, str(error))) from None


def _csv_fault(entry: FileEntry, message: str) -> str:
    """Say which column or line is wrong without the value that Arrow quotes."""
    if found := re.search(r"In CSV column #(\d+): CSV conversion error to (\w+)", message):
        return f"{entry.name}: column number {int(found[1]) + 1} has a value that is not a {found[2]} (contract: YYYY-MM-DD, true or false)"
    if found := re.search(r"Expected (\d+) columns, got (\d+)", message):
        return f"{entry.name}: a line has {found[2]} columns instead of {found[1]}"
    return f"{entry.name} is not a CSV file that the contract allows"
