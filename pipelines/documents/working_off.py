"""The quarantine of a feed, worked off by its runs: replayed or given back as somebody wished, purged when its days are over.

A replay is a new decision on the same reception: the file is read, scanned, judged, stored and answered as when it came.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from sqlalchemy.engine import RowMapping

from pipelines.documents.acknowledgements.outcome import Status
from pipelines.documents.feed import MailRoute
from pipelines.documents.judgement import Received
from pipelines.documents.quarantine import Wish
from pipelines.documents.reasons import held_codes
from pipelines.documents.routes import QUARANTINE, RETURNED
from pipelines.documents.taking_in import COUNTED, Again, Arrived, Decided, Intake, Named, delivery_of
from pipelines.platform.database import Counts
from pipelines.platform.faults import Faults

_ANSWER = "ANSWER"


def refused_documents(file: Arrived, decided: Decided, named: Named) -> list[Received]:
    """Return the documents that a replay decides again: the refused ones of each lot in which one may be mended.

    Where a reader that was mended finds another number of documents, their places say nothing any more: all of them, with nobody's
    correction, if nothing of the file was taken in, and else none: the file stays, for its sender to divide.
    """
    if len(file.documents) != len(decided.outcomes):
        return file.received() if all(status is Status.REFUSED for status, _ in decided.outcomes) else []
    received = file.received(named)
    told = list(zip(received, decided.outcomes, strict=True))
    lots = {item.lot for item, (status, code) in told if status is Status.REFUSED and code in held_codes()}
    return [item for item, (status, _) in told if status is Status.REFUSED and item.lot in lots]


REPLAYING = Again("replay", "documents/claim_wished", refused_documents)


@dataclass(frozen=True)
class _Due:
    """What is to be done with the files of a quarantine: the rows of `documents/to_work_off`, and the files by their delivery."""

    rows: Sequence[RowMapping]
    files: Mapping[UUID, tuple[str, int]]

    def wished(self, *wishes: str) -> list[RowMapping]:
        """The rows for which somebody wished one of these."""
        return [row for row in self.rows if row["wish"] in wishes]


def work_off(intake: Intake, as_of: dt.datetime) -> Counts:
    """Do what people wished for files of the quarantine, and purge those whose days are over.

    Return the counts of the documents that were decided again, and how many files were given back and purged. Safe to repeat: a file that a
    run left half done is answered and let go by the next one.
    """
    total = dict.fromkeys((*COUNTED, "returned", "purged"), 0)
    before = as_of - dt.timedelta(days=intake.feed.limits.quarantine_days)
    with intake.db.transaction() as session:
        rows = session.all("documents/to_work_off", feed_id=intake.recorder.feed_id, before=before)
    if rows:
        waiting = intake.route.waiting(QUARANTINE).items()
        due = _Due(rows, {found: (key, size) for key, size in waiting if (found := delivery_of(key))})
        _replay(intake, due, as_of, total)
        total["returned"] = _give_back(intake, due, as_of)
        total["purged"] = _purge(intake, due, as_of)
    return total


def _replay(intake: Intake, due: _Due, as_of: dt.datetime, total: Counts) -> None:
    """Decide again on files, wish by wish, and answer them."""
    by_wish, faults = itemgetter("wished_in"), Faults()
    for wished_in, rows in groupby(sorted(due.wished(Wish.REPLAY, _ANSWER), key=by_wish), key=by_wish):
        files = dict(due.files[row["delivery_id"]] for row in rows if row["delivery_id"] in due.files)
        for arrived in intake.portions(files):
            intake.decide_again(REPLAYING, arrived, str(wished_in), as_of, may_wait=intake.feed.limits.parked_days > 0)
            done = intake.finish(arrived, total, faults)
            with intake.db.transaction() as session:
                session.run("documents/note_answered", delivery_ids=[file.delivery_id for file in done])
    faults.require_none()


def _give_back(intake: Intake, due: _Due, as_of: dt.datetime) -> int:
    """Put files where their sender finds them; secure mail, of which the sender holds its own copy, is only let go."""
    ids = [row["delivery_id"] for row in due.wished(Wish.RETURN)]
    keys = [due.files[found][0] for found in ids if found in due.files]
    if isinstance(intake.feed.route, MailRoute):
        for key in keys:
            intake.route.remove(key)
    else:
        for key in keys:
            intake.route.move(key, f"{RETURNED}/{key.partition('/')[2]}")
    return _let_go(intake, "give_back", ids, as_of)


def _purge(intake: Intake, due: _Due, as_of: dt.datetime) -> int:
    """Delete files whose days are over, unless something is to be done with them that still can be."""
    ids = [row["delivery_id"] for row in due.rows if row["is_overdue"] and (row["wish"] is None or row["delivery_id"] not in due.files)]
    for found in ids:
        if found in due.files:
            intake.route.remove(due.files[found][0])
    return _let_go(intake, "purge_quarantine", ids, as_of)


def _let_go(intake: Intake, step: str, ids: Sequence[UUID], as_of: dt.datetime) -> int:
    """Forget files of the quarantine in one unit of work; their documents stay refused."""
    if not ids:
        return 0
    unit = sha256(b"".join(sorted(found.bytes for found in ids))).hexdigest()
    done = intake.db.once(
        f"{step}:documents/{intake.feed.name}",
        f"{as_of.isoformat()}/{unit}",
        as_of,
        lambda work: {"files": work.run("documents/let_go", delivery_ids=list(ids))},
    )
    return done.counts["files"]
