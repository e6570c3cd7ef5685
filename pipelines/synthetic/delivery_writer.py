"""Write one body's delivery as the contract says: data files of bounded size, then the manifest."""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
import io
import unicodedata
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pipelines.registry.contract import (
    CONTRACT_VERSION,
    CSV_SEPARATOR,
    DELIVERY_SCHEMA,
    MANIFEST_NAME,
    DeliveryKind,
    Encoding,
    FileEntry,
    FileFormat,
    Manifest,
    delivery_folder,
)
from pipelines.registry.postal_address import fold_line

GROUP_ROWS = 131_072
FILE_ROWS = 2_097_152
_FOLD_ERRORS = "espace-sante-fold"


def _fold_unencodable(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write a letter that ISO-8859-15 lacks as an older machine would: without its marks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = unicodedata.normalize("NFC", error.object[error.start : error.end])
    return "".join(fold_line(letter) or "?" for letter in lost), error.end


codecs.register_error(_FOLD_ERRORS, _fold_unencodable)


class _Transcoder(io.RawIOBase):
    """A file that takes UTF-8 and writes ISO-8859-15."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._file.write(self._decoder.decode(bytes(data)).encode(Encoding.ISO_8859_15, _FOLD_ERRORS))
        return len(data)


class DeliveryWriter:
    """Takes the rows of one body chunk by chunk, in flat memory; `close` writes what is left, then the manifest."""

    def __init__(
        self,
        out: Path,
        body: str,
        reference_date: dt.date,
        form: FileFormat,
        encoding: Encoding = Encoding.UTF_8,
        kind: DeliveryKind = DeliveryKind.FULL,
    ) -> None:
        self.folder = out / delivery_folder(body, reference_date, kind)
        self.folder.mkdir(parents=True)
        self._body, self._reference_date, self._kind = body, reference_date, kind
        self._format, self._encoding = form, encoding
        self._entries: list[FileEntry] = []
        self._waiting: list[pa.Table] = []
        self._waiting_rows = self._file_rows = 0
        self._file: BinaryIO | None = None
        self._writer: Any = None

    def add(self, rows: pa.Table) -> None:
        """Take rows of DELIVERY_SCHEMA; they are written by groups of at least GROUP_ROWS."""
        self._waiting.append(rows)
        self._waiting_rows += rows.num_rows
        if self._waiting_rows >= GROUP_ROWS:
            self._flush()

    def close(self) -> Manifest:
        """Write the last rows and the manifest, and return it."""
        if self._waiting_rows or not self._entries:
            self._flush()
        self._end_file()
        manifest = Manifest(
            contract=CONTRACT_VERSION,
            body=self._body,
            kind=self._kind,
            reference_date=self._reference_date,
            files=tuple(self._entries),
        )
        (self.folder / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return manifest

    def _flush(self) -> None:
        rows = pa.concat_tables(self._waiting) if self._waiting else DELIVERY_SCHEMA.empty_table()
        self._waiting, self._waiting_rows = [], 0
        if self._writer is None:
            self._start_file()
        self._writer.write_table(rows.combine_chunks())
        self._file_rows += rows.num_rows
        if self._file_rows >= FILE_ROWS:
            self._end_file()

    @property
    def _name(self) -> str:
        return f"assures-{len(self._entries) + 1:04d}.{self._format}"

    def _start_file(self) -> None:
        self._file = (self.folder / self._name).open("xb")
        self._file_rows = 0
        if self._format is FileFormat.PARQUET:
            self._writer = pq.ParquetWriter(self._file, DELIVERY_SCHEMA, compression="zstd", compression_level=1)
        else:
            sink: Any = self._file if self._encoding is Encoding.UTF_8 else _Transcoder(self._file)
            options: Any = pacsv.WriteOptions(delimiter=CSV_SEPARATOR, quoting_style="none", quoting_header="none")  # type: ignore[call-arg]
            self._writer = pacsv.CSVWriter(sink, DELIVERY_SCHEMA, write_options=options)

    def _end_file(self) -> None:
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.close()
        with (self.folder / self._name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        entry = FileEntry(name=self._name, format=self._format, encoding=self._encoding, rows=self._file_rows, sha256=digest)
        self._entries.append(entry)
        self._writer = self._file = None
