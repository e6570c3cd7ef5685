"""Sealing the audit trail: its new rows become links of chains, one a shard, and the head of all chains is kept under retention.

Whoever changes, deletes or inserts a row that was sealed breaks a link; whoever makes the chains anew meets the heads in the store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError
from pipelines.platform.object_store import ObjectStore

BUCKET = "audit"
TRAIL = "the audit trail"


def head_key(seal_no: int) -> str:
    """Return the key of a seal's head in the object store."""
    return f"heads/{seal_no:08d}.json"


def seal_audit(db: Database, store: ObjectStore, years: int, as_of: datetime) -> Counts:
    """Seal what was recorded since the last seal, then keep every head that is not in the store yet, for so many whole years.

    Safe to repeat and to kill: a run seals once (unit: its instant), and heads that a killed run left are kept by the next.
    Raises: RetryableError if another process seals; FinalError in a database whose numbers of transactions began anew.
    """
    with db.exclusively(TRAIL):
        counts = db.once("seal_audit", as_of.isoformat(), as_of, lambda work: _seal(work, legal_day(as_of))).counts
        _keep_heads(db, store, years)
    return counts


def _keep_heads(db: Database, store: ObjectStore, years: int) -> None:
    with db.transaction() as session:
        seals = session.all("audit/seals")
    kept = set(store.keys(BUCKET, "heads/"))
    for row in seals:
        if head_key(row["seal_no"]) not in kept:
            until = datetime(row["sealed_on"].year + years + 1, 1, 1, tzinfo=UTC)
            store.keep(BUCKET, head_key(row["seal_no"]), head_of(dict(row)), until)


def _seal(work: Work, day: date) -> Counts:
    numbers = work.one("audit/numbers")
    if numbers["began_anew"]:
        raise FinalError(
            "the numbers of transactions began anew, as in a database restored from a dump: nothing can be sealed. Stop PostgreSQL, run "
            f"`pg_resetwal --next-transaction-id={numbers['goes_on_from']}` on its data, start it again (docs/operating.md, Restore)"
        )
    return work.one("audit/seal", work_id=work.work_id, day=day)


def head_of(seal: Mapping[str, Any]) -> bytes:
    """Return what the store keeps of a seal: counts, numbers and the digest, nothing of anybody."""
    kept = {name: seal[name] for name in ("seal_no", "after", "up_to", "links", "rows", "head")}
    return json.dumps(kept | {"sealed_on": seal["sealed_on"].isoformat()}, sort_keys=True).encode() + b"\n"
