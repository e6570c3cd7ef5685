"""Files of channels read: requests of JSON lines or Parquet, announcements of days; a file that is none is refused whole."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.oppositions.contract import MOST_LINES, Announcement, Request
from pipelines.platform.errors import BadFileError
from pipelines.platform.json_lines import lines_of, refuse_too_many

_FIELDS = frozenset(field.name for field in msgspec.structs.fields(Request))
_REQUEST = msgspec.json.Decoder(Request)


def read_requests(name: str, content: bytes) -> list[Request | None]:
    """Return the request of each line, None where it is not one. Raises: BadFileError."""
    return _read_parquet(content) if name.endswith(".parquet") else _read_lines(content)


def read_announcement(content: bytes) -> Announcement:
    """Return what a channel says of a day. Raises: BadFileError."""
    try:
        return msgspec.json.decode(content, type=Announcement)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadFileError("the file does not announce a day: see the contract") from None


def _read_lines(content: bytes) -> list[Request | None]:
    return [_request(line) for line in lines_of(content, MOST_LINES)]


def _request(line: bytes) -> Request | None:
    try:
        return _REQUEST.decode(line)
    except msgspec.DecodeError:
        return None


def _read_parquet(content: bytes) -> list[Request | None]:
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            refuse_too_many(file.metadata.num_rows, MOST_LINES)
            _refuse_columns(file.schema_arrow)
            rows = file.read().to_pylist()
    except (pa.ArrowException, OSError):
        raise BadFileError("the file is not Parquet, or is damaged") from None
    if not rows:
        raise BadFileError("the file is empty")
    return [_of_row(row) for row in rows]


def _refuse_columns(schema: pa.Schema) -> None:
    texts: Sequence[pa.DataType] = (pa.string(), pa.large_string())
    if not set(schema.names) <= _FIELDS or len(set(schema.names)) < len(schema.names) or any(kind not in texts for kind in schema.types):
        raise BadFileError("the file has other columns than those of the contract, or columns that are not text")


def _of_row(row: dict[str, str | None]) -> Request | None:
    try:
        return msgspec.convert({name: value for name, value in row.items() if value is not None}, Request)
    except msgspec.ValidationError:
        return None
