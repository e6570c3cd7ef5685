"""Rows of a delivery read again from its files in the object store: only those asked for, as they were delivered."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.platform.database import Database
from pipelines.platform.errors import BadFileError, FinalError
from pipelines.platform.object_store import MissingObjectError, ObjectStore
from pipelines.platform.settings import Settings
from pipelines.registry.contract import DELIVERY_SCHEMA, MANIFEST_NAME, FileEntry, Manifest, read_manifest
from pipelines.registry.delivery_files import Portion, portions_of, read_batches
from pipelines.registry.intake import BUCKET, Status
from pipelines.registry.workplace import workplace


@dataclass(frozen=True)
class KnownDelivery:
    """A delivery as the registry knows it; `body` and `reference_date` are null where its manifest could not be read."""

    delivery_id: int
    folder: str
    manifest_sha256: str
    body: str | None
    reference_date: dt.date | None
    status: Status
    refusal: str | None
    decided_by: str | None
    decision_reason: str | None


def known_delivery(db: Database, folder: str) -> KnownDelivery:
    """Return the delivery of a folder. Raises: FinalError if none was ever looked at."""
    with db.transaction() as session:
        rows = session.all("registry/find_in_folder", folder=folder.strip("/"))
    if not rows:
        raise FinalError(f"no delivery of {folder} was looked at yet: `espace-sante registry deliveries` lists those that were")
    return KnownDelivery(**{**rows[0], "status": Status(rows[0]["status"])})


def manifest_of(store: ObjectStore, delivery: KnownDelivery) -> Manifest:
    """Return the manifest of a delivery. Raises: FinalError if another one lies there now."""
    content = _original(store, delivery)
    if hashlib.sha256(content).hexdigest() != delivery.manifest_sha256:
        raise FinalError(f"{delivery.folder}/{MANIFEST_NAME} is not the one that was looked at any more: put the original back there")
    return read_manifest(content, delivery.folder)


def _original(store: ObjectStore, delivery: KnownDelivery) -> bytes:
    try:
        return store.get(BUCKET, f"{delivery.folder}/{MANIFEST_NAME}")
    except MissingObjectError:
        return b""


def fetch(store: ObjectStore, folder: str, entry: FileEntry, directory: Path) -> Path:
    """Bring one data file of a delivery into a directory. Raises: FinalError if it does not lie there any more."""
    file = directory / entry.name
    try:
        store.download(BUCKET, f"{folder}/{entry.name}", file)
    except MissingObjectError:
        raise FinalError(f"{folder}/{entry.name} does not lie there any more: put the original back") from None
    return file


def original_portions(file: Path, entry: FileEntry, folder: str, most_rows: int) -> list[Portion]:
    """Cut a data file into portions. Raises: FinalError if it is not the file that was taken in any more."""
    try:
        return portions_of(file, entry, most_rows)
    except BadFileError:
        raise FinalError(f"{folder}/{entry.name} is not the file that was taken in any more: put the original back") from None


def rows_at(portion: Portion, lines: Sequence[int]) -> pa.Table:
    """Return the rows of a portion at some lines (numbers in the file, ascending), DELIVERY_SCHEMA. Memory: one batch and these rows."""
    wanted = np.asarray(lines, dtype=np.int64) - portion.first_row
    start, found = 0, []
    for batch in read_batches(portion):
        here = wanted[(wanted >= start) & (wanted < start + batch.num_rows)] - start
        if len(here):
            found.append(batch.take(here))
        start += batch.num_rows
    return pa.Table.from_batches(found, schema=DELIVERY_SCHEMA)


def row_at(store: ObjectStore, settings: Settings, delivery: KnownDelivery, file_name: str, line: int) -> pa.Table:
    """Return one row of a delivery, DELIVERY_SCHEMA. Raises: FinalError if its file is not there, or another one, or has no such row."""
    entries = [entry for entry in manifest_of(store, delivery).files if entry.name == file_name]
    with workplace(settings.var) as directory:
        for entry in entries:
            file = fetch(store, delivery.folder, entry, directory)
            for portion in original_portions(file, entry, delivery.folder, settings.portion_rows):
                if 0 <= line - portion.first_row < portion.rows:
                    return rows_at(portion, [line])
    raise FinalError(f"{delivery.folder}/{file_name} has no row {line}")
