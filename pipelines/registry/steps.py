"""The verbs of the registry: find the deliveries that wait, take one in, decide on one that waits for a person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from pipelines.platform.database import Counts, Database
from pipelines.platform.errors import BadFileError, RetryableError, RuleError
from pipelines.platform.object_store import MissingObjectError, ObjectStore
from pipelines.platform.settings import Settings
from pipelines.registry.contract import MANIFEST_NAME, DeliveryKind, read_manifest
from pipelines.registry.intake import BUCKET, INTAKE, Intake, Status

ROOT = "deliveries/"
REPORT_NAME = "report.json"


@dataclass(frozen=True)
class DeliveryReport:
    """What a body learns of its delivery, and operations with it."""

    folder: str
    status: Status
    refusal: str | None
    counts: Counts


def find_deliveries(db: Database, store: ObjectStore) -> list[str]:
    """Return the folders of the deliveries that are complete (their manifest lies there) and not yet settled, oldest first.

    A delivery is settled once its report lies beside it. One that waits for a person's decision is left out, and so are the later ones of
    its body: what they say would else be overtaken. Of one date the largest comes first: what a nation is first loaded with costs least
    by far.
    """
    with db.transaction() as session:
        undecided = {row["folder"] for row in session.all("registry/undecided_deliveries")}
    blocked: set[str] = set()
    ready = []
    for folder in _unsettled(store, ROOT):
        body = folder.split("/")[1]
        if folder in undecided:
            blocked.add(body)
        elif body not in blocked:
            ready.append(folder)
    return sorted(ready, key=lambda folder: (*_place(folder), -_rows_announced(store, folder), folder))


def _unsettled(store: ObjectStore, prefix: str) -> list[str]:
    """Return the complete deliveries without a report under a prefix, in the order in which those of one body are taken in."""
    keys = set(store.keys(BUCKET, prefix))
    folders = [key.removesuffix(f"/{MANIFEST_NAME}") for key in keys if key.endswith(f"/{MANIFEST_NAME}")]
    return sorted((folder for folder in folders if f"{folder}/{REPORT_NAME}" not in keys), key=lambda folder: (*_place(folder), folder))


def _place(folder: str) -> tuple[str, int, int]:
    """Return what orders the deliveries of a body: date, then a full one, a delta, corrections by their number."""
    name = folder.rsplit("/", 1)[-1]
    kind, _, number = name[len("2026-01-05-") :].partition("-")
    kinds = list(map(str, DeliveryKind))
    return name[: len("2026-01-05")], kinds.index(kind) if kind in kinds else len(kinds), int(number) if number.isdecimal() else 0


def _rows_announced(store: ObjectStore, folder: str) -> int:
    try:
        return read_manifest(store.get(BUCKET, f"{folder}/{MANIFEST_NAME}")).rows
    except (BadFileError, MissingObjectError):
        return 0


def _wait_for_older(store: ObjectStore, folder: str) -> None:
    """Let an older delivery of the same body come first. Raises: RetryableError."""
    older = [other for other in _unsettled(store, folder.rsplit("/", 1)[0] + "/") if _place(other) < _place(folder)]
    if older:
        raise RetryableError(f"the delivery {older[0]} comes first: it is being tried again, or waits for a decision")


def take_in_delivery(db: Database, store: ObjectStore, settings: Settings, folder: str, as_of: datetime) -> DeliveryReport:
    """Take in one delivery: examine it whole, then portion by portion quarantine its bad rows and merge the others; report.

    Safe to repeat and to kill: a delivery is decided once, each portion is one transaction, and a run that takes over gives
    newcomers the ids that the first one reserved. A bad delivery is refused whole, before any effect, with a sentence.
    Raises: RetryableError if another delivery is being taken in, or if an older one of its body is not settled.
    """
    content = store.get(BUCKET, f"{folder}/{MANIFEST_NAME}")
    _wait_for_older(store, folder)
    with db.exclusively(INTAKE):
        intake = Intake(db, store, settings, folder, content, as_of)
        try:
            counts = intake.run()
            report = DeliveryReport(folder, intake.status, None, counts)
        except BadFileError as error:
            report = DeliveryReport(folder, Status.REFUSED, intake.refuse(str(error)), {})
    if report.status is not Status.WAITING:
        store.put(BUCKET, f"{folder}/{REPORT_NAME}", _report(db, report, intake.delivery_id))
    return report


def decide_delivery(db: Database, folder: str, accepted: bool, decided_by: str, reason: str, as_of: datetime) -> None:
    """Record a person's decision on a delivery that waits: the next run takes it in, or refuses it whole.

    Raises: RuleError if no such delivery waits.
    """
    with db.transaction() as session:
        decided = session.run(
            "registry/decide_delivery", folder=folder, accepted=accepted, decided_by=decided_by, reason=reason, as_of=as_of
        )
    if not decided:
        raise RuleError(f"no delivery in {folder} waits for a decision: `espace-sante registry deliveries` lists those that do")


def _report(db: Database, report: DeliveryReport, delivery_id: int) -> bytes:
    """Return the report to the sender: refused with its sentence, or the counts and the reasons of the quarantined rows."""
    if report.refusal:
        found: dict[str, object] = {"taken_in": False, "refusal": report.refusal}
    else:
        with db.transaction() as session:
            reasons = session.all("registry/quarantine_by_reason", delivery_id=delivery_id)
        found = {"taken_in": True, **report.counts, "quarantine": [dict(row) for row in reasons]}
    return json.dumps(found, indent=2, ensure_ascii=False).encode()
