"""The verbs of document feeds: see what waits, take it in, settle what was parked, sweep what a dead run left."""

from __future__ import annotations

import datetime as dt

from pipelines.documents.feed import Feed
from pipelines.documents.recording import BUCKET, object_key
from pipelines.documents.routes import INBOX, Route
from pipelines.platform.database import Database, Session
from pipelines.platform.object_store import ObjectStore

# A run that has not ended by then is dead, or the sweep takes from it and it begins again.
PATIENCE = dt.timedelta(days=1)
SWEPT_AT_ONCE = 1_000


def count_batches(feed: Feed, route: Route) -> int:
    """Return into how many batches the files that wait are divided: no more than the feed allows a run; the rest waits for the next one."""
    waiting = len(route.waiting(INBOX))
    return min(-(-waiting // feed.limits.files_a_batch), feed.limits.batches_a_run)


def number_of(db: Database, feed: Feed) -> int:
    """Return the small number by which rows name a feed; a new feed is given one."""
    with db.transaction() as session:
        session.run("documents/add_feed", name=feed.name)
        number: int = session.one("documents/feed_id", name=feed.name)["feed_id"]
        return number


def sweep_uploads(db: Database, store: ObjectStore, as_of: dt.datetime) -> int:
    """Delete the objects that dead runs wrote and that no document names; return how many. Safe to repeat, and beside those who write."""
    swept = 0
    while True:
        with db.transaction() as session:
            found, unnamed = _sweep(session, store, as_of - PATIENCE)
        swept += unnamed
        if found < SWEPT_AT_ONCE:
            return swept


def _sweep(session: Session, store: ObjectStore, before: dt.datetime) -> tuple[int, int]:
    """Sweep some; return how many there were, and how many nothing named.

    Whoever wants to write one of these objects meanwhile waits for the end of the transaction.
    """
    rows = session.all("documents/abandoned_uploads", before=before, most=SWEPT_AT_ONCE)
    unnamed = [object_key(row["account_id"], bytes(row["sha256"])) for row in rows if not row["is_named"]]
    if unnamed:
        store.destroy(BUCKET, unnamed, despite_retention=False)
    if rows:
        session.all("documents/end_uploads", account_ids=[row["account_id"] for row in rows], sha256=[bytes(row["sha256"]) for row in rows])
    return len(rows), len(unnamed)
