"""The verbs of the registry: find the deliveries that wait, take one in, report to its sender."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import BadFileError
from pipelines.platform.inbox import Inbound, decide_once
from pipelines.platform.object_store import MissingObjectError, ObjectStore
from pipelines.registry.bodies import insurance_bodies
from pipelines.registry.contract import MANIFEST_NAME, FileEntry, Manifest, read_manifest
from pipelines.registry.delivery_files import open_batches
from pipelines.registry.row_rules import NORMALISED_SCHEMA, check_rows

BUCKET = "registry"
ROOT = "deliveries/"
REPORT_NAME = "report.json"
_STAGED = tuple(name for name in NORMALISED_SCHEMA.names if name not in ("address_flags", "email_refused"))


@dataclass(frozen=True)
class DeliveryReport:
    """What a body learns of its delivery, and operations with it."""

    folder: str
    refusal: str | None
    counts: Counts


def find_deliveries(store: ObjectStore) -> list[str]:
    """Return the folders of the deliveries that are complete (their manifest lies there) and not yet reported on, oldest first."""
    keys = set(store.keys(BUCKET, ROOT))
    folders = [key.removesuffix(f"/{MANIFEST_NAME}") for key in keys if key.endswith(f"/{MANIFEST_NAME}")]
    waiting = [folder for folder in folders if f"{folder}/{REPORT_NAME}" not in keys]
    return sorted(waiting, key=lambda folder: (folder.rsplit("/", 1)[-1], folder))


def take_in_delivery(db: Database, store: ObjectStore, folder: str, as_of: datetime) -> DeliveryReport:
    """Take in one delivery in one transaction: quarantine its bad rows, merge the others, write the report beside it.

    Safe to repeat: a manifest is decided once. A bad delivery is refused whole, before any effect, with a sentence.
    """
    content = store.get(BUCKET, f"{folder}/{MANIFEST_NAME}")
    inbound = decide_once(db, "registry", folder, content, as_of, lambda work: _decide(work, store, folder, content, as_of))
    store.put(BUCKET, f"{folder}/{REPORT_NAME}", _report(db, inbound))
    return DeliveryReport(folder, inbound.refusal, inbound.counts)


def _decide(work: Work, store: ObjectStore, folder: str, content: bytes, as_of: datetime) -> Mapping[str, int]:
    manifest = read_manifest(content, folder)
    if manifest.body not in insurance_bodies():
        raise BadFileError(f"no insurance body is known as {manifest.body}")
    if work.all("registry/find_delivery", body=manifest.body, kind=manifest.kind, reference_date=manifest.reference_date):
        raise BadFileError("a delivery of this body with this reference date, or a later one, was already taken in")
    work.all("platform/allow_scans")
    work.run("registry/make_staging")
    received = 0
    for entry in manifest.files:
        with TemporaryDirectory() as directory:
            file = Path(directory) / entry.name
            try:
                store.download(BUCKET, f"{folder}/{entry.name}", file)
            except MissingObjectError:
                raise BadFileError(f"{entry.name} is announced by the manifest but does not lie in {folder}") from None
            received += _stage(work, file, entry, manifest.reference_date)
    return _merge(work, manifest, received, as_of)


def _stage(work: Work, file: Path, entry: FileEntry, reference_date: date) -> int:
    """Check one file and copy its good rows to the staging table; return how many rows it had."""
    received = 0
    faults: list[pa.Table] = []

    def good_rows() -> Iterator[bytes]:
        nonlocal received
        for batch in open_batches(file, entry):
            checked = check_rows(batch, reference_date, first_row=received + 1)
            received += batch.num_rows
            faults.append(checked.faults)
            yield _csv(entry.name, checked.good)

    work.copy_rows(f"staged (file, {', '.join(_STAGED)})", good_rows())
    found = pa.concat_tables(faults)
    if found.num_rows:
        lines, reasons, columns = (found.column(name).to_pylist() for name in ("row", "reason", "column"))
        work.run("registry/keep_row_faults", work_id=work.work_id, file=entry.name, lines=lines, reasons=reasons, columns=columns)
    return received


def _csv(file: str, good: pa.Table) -> bytes:
    table = good.select(_STAGED).add_column(0, "file", pa.array([file] * good.num_rows, pa.string()))
    sink = io.BytesIO()
    pa_csv.write_csv(table, sink, pa_csv.WriteOptions(include_header=False))
    return sink.getvalue()


def _merge(work: Work, manifest: Manifest, received: int, as_of: datetime) -> Counts:
    body: dict[str, Any] = {"body": manifest.body}
    work.run("registry/analyse_staging")
    work.run("registry/quarantine_repeated_rows", work_id=work.work_id)
    work.run("registry/quarantine_other_traits", work_id=work.work_id)
    work.run("registry/give_ids", as_of=as_of)
    work.run("registry/make_incoming", **body)
    work.run("registry/make_touched")
    work.run("registry/merge_affiliations", **body, reference_date=manifest.reference_date)
    work.run("registry/merge_persons")
    work.run("registry/add_contact_versions", **body, as_of=as_of)
    work.run("registry/replace_representatives")
    work.run("registry/analyse_registry")
    kept = work.one(
        "registry/keep_delivery",
        **body, work_id=work.work_id, kind=manifest.kind, reference_date=manifest.reference_date,
        manifest_key=f"{manifest.folder}/{MANIFEST_NAME}", rows_received=received,
    )  # fmt: skip
    return {"lines": received, **kept}


def _report(db: Database, inbound: Inbound) -> bytes:
    """Return the report to the sender: refused with its sentence, or the counts and the reasons of the quarantined rows."""
    if inbound.refusal:
        return json.dumps({"taken_in": False, "refusal": inbound.refusal}, indent=2, ensure_ascii=False).encode()
    with db.transaction() as session:
        reasons = session.all("registry/quarantine_by_reason", work_id=inbound.work_id)
    report = {"taken_in": True, **inbound.counts, "quarantine": [dict(row) for row in reasons]}
    return json.dumps(report, indent=2, ensure_ascii=False).encode()
