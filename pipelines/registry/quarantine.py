"""Rows that were set aside: listed without a word of theirs, and exported for the sender, who corrects them in place.

A delivery that waits for a person's decision has no quarantine yet: its files are examined again, so that whoever decides sees why.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings
from pipelines.registry.contract import CSV_SEPARATOR, DELIVERY_SCHEMA
from pipelines.registry.delivered_rows import KnownDelivery, fetch, known_delivery, manifest_of, original_portions, rows_at
from pipelines.registry.delivery_files import Portion
from pipelines.registry.examination import cut, examine
from pipelines.registry.intake import HALF_IN_AT_LEAST, Status
from pipelines.registry.workplace import workplace

FIRST_LINES = 10
LEADING = ("file", "line", "reasons")
Reasons = Mapping[int, str]
"""Line of a file -> why it was set aside: `MATRICULE_KEY (matricule), SEX_UNKNOWN (sex)`."""


@dataclass(frozen=True)
class Found:
    """What a delivery's quarantine holds. Counts are of rows; a row with two faults counts under both reasons."""

    folder: str
    status: str
    rows: int
    replayed: int
    by_reason: tuple[dict[str, Any], ...]
    first: tuple[dict[str, Any], ...]


def look(db: Database, store: ObjectStore, settings: Settings, folder: str) -> Found:
    """Return what a delivery's quarantine holds, or would hold if it were accepted. Nothing of it is personal.

    Raises: FinalError if there is no such delivery, or if it was refused before its rows were looked at.
    """
    delivery = known_delivery(db, folder)
    if delivery.status in HALF_IN_AT_LEAST:
        with db.transaction() as session:
            by_reason = session.all("registry/quarantine_by_reason", delivery_id=delivery.delivery_id)
            first = session.all("registry/first_quarantined", delivery_id=delivery.delivery_id, most=FIRST_LINES)
            counts = session.one("registry/count_quarantined", delivery_id=delivery.delivery_id)
        return Found(
            delivery.folder, delivery.status, counts["lines"], counts["replayed"], tuple(map(dict, by_reason)), tuple(map(dict, first))
        )
    with _foreseen(store, settings, delivery) as portions:
        return _found(delivery, portions)


def _found(delivery: KnownDelivery, portions: list[tuple[Portion, pa.Table]]) -> Found:
    pairs: Counter[tuple[str, str]] = Counter()
    for _, faults in portions:
        pairs.update((fault["reason"], fault["column"]) for fault in faults.to_pylist())
    by_line = [(portion.entry.name, line, why) for portion, faults in portions for line, why in _reasons(faults).items()]
    first = [{"file": file, "line": line, "reasons": why, "replayed_by": None} for file, line, why in by_line[:FIRST_LINES]]
    by_reason = [{"reason": reason, "column_name": column, "rows": rows} for (reason, column), rows in sorted(pairs.items())]
    return Found(delivery.folder, delivery.status, len(by_line), 0, tuple(by_reason), tuple(first))


@contextmanager
def _foreseen(store: ObjectStore, settings: Settings, delivery: KnownDelivery) -> Iterator[list[tuple[Portion, pa.Table]]]:
    """Examine a delivery that has no quarantine; give the faults (FAULT_SCHEMA) of each portion while its files are there."""
    if delivery.status is Status.REFUSED and delivery.decided_by is None:
        raise FinalError(f"{delivery.folder} was refused whole, before its rows were looked at: {delivery.refusal}")
    manifest = manifest_of(store, delivery)
    with workplace(settings.var) as there:
        tasks = cut(manifest, partial(fetch, store, delivery.folder), there, settings.portion_rows)
        with examine(manifest, tasks, there, [], settings.intake_workers) as examination:
            yield [(task.portion, examination.faults(task)) for task in tasks]


def _reasons(faults: pa.Table) -> Reasons:
    """Return the reasons of each faulty line, in the order of the lines."""
    ordered = faults.sort_by([("row", "ascending"), ("column", "ascending"), ("reason", "ascending")]).to_pylist()
    reasons: dict[int, str] = {}
    for fault in ordered:
        word = f"{fault['reason']} ({fault['column']})"
        reasons[fault["row"]] = f"{reasons[fault['row']]}, {word}" if fault["row"] in reasons else word
    return reasons


def export(
    db: Database, store: ObjectStore, settings: Settings, folder: str, out: Path, asked_by: str, reason: str, as_of: dt.datetime
) -> int:
    """Write the rows that were set aside to a CSV file for their sender, as they were delivered; return how many.

    Each line begins with `file;line;reasons`; the columns of the contract follow, so that it can be corrected in place and replayed.
    Rows that came back corrected are left out. Who asked, and why, is kept in the ledger first.
    Raises: FinalError if the file exists, or if the delivery does not lie there any more as it was.
    """
    delivery = known_delivery(db, folder)
    note = partial(_note_export, db, delivery, asked_by, reason, as_of)
    if delivery.status in HALF_IN_AT_LEAST:
        with db.transaction() as session:
            files = {row["file"]: row["lines"] for row in session.all("registry/quarantined_files", delivery_id=delivery.delivery_id)}
        note(sum(files.values()))
        return _write(out, _kept_rows(db, store, settings, delivery, files))
    with _foreseen(store, settings, delivery) as portions:
        note(sum(len(_reasons(faults)) for _, faults in portions))
        return _write(out, (line for portion, faults in portions for line in _lines(portion, _reasons(faults))))


def _note_export(db: Database, delivery: KnownDelivery, asked_by: str, reason: str, as_of: dt.datetime, rows: int) -> None:
    """Keep who takes personal data out of the registry, why, and how many rows. Grain: one export."""
    if not rows:
        raise FinalError(f"no row of {delivery.folder} is in the quarantine: there is nothing to export")

    def count(_: Work) -> Counts:
        return {"rows": rows}

    db.once("export_quarantine", f"{delivery.folder} at {as_of.isoformat()}: {reason}", as_of, count, actor=asked_by)


def _kept_rows(
    db: Database, store: ObjectStore, settings: Settings, delivery: KnownDelivery, files: Mapping[str, int]
) -> Iterator[list[str]]:
    """Return the lines of an export, file after file: one file lies on disk at a time, one portion's rows in memory."""
    for entry in manifest_of(store, delivery).files:
        if entry.name not in files:
            continue
        with workplace(settings.var) as directory:
            file = fetch(store, delivery.folder, entry, directory)
            for portion in original_portions(file, entry, delivery.folder, settings.portion_rows):
                last = portion.first_row + portion.rows - 1
                with db.transaction() as session:
                    rows = session.all(
                        "registry/quarantined_rows",
                        delivery_id=delivery.delivery_id, file=entry.name, first_line=portion.first_row, last_line=last,
                    )  # fmt: skip
                yield from _lines(portion, {row["line"]: row["reasons"] for row in rows})


def _lines(portion: Portion, reasons: Reasons) -> Iterator[list[str]]:
    """Return the cells of each faulty row of a portion: where it lies, why it was set aside, what was delivered."""
    if reasons:
        rows = rows_at(portion, list(reasons))
        for (line, why), row in zip(reasons.items(), rows.to_pylist(), strict=True):
            yield [portion.entry.name, str(line), why, *(_cell(row[name]) for name in DELIVERY_SCHEMA.names)]


def _cell(value: object) -> str:
    """Write a value as the contract does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _write(out: Path, lines: Iterable[list[str]]) -> int:
    """Write a file that only its owner may read. The mark of UTF-8 in front lets spreadsheets read the accents."""
    try:
        stream = os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise FinalError(f"{out.name} cannot be written: {error.strerror}") from None
    rows = 0
    try:
        with stream:
            writer = csv.writer(stream, delimiter=CSV_SEPARATOR, lineterminator="\n")
            writer.writerow([*LEADING, *DELIVERY_SCHEMA.names])
            remaining = iter(lines)
            while chunk := list(islice(remaining, 1000)):
                writer.writerows(chunk)
                rows += len(chunk)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return rows
