"""The quarantine as people work it: listed without a word of what was sent, looked at for a reason, replayed or given back on their word.

What is listed is nobody's: feed, reason, age. What is wished here is done by the next run of the feed (`working_off`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from pipelines.documents.document import IncomingDocument, Reason
from pipelines.documents.examination import Examined
from pipelines.documents.reasons import told
from pipelines.documents.routes import QUARANTINE, Route
from pipelines.platform.database import Counts, Database, Session, Work
from pipelines.platform.errors import FinalError, RuleError
from pipelines.registry.decisions import NOBODY, checked_reason

# What is not put into anybody's hands again: security looks at it.
DANGEROUS = frozenset({Reason.INFECTED, Reason.HOSTILE, Reason.ACTIVE_CONTENT})

Reader = Callable[[bytes], Examined]
"""What reads a file, out of harm's way."""


class Wish(StrEnum):
    """What may be wished: decide again, or give back."""

    REPLAY = "REPLAY"
    RETURN = "RETURN"


@dataclass(frozen=True)
class Chosen:
    """Which files: of a feed, for a reason, held before an instant, or some by their numbers; what is None chooses all."""

    before: dt.datetime
    feed: str | None = None
    code: Reason | None = None
    deliveries: Sequence[UUID] | None = None

    def binds(self, most: int | None) -> dict[str, object]:
        """Return what the statement is asked with."""
        numbers = None if self.deliveries is None else list(self.deliveries)
        return {"feed": self.feed, "code": self.code, "before": self.before, "delivery_ids": numbers, "most": most}


@dataclass(frozen=True)
class Held:
    """A file that is held: when, why, of how many documents it is made, and what somebody wished for it."""

    delivery_id: UUID
    feed: str
    held_at: dt.datetime
    wish: str | None
    codes: Sequence[str]
    documents: int


@dataclass(frozen=True)
class Cause:
    """Why files of a feed are held: how many, for how many somebody wished something, since when."""

    feed: str
    code: Reason
    files: int
    wished: int
    since: dt.datetime

    @property
    def told(self) -> str:
        """What the sender was told, in French."""
        return told(self.code).text


@dataclass(frozen=True)
class Refused:
    """A refused document of a file as it is read now: its place, why it was refused, and its metadata; nothing of the patient's."""

    place: int
    outcome: str
    code: Reason
    format: str
    type_code: str | None
    unique_id: str | None
    created: str | None
    version: int | None
    author_organization: str | None
    detail: str


def causes(db: Database, feed: str | None = None) -> list[Cause]:
    """Return why files are held, by feed, the most frequent reason first."""
    with db.transaction() as session:
        return [Cause(**{**row, "code": Reason(row["code"])}) for row in session.all("documents/held_causes", feed=feed)]


def held_files(db: Database, chosen: Chosen, most: int | None) -> list[Held]:
    """Return the files that are held, the oldest first."""
    with db.transaction() as session:
        return _held(session, chosen, most)


def _held(session: Session, chosen: Chosen, most: int | None) -> list[Held]:
    return [Held(**row) for row in session.all("documents/held_files", **chosen.binds(most))]


def find_held(db: Database, delivery_id: UUID) -> Held:
    """Return a file that is held. Raises: FinalError where it is not."""
    found = held_files(db, Chosen(dt.datetime.max.replace(tzinfo=dt.UTC), deliveries=[delivery_id]), 1)
    if not found:
        raise FinalError(f"no file {delivery_id} is in the quarantine: it was taken in, given back or purged, or never was")
    return found[0]


def wish(db: Database, chosen: Chosen, what: Wish, by: str, reason: str, as_of: dt.datetime) -> int:
    """Keep that somebody wishes the chosen files replayed or given back; return how many. The next run of each feed does it.

    Raises: RuleError where nobody signs, or dangerous files would be given back; FinalError where none is chosen, or the reason is unfit.
    """
    signed(by)
    why = checked_reason(reason)

    def choose(work: Work) -> Counts:
        files = _held(work, chosen, None)
        if what is Wish.RETURN and any(DANGEROUS & set(file.codes) for file in files):
            raise RuleError(f"files that are {', '.join(sorted(DANGEROUS))} are not given back: warn security, choose the others")
        numbers = [file.delivery_id for file in files]
        wished = work.run("documents/wish", wish=what, work_id=work.work_id, delivery_ids=numbers)
        if not wished:
            raise FinalError("no such file is in the quarantine, or something is wished for each of them already")
        return {"files": wished}

    unit = f"{as_of.isoformat()} {chosen.feed or 'every feed'} {chosen.code or 'every reason'}: {why}"
    return db.once(f"wish:{what.lower()}", unit, as_of, choose, actor=by).counts["files"]


def signed(by: str) -> str:
    """Return who decides. Raises: RuleError where nobody does."""
    if not by or by == NOBODY:
        raise RuleError("nobody signs this: start the run from Airflow's form, signed in by your own name")
    return by


def content_of(db: Database, route: Route, held: Held, by: str, reason: str, as_of: dt.datetime) -> tuple[str, bytes]:
    """Return the name and the bytes of a file that is held, for the eyes of whoever says why.

    Who looked and why is written first, to the trail and to the journey of each person of whom a document is known to be.
    Raises: FinalError where the file is gone, or the reason is unfit.
    """
    signed(by)
    why = checked_reason(reason)
    key = _key(route, held)

    def note(work: Work) -> Counts:
        return {"people": work.run("documents/note_file_consultation", delivery_id=held.delivery_id, reason=why)}

    db.once("consult_quarantined", f"{held.delivery_id} at {as_of.isoformat()}: {why}", as_of, note, actor=by)
    return key.rpartition("/")[2], _content(route, held)


def metadata_of(db: Database, route: Route, held: Held, read: Reader) -> list[Refused]:
    """Return the documents of a file as they are read now (`read` is the bounded reader's): metadata, nothing of the patient's."""
    with db.transaction() as session:
        rows = session.all("documents/receptions_of", delivery_id=held.delivery_id)
    documents = read(_content(route, held)).documents
    blank = IncomingDocument(format=documents[0].format)
    told_of = [documents[row["place"]] if row["place"] < len(documents) else blank for row in rows]
    return [_refused(row["place"], row["outcome"], row["code"], document) for row, document in zip(rows, told_of, strict=True)]


def _refused(place: int, outcome: str, code: str | None, document: IncomingDocument) -> Refused:
    return Refused(
        place,
        outcome,
        Reason(code or Reason.OK),
        document.format,
        document.type_code,
        document.unique_id,
        document.created,
        document.version,
        document.author_organization,
        document.detail,
    )


def _content(route: Route, held: Held) -> bytes:
    for read in route.read([_key(route, held)]).values():
        return read.content
    raise _gone(held)


def _key(route: Route, held: Held) -> str:
    for key in route.waiting(f"{QUARANTINE}/{held.delivery_id}"):
        return key
    raise _gone(held)


def _gone(held: Held) -> FinalError:
    return FinalError(f"the file {held.delivery_id} is not where it was kept: somebody moved it; the next purge forgets it")
