"""A refused document given to the person whom two people name: one asks and says why, another decides, then the file is replayed.

The document keeps what it says; only whose record it enters is decided here. Whether that person may receive is asked as for any other.
Source: the rule of two people for what a guess would make irreversible (INS reference: never a guess).
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from pipelines.documents.judgement import OF_IDENTITY
from pipelines.documents.quarantine import Wish, signed
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RuleError
from pipelines.registry.decisions import checked_reason


def ask_correction(db: Database, delivery_id: UUID, place: int, person_id: int, by: str, reason: str, as_of: dt.datetime) -> int:
    """Keep whom somebody names for a document, and why; return the number of the request, on which a second person decides.

    Raises: RuleError where the document is not held for its identity, nobody has that number, or another correction of it stands.
    """
    why = checked_reason(reason)

    def ask(work: Work) -> Counts:
        binds = {"delivery_id": delivery_id, "place": place, "person_id": person_id, "asked_by": signed(by), "reason": why}
        if not work.run("documents/ask_correction", work_id=work.work_id, of_identity=sorted(OF_IDENTITY), **binds):
            raise RuleError("this document is not held for its identity, or nobody has that number: nothing was kept")
        return {}

    return db.once("ask_correction", f"{delivery_id} {place} at {as_of.isoformat()}", as_of, ask, actor=by).work_id


def decide_correction(db: Database, request: int, granted: bool, decided_by: str, as_of: dt.datetime) -> None:
    """Grant a correction, which replays the file, or refuse it. Safe to repeat: the first decision stands.

    Raises: RuleError if whoever asked decides, or there is nothing to decide on.
    """

    def decide(work: Work) -> Counts:
        found = work.all("documents/decide_correction", request=request, decided_by=signed(decided_by), is_granted=granted)
        if not found:
            raise RuleError(f"there is no correction {request} to decide on: somebody has, or it never was asked")
        if granted:
            work.run("documents/note_correction", person_id=found[0]["person_id"], reason=found[0]["reason"])
            work.run("documents/wish", wish=Wish.REPLAY, work_id=work.work_id, delivery_ids=[found[0]["delivery_id"]])
        return {"granted": int(granted)}

    db.once("decide_correction", str(request), as_of, decide, actor=decided_by)


def open_corrections(db: Database) -> list[dict[str, Any]]:
    """Return the corrections that wait for a second person."""
    with db.transaction() as session:
        return [dict(row) for row in session.all("documents/open_corrections")]
