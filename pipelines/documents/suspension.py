"""What stands still of a feed: all that it sends, by itself where too much of it fails, or its backlog, until somebody lets it go on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from pipelines.documents.feed import Feed
from pipelines.documents.quarantine import signed
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError
from pipelines.registry.decisions import checked_reason


class FeedSuspendedError(FinalError):
    """A feed was suspended by itself: the message says why, and how it goes on."""


class Part(StrEnum):
    """What stands still."""

    FEED = "FEED"
    BACKLOG = "BACKLOG"


@dataclass(frozen=True)
class Suspension:
    """What stands still: a feed, or only its backlog; since when, by whom and why."""

    feed: str
    part: Part
    since: dt.datetime
    reason: str
    suspended_by: str

    def __str__(self) -> str:
        """As operations read it."""
        what = self.feed if self.part is Part.FEED else f"the backlog of {self.feed}"
        return f"{what} is suspended since {self.since:%Y-%m-%d %H:%M} by {self.suspended_by}: {self.reason}"


def standing(db: Database, feed: str | None = None) -> list[Suspension]:
    """Return what stands still, of a feed or of all."""
    with db.transaction() as session:
        rows = session.all("documents/standing_suspensions", feed=feed)
    return [Suspension(**{**row, "part": Part(row["part"])}) for row in rows]


def watch_failures(db: Database, feed: Feed, feed_id: int, as_of: dt.datetime) -> Counts:
    """Return what the feed received in a day and how much of it failed; suspend it where that is above its declared limit.

    Raises: FeedSuspendedError, once: later runs only say that it is suspended.
    """
    with db.transaction() as session:
        found = session.one("documents/quality_since", feed_id=feed_id, since=as_of - dt.timedelta(days=1))
    received, failures = int(found["received"]), int(found["failures"])
    limits = feed.limits
    if received >= limits.refused_from and failures * 100 > limits.refused_percent * received:
        why = f"{failures:,} of {received:,} documents of a day failed, more than {limits.refused_percent} %"
        if _suspend(db, feed.name, Part.FEED, "pipeline", why, as_of):
            raise FeedSuspendedError(
                f"the feed {feed.name} is suspended: {why}. Its files wait. See the page Quarantine for the reasons, call "
                f"{feed.sender.name}, then `espace-sante documents resume {feed.name} --reason ...`"
            )
    return {"received": received, "failures": failures}


def _suspend(db: Database, feed: str, part: Part, by: str, reason: str, as_of: dt.datetime) -> int:
    def do(work: Work) -> Counts:
        binds = {"feed": feed, "part": part, "reason": reason}
        return {"suspended": work.run("documents/suspend", work_id=work.work_id, as_of=as_of, **binds)}

    return db.once("suspend_feed", f"{feed} {part} at {as_of.isoformat()}", as_of, do, actor=by).counts["suspended"]


def suspend(db: Database, feed: str, by: str, reason: str, as_of: dt.datetime, part: Part = Part.FEED) -> None:
    """Make a feed, or its backlog, stand still. Raises: FinalError where it does already, or has never run."""
    if not _suspend(db, feed, part, signed(by), checked_reason(reason), as_of):
        raise FinalError(f"{feed} is suspended already, or has never run")


def resume(db: Database, feed: str, by: str, reason: str, as_of: dt.datetime, part: Part = Part.FEED) -> None:
    """Let a feed, or its backlog, go on; what failed before counts no more. Raises: FinalError where it is not suspended."""
    why = checked_reason(reason)

    def do(work: Work) -> Counts:
        if not work.run("documents/lift_suspension", work_id=work.work_id, feed=feed, part=part, as_of=as_of):
            raise FinalError(f"{feed} is not suspended")
        return {}

    db.once("resume_feed", f"{feed} {part} at {as_of.isoformat()}: {why}", as_of, do, actor=signed(by))
