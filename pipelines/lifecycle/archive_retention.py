"""Archived documents under retention: the object store refuses to delete them before the archive is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy.engine import RowMapping

from pipelines.campaign.window import end_of
from pipelines.platform.database import Database
from pipelines.platform.object_store import CONNECTIONS, MissingObjectError, ObjectStore
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
    Raises: MissingObjectError, once all others are retained, where the index names objects that the store does not have.
    Source: CSP R1111-36.
    """
    retained, after_id = 0, shard.first_id - 1
    missing: list[str] = []
    while archives := _next(db, shard, after_id):
        missing += (lost := _retain(store, archives))
        spaces = {key.partition("/")[0] for key in lost}
        retained += _note(db, [archive for archive in archives if archive["account_id"] not in spaces], as_of)
        after_id = archives[-1]["person_id"]
    if missing:
        raise MissingObjectError(f"{len(missing)} archived documents are not in the object store, the first is {missing[0]}")
    return retained


def _next(db: Database, shard: Shard, after_id: int) -> Sequence[RowMapping]:
    with db.transaction() as session:
        return session.all("lifecycle/archives_to_retain", after_id=after_id, last_id=shard.last_id, most=ARCHIVES_AT_ONCE)


def _note(db: Database, archives: Sequence[RowMapping], as_of: datetime) -> int:
    """Keep until when archives are retained; the unit of work is these archives with these days in this run. Return how many were noted.

    An archive may be retained until the same day twice: it was opened again, and closed again on the day of its closing.
    """
    if not archives:
        return 0
    columns = {name: [archive[name] for archive in archives] for name in ("person_id", "account_id", "archived_until")}
    unit = f"{as_of.isoformat()}/{hashlib.sha256(repr(columns).encode()).hexdigest()}"
    binds = {f"{name}s": values for name, values in columns.items()}
    done = db.once("retain_archives", unit, as_of, lambda work: {"archives": work.run("lifecycle/note_retained", **binds)})
    return 0 if done.repeated else done.counts["archives"]


def _retain(store: ObjectStore, archives: Sequence[RowMapping]) -> list[str]:
    """Retain the documents of archives; return the keys of those that the store does not have.

    An archive that is over by the store's clock needs no retention, and the store would take none.
    """
    documents = [
        (f"{archive['account_id']}/{digest}", end_of(archive["archived_until"])) for archive in archives for digest in archive["digests"]
    ]
    if not documents:
        return []
    present = store.present()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        is_there = pool.map(lambda document: _retain_one(store, document[0], document[1], present), documents)
        return [key for (key, _), there in zip(documents, is_there, strict=True) if not there]


def _retain_one(store: ObjectStore, key: str, until: datetime, present: datetime) -> bool:
    try:
        if until > present:
            store.retain(BUCKET, key, until)
    except MissingObjectError:
        return False
    return True
