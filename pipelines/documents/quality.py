"""How well each sender sends: counts that every unit of work leaves, so that no document is looked at again, and what is unusual in them.

A failure is a refusal that somebody may mend (`held` in `reasons.toml`): that a person opposed is not the sender's.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.documents.document import Reason
from pipelines.documents.judgement import Received
from pipelines.documents.reasons import held_codes
from pipelines.documents.recording import made_at
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Database, Work
from pipelines.platform.errors import FinalError

# A habit is that of eight weeks, once a feed has sent on four days of them.
HABIT_DAYS, KNOWN_AFTER = 56, 4
# Fewer documents in a day say nothing of a rate.
COUNTS_FROM = 20
# How much worse than its worst day a day must be.
WORSE_BY = 0.10


class UnusualFeedError(FinalError):
    """A feed is silent, or fails, beyond its own habit."""


@dataclass(frozen=True)
class Counted:
    """Documents of a feed that were decided alike on a legal day; `age` is that of a document when it came: DAY, WEEK, LATER, UNKNOWN."""

    feed: str
    day: dt.date
    outcome: str
    code: str | None
    is_failure: bool
    age: str
    software: str | None
    documents: int


def note_quality(work: Work, received: Sequence[Received], feed_id: int, as_of: dt.datetime) -> None:
    """Count documents that were decided for the first time."""
    counts = Counter(
        (item.decided.status, item.decided.code, _age(item.document.created, as_of), item.document.software) for item in received
    )
    rows = [
        {
            "outcome": status,
            "code": None if code is Reason.OK else code,
            "is_failure": code in held_codes(),
            "age": age,
            "software": software,
            "documents": documents,
        }
        for (status, code, age, software), documents in counts.items()
    ]
    work.run("documents/note_quality", counts=json.dumps(rows), work_id=work.work_id, feed_id=feed_id, as_of=as_of)


def _age(created: str | None, as_of: dt.datetime) -> str:
    if not created:
        return "UNKNOWN"
    age = as_of - made_at(created)
    return "DAY" if age <= dt.timedelta(days=1) else "WEEK" if age <= dt.timedelta(weeks=1) else "LATER"


def quality_of(db: Database, feed: str | None, days: int, as_of: dt.datetime) -> list[Counted]:
    """Return what a feed, or each of them, sent in the last days, the present one included."""
    since = legal_day(as_of) - dt.timedelta(days=days)
    with db.transaction() as session:
        return [Counted(**row) for row in session.all("documents/quality_days", feed=feed, since=since, as_of=as_of)]


def find_unusual(db: Database, as_of: dt.datetime) -> int:
    """Compare each feed with its own past weeks; return how many were compared.

    Raises: UnusualFeedError, naming the feeds and how each differs from its habit.
    """
    sent: dict[str, dict[dt.date, tuple[int, int]]] = defaultdict(dict)
    for row in quality_of(db, None, HABIT_DAYS, as_of):
        received, failures = sent[row.feed].get(row.day, (0, 0))
        sent[row.feed][row.day] = received + row.documents, failures + row.documents * row.is_failure
    unusual = [f"{feed} {what}" for feed, days in sorted(sent.items()) for what in _unusual(days, legal_day(as_of))]
    if unusual:
        raise UnusualFeedError(f"{'; '.join(unusual)}: call the sender (runbook document_quality)")
    return len(sent)


def _unusual(days: Mapping[dt.date, tuple[int, int]], today: dt.date) -> Iterator[str]:
    """Say how a feed differs from its habit; `days` are those on which it sent: received, failures."""
    known = sorted(day for day in days if day < today)
    if len(known) < KNOWN_AFTER:
        return
    longest = max((after - before).days for before, after in pairwise(known))
    silent = (today - max(days)).days
    if silent > longest + 1:
        yield f"is silent since {silent} days, and was never for more than {longest}"
    last = max(day for day in days if day < today)
    past = [failures / received for day in known if day != last for received, failures in [days[day]] if received >= COUNTS_FROM]
    received, failures = days[last]
    if past and (today - last).days == 1 and received >= COUNTS_FROM and failures / received > max(past) + WORSE_BY:
        share = f"{failures / received:.0%} of {received:,} documents on {last:%d %B}"
        yield f"failed for {share}, and never for more than {max(past):.0%} in a day"
