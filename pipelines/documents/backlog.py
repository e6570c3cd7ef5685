"""A backlog: what a feed could not send for months, put down beside its inbox by the hundred thousand and drained in slices.

A slice takes the first files in the order of their names, some hundred at a time, so that memory stays flat however many there are; live
files never wait for it. Each feed has one slice in turn, so that a million files of one hold no other up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipelines.documents.feed import sound_feeds
from pipelines.documents.routes import BACKLOG, Route, route_of
from pipelines.documents.suspension import standing
from pipelines.documents.taking_in import COUNTED, Intake
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RetryableError
from pipelines.platform.object_store import ObjectStore

LISTED_AT_ONCE = 500
# The rate by which the end is estimated is that of the last day: pauses count.
RATE_OF = dt.timedelta(days=1)


@dataclass(frozen=True)
class Progress:
    """How far the backlog of a feed is drained: files of the last day, files left, and when it ends at this rate (None: not known)."""

    feed: str
    files: int
    left_over: int
    ends_at: dt.datetime | None

    def __str__(self) -> str:
        """As operations read it."""
        end = "done" if not self.left_over else f"ends about {self.ends_at:%Y-%m-%d %H:%M}" if self.ends_at else "end not known yet"
        return f"{self.feed}: {self.files:,} files drained in a day, {self.left_over:,} left, {end}"


def drain(intake: Intake, as_of: dt.datetime) -> Counts:
    """Drain one slice of a feed's backlog, `backlog_files` of it at most; return what became of its documents, and how many files are left.

    Safe to repeat and to kill: a file is decided once, and goes once it is answered. Raises: RetryableError where another run drains it.
    """
    total = dict.fromkeys(COUNTED, 0)
    with intake.db.exclusively(f"the backlog of {intake.feed.name}"):
        while room := min(LISTED_AT_ONCE, intake.feed.limits.backlog_files - total["files"]):
            if not (first := intake.route.first(BACKLOG, room)):
                break
            intake.take(first, as_of, total)
        left = intake.route.count(BACKLOG)

        def note(work: Work) -> Counts:
            binds = {"feed_id": intake.recorder.feed_id, "as_of": as_of, "files": total["files"], "left_over": left}
            work.run("documents/note_backlog_slice", work_id=work.work_id, **binds)
            return total

        intake.db.once(f"drain:documents/{intake.feed.name}", as_of.isoformat(), as_of, note)
    return total | {"left": left}


def progress(db: Database, as_of: dt.datetime) -> list[Progress]:
    """Return how far each backlog that was drained in the last day is, and when it ends at the rate of that day."""
    with db.transaction() as session:
        rows = session.all("documents/backlog_progress", since=as_of - RATE_OF)
    return [
        Progress(
            row["feed"],
            int(row["files"]),
            row["left_over"],
            _end(int(row["files_since_first"]), row["left_over"], row["first_at"], row["last_at"]),
        )
        for row in rows
    ]


def _end(files: int, left: int, first: dt.datetime, last: dt.datetime) -> dt.datetime | None:
    """Return when so many files are drained at the rate of those since the first slice."""
    return last + (last - first) * (left / files) if files else None


def feeds_to_drain(db: Database, store: ObjectStore) -> list[str]:
    """Return the declared feeds, in the order of their names, whose backlog has a file and that are not suspended."""
    held_still = {suspension.feed for suspension in standing(db)}
    feeds = [feed for feed in sound_feeds(store.settings.feeds_directory) if feed.name not in held_still]
    return [feed.name for feed in feeds if _has_one(route_of(feed, store))]


def _has_one(route: Route) -> bool:
    """Say whether a feed has a backlog; one whose files are away, as its own DAG says, waits and holds up no other."""
    try:
        return bool(route.first(BACKLOG, 1))
    except RetryableError:
        return False
