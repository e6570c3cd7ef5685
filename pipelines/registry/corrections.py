"""Corrected rows of a delivery, put down again as a delivery of kind `correction`: the next intake run takes it in as any other."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import BadFileError, FinalError, RuleError
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings
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
from pipelines.registry.delivered_rows import KnownDelivery, known_delivery
from pipelines.registry.intake import BUCKET, Status
from pipelines.registry.overtaken import day_of_correction
from pipelines.registry.quarantine import LEADING
from pipelines.registry.workplace import workplace

BATCH_ROWS = 65_536
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Place = tuple[str, int]
"""A file of the delivery that is corrected, and a row of it."""


@dataclass(frozen=True)
class Correction:
    """Corrected rows that were put down; `marked` is how many rows of the quarantine they stand for."""

    folder: str
    rows: int
    marked: int
    repeated: bool


@dataclass(frozen=True)
class _Rows:
    """Corrected rows, written as a data file."""

    file: Path
    entry: FileEntry
    places: Sequence[Place]


def replay(
    db: Database, store: ObjectStore, settings: Settings, folder: str, corrected: Path, replayed_by: str, as_of: dt.datetime
) -> Correction:
    """Put corrected rows of a delivery down as its next correction, and mark the rows of the quarantine that they name.

    `corrected` is a CSV file with the columns of the contract; `file`, `line` and `reasons`, as an export has them, may be there.
    Safe to repeat and to kill: the same file is one correction, reserved in the ledger first and put into the store after it.
    A correction bears the date of its delivery, or of the last delta that came since and does not speak of these people.
    Raises: BadFileError, with the line and never a value of it, where the file cannot be used; RuleError if the delivery was not
    taken in, or if a later one says more of these people (`overtaken`).
    """
    delivery = known_delivery(db, folder)
    if delivery.status is not Status.TAKEN_IN:
        raise RuleError(f"{delivery.folder} was not taken in ({delivery.status}): its sender corrects it and delivers it again")
    try:
        content = corrected.read_bytes()
    except OSError as error:
        raise FinalError(f"{corrected.name} cannot be read: {error.strerror}") from None
    with workplace(settings.var) as directory:
        rows = _rows(content, directory)
        unit = f"{delivery.folder}/{hashlib.sha256(content).hexdigest()}"

        def keep(work: Work) -> Counts:
            return _keep(work, store, delivery, rows, replayed_by, as_of)

        with db.exclusively("the corrections of the registry"):
            done = db.once("replay_quarantine", unit, as_of, keep, actor=replayed_by)
        manifest = _manifest(delivery, rows.entry, _day_in(done.counts), done.counts["sequence"])
        _put(store, manifest, rows)
    return Correction(manifest.folder, done.counts["rows"], done.counts["marked"], done.repeated)


def _keep(work: Work, store: ObjectStore, delivery: KnownDelivery, rows: _Rows, replayed_by: str, as_of: dt.datetime) -> Counts:
    """Reserve the next correction of a delivery, accepted by whoever replays it, and mark the rows that it names."""
    body, reference_date = _of(delivery)
    day = day_of_correction(work, store, body, reference_date, rows.file)
    known = work.one("registry/last_correction", body=body, reference_date=day)
    manifest = _manifest(delivery, rows.entry, day, 1 + max(known["sequence"], _last_in_store(store, body, day)))
    kept = work.one(
        "registry/keep_correction",
        folder=manifest.folder, manifest_sha256=hashlib.sha256(_written(manifest)).hexdigest(), body=manifest.body,
        reference_date=manifest.reference_date, decided_by=replayed_by, reason=f"corrected rows of {delivery.folder}", as_of=as_of,
        counts=json.dumps({"received": rows.entry.rows}),
    )  # fmt: skip
    files, lines = [place[0] for place in rows.places], [place[1] for place in rows.places]
    for stranger in work.all("registry/find_not_quarantined", delivery_id=delivery.delivery_id, files=files, lines=lines):
        raise BadFileError(
            f"row {stranger['line']} of {stranger['file']} is not in the quarantine of {delivery.folder}: "
            "leave the columns file and line as they were exported"
        )
    work.run("registry/mark_replayed", delivery_id=delivery.delivery_id, replayed_by=kept["delivery_id"], files=files, lines=lines)
    return {"day": int(f"{day:%Y%m%d}"), "sequence": manifest.sequence, "rows": rows.entry.rows, "marked": len(set(rows.places))}


def _day_in(counts: Counts) -> dt.date:
    """Return the reference date that a correction was given."""
    return dt.date.fromisoformat(str(counts["day"]))


def _manifest(delivery: KnownDelivery, entry: FileEntry, day: dt.date, sequence: int) -> Manifest:
    body, _ = _of(delivery)
    return Manifest(
        contract=CONTRACT_VERSION, body=body, kind=DeliveryKind.CORRECTION, reference_date=day, sequence=sequence, files=(entry,),
    )  # fmt: skip


def _of(delivery: KnownDelivery) -> tuple[str, dt.date]:
    """Return whose and of what day a delivery is; one that was taken in has both."""
    if delivery.body is None or delivery.reference_date is None:
        raise RuleError(f"{delivery.folder} has no manifest that can be read")
    return delivery.body, delivery.reference_date


def _written(manifest: Manifest) -> bytes:
    return manifest.model_dump_json(indent=2).encode()


def _last_in_store(store: ObjectStore, body: str, day: dt.date) -> int:
    """Return the highest number of a correction that lies in the store, taken in or not; the body may send some itself."""
    prefix = delivery_folder(body, day, DeliveryKind.CORRECTION).removesuffix("0")
    numbers = [key.removeprefix(prefix).split("/")[0] for key in store.keys(BUCKET, prefix)]
    return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)


def _put(store: ObjectStore, manifest: Manifest, rows: _Rows) -> None:
    """Put a correction into the store, its manifest last; one that lies there already is left alone."""
    if f"{manifest.folder}/{MANIFEST_NAME}" not in store.keys(BUCKET, f"{manifest.folder}/"):
        store.upload(BUCKET, f"{manifest.folder}/{rows.entry.name}", rows.file)
        store.put(BUCKET, f"{manifest.folder}/{MANIFEST_NAME}", _written(manifest))


def _rows(content: bytes, directory: Path) -> _Rows:
    """Write the rows of a corrected CSV file as a data file. Parquet: a value may hold what the CSV of the contract cannot."""
    file = directory / f"corrected-{hashlib.sha256(content).hexdigest()[:16]}.parquet"
    places: list[Place] = []
    count = 0
    with pq.ParquetWriter(file, DELIVERY_SCHEMA) as writer:
        for batch in _batches(_text(content), places):
            writer.write_batch(batch)
            count += batch.num_rows
    if not count:
        raise BadFileError("the corrected file has no row")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return _Rows(file, FileEntry(name=file.name, format=FileFormat.PARQUET, rows=count, sha256=digest), places)


def _text(content: bytes) -> str:
    """Read UTF-8, with or without its mark, or else what an older spreadsheet writes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(Encoding.ISO_8859_15)


def _batches(text: str, places: list[Place]) -> Iterator[pa.RecordBatch]:
    """Read the rows of a corrected file batch by batch; add to `places` the rows of the quarantine that they name."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=CSV_SEPARATOR, strict=True)
    read = {field.name: _READ[field.type] for field in DELIVERY_SCHEMA}
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        columns: dict[str, list[Any]] = {name: [] for name in DELIVERY_SCHEMA.names}
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise BadFileError(f"line {reader.line_num} has {len(cells)} values instead of {len(header)}")
            row = dict(zip(header, cells, strict=True))
            for name, values in columns.items():
                values.append(_value(row[name], read[name], name, reader.line_num))
            places.extend(_place(row, reader.line_num))
            if len(columns["matricule"]) == BATCH_ROWS:
                yield _batch(columns)
                columns = {name: [] for name in DELIVERY_SCHEMA.names}
        yield _batch(columns)
    except csv.Error:
        raise BadFileError(f"line {reader.line_num} is not one of a CSV file: look at its quotes") from None


def _batch(columns: Mapping[str, Sequence[Any]]) -> pa.RecordBatch:
    arrays: list[Any] = [pa.array(columns[field.name], field.type) for field in DELIVERY_SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=DELIVERY_SCHEMA)


def _check_header(header: Sequence[str]) -> None:
    """The names of the columns may be repeated in a message, those that the contract does not know may not."""
    missing = [name for name in DELIVERY_SCHEMA.names if name not in header]
    unknown = [name for name in header if name not in (*LEADING, *DELIVERY_SCHEMA.names)]
    if missing:
        raise BadFileError(f"the corrected file has no column {', '.join(missing)}")
    if unknown or len(set(header)) != len(header):
        raise BadFileError("the corrected file has a column twice, or one that the contract does not know")


def _value(text: str, read: Callable[[str], Any], column: str, line: int) -> Any:
    """Read one value; an empty one is null. Raises: BadFileError, naming line and column."""
    if not text:
        return None
    try:
        return read(text)
    except ValueError:
        raise BadFileError(
            f"line {line}: column {column} has a value that the contract does not allow (YYYY-MM-DD, true or false)"
        ) from None


def _place(row: Mapping[str, str], line: int) -> list[Place]:
    """Return the row of the quarantine that a corrected row names, if it does."""
    if not row.get("file") or not row.get("line"):
        return []
    number = row["line"].strip()
    if not (number.isascii() and number.isdigit()):
        raise BadFileError(f"line {line}: the column line is not a number: leave it as it was exported")
    return [(row["file"].strip(), int(number))]


def _day(text: str) -> dt.date:
    if not _DAY.fullmatch(text):
        raise ValueError
    return dt.date.fromisoformat(text)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


_READ: Mapping[Any, Callable[[str], Any]] = {pa.string(): str, pa.date32(): _day, pa.bool_(): _truth}
