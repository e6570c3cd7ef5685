"""Archived documents under retention: the object store refuses to delete them before the archive is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy.engine import RowMapping

from pipelines.campaign.window import end_of
from pipelines.platform.database import Database
from pipelines.platform.object_store import CONNECTIONS, ObjectStore
from pipelines.platform.shards import Shard, shards_of

BUCKET = "documents"
ARCHIVES_AT_ONCE = 500


def plan_archives(db: Database, shard_size: int) -> list[Shard]:
    """Return the shards with archives whose documents are not under retention yet."""
    with db.transaction() as session:
        rows = session.all("lifecycle/retention_shards", shard_size=shard_size)
    return shards_of((row["shard"] for row in rows), shard_size)


def retain_archives(db: Database, store: ObjectStore, shard: Shard, as_of: datetime) -> int:
    """Put the documents of the archives of a shard under retention until the last day of their archive; return how many archives.

    Safe to repeat and to kill: what the store retains is retained again, and an archive is noted after its documents. A re-opening leaves
    the retention as it is: nothing of a space is deleted but by its destruction.
    Raises: MissingObjectError where the index names an object that the store does not have. Source: CSP R1111-36.
    """
    retained = 0
    while archives := _next(db, shard):
        _retain(store, archives)
        noted = _note(db, archives, as_of)
        if not noted:
            break
        retained += noted
    return retained


def _next(db: Database, shard: Shard) -> Sequence[RowMapping]:
    with db.transaction() as session:
        return session.all("lifecycle/archives_to_retain", **shard.as_dict(), most=ARCHIVES_AT_ONCE)


def _note(db: Database, archives: Sequence[RowMapping], as_of: datetime) -> int:
    """Keep until when archives are retained; the unit of work is these archives with these days. Return how many were noted now."""
    columns = {name: [archive[name] for archive in archives] for name in ("person_id", "account_id", "archived_until")}
    unit = hashlib.sha256(repr(columns).encode()).hexdigest()
    binds = {f"{name}s": values for name, values in columns.items()}
    done = db.once("retain_archives", unit, as_of, lambda work: {"archives": work.run("lifecycle/note_retained", **binds)})
    return 0 if done.repeated else done.counts["archives"]


def _retain(store: ObjectStore, archives: Sequence[RowMapping]) -> None:
    """An archive that is over by the store's clock needs no retention, and the store would take none."""
    documents = [
        (f"{archive['account_id']}/{digest}", end_of(archive["archived_until"])) for archive in archives for digest in archive["digests"]
    ]
    if not documents:
        return
    present = store.present()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda document: _retain_one(store, document[0], document[1], present), documents))


def _retain_one(store: ObjectStore, key: str, until: datetime, present: datetime) -> None:
    if until > present:
        store.retain(BUCKET, key, until)
