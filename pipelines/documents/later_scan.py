"""The virus scan of what was taken in while no scanner answered (a feed whose `scan` is degraded), made up for as soon as one does."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from pipelines.documents.document import Reason
from pipelines.documents.examination import Examined
from pipelines.documents.recording import object_key
from pipelines.documents.scan_policy import ScanPolicy
from pipelines.documents.taking_in import Intake
from pipelines.documents.virus_scan import scan_item
from pipelines.platform.database import Counts, Work
from pipelines.platform.errors import FinalError

AT_ONCE = 200
# What a later scan takes out of a record.
_UNFIT = (Reason.INFECTED, Reason.NOT_SCANNED)
# Why a document was not taken apart: what is packed in it was not scanned then.
_UNREAD = {Reason.TIME_LIMIT, Reason.MEMORY_LIMIT, Reason.READER_FAILED, Reason.HOSTILE, Reason.TOO_BIG, Reason.OTHER}


class _Scan(NamedTuple):
    """One document that was scanned: its row, the version that looked, and why it cannot stay."""

    row: dict[str, Any]
    version: str
    code: Reason | None


def scan_later(intake: Intake, as_of: dt.datetime) -> Counts:
    """Scan what was not; take what is infected, or cannot be scanned, out of the records. Return how many were scanned.

    Raises: ScannerAwayError while no scanner answers; FinalError at the end where something was found: the sender must be told.
    """
    scanned, unfit = 0, 0
    while rows := _not_scanned(intake):
        scans = _scans(intake, rows)
        name = f"{rows[0]['delivery_id']} {rows[0]['place']} {scans[0].version}"
        intake.db.once("scan_later", name, as_of, lambda work, scans=scans: _record(work, scans))  # type: ignore[misc]
        scanned, unfit = scanned + len(scans), unfit + sum(scan.code is not None for scan in scans)
    if unfit:
        raise FinalError(
            f"{unfit} documents of {intake.feed.name}, taken in without a virus scan, are infected or cannot be scanned: they are out of "
            "the records; warn security and the sender (reception, code INFECTED or NOT_SCANNED)"
        )
    return {"scanned": scanned}


def _not_scanned(intake: Intake) -> list[dict[str, Any]]:
    with intake.db.transaction() as session:
        return [dict(row) for row in session.all("documents/not_scanned", feed_id=intake.recorder.feed_id, most=AT_ONCE)]


def _scans(intake: Intake, rows: Sequence[dict[str, Any]]) -> list[_Scan]:
    keys = [object_key(row["account_id"], bytes(row["sha256"])) for row in rows]
    return [_scan(intake, row, content) for row, content in zip(rows, intake.recorder.objects.get_all(keys), strict=True)]


def _scan(intake: Intake, row: dict[str, Any], content: bytes) -> _Scan:
    examined = intake.reader.read(content)
    if _is_unread(examined):
        # The machine may have been too busy: once more.
        examined = intake.reader.read(content)
    scanned = scan_item(intake.scanner, ScanPolicy.REQUIRED, content, examined)
    verdict = scanned.documents[0].verdict
    code = verdict if verdict in _UNFIT else Reason.NOT_SCANNED if _is_unread(examined) else None
    return _Scan(row, scanned.version or "", code)


def _is_unread(examined: Examined) -> bool:
    return any(fault.reason in _UNREAD for document in examined.documents for fault in document.faults)


def _record(work: Work, scans: Sequence[_Scan]) -> Counts:
    """Write what was found, and take out of the records what cannot stay."""
    noted = [
        {"delivery_id": str(scan.row["delivery_id"]), "place": scan.row["place"], "scanned_with": scan.version, "code": scan.code}
        for scan in scans
    ]
    unfit = [{name: scan.row[name] for name in ("person_id", "document_id")} for scan in scans if scan.code]
    work.run("documents/note_scans", scans=json.dumps(noted))
    if unfit:
        work.run("documents/withdraw_unfit", documents=json.dumps(unfit))
    return {"scanned": len(scans), "unfit": len(unfit)}
