"""One person's journey in plain words, from the audit trail; asking is itself audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.platform.clock import PARIS
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError
from pipelines.registry.matricule import check_matricule, kind_of

_WORDS = {
    ("journey", "PLANNED"): "planned in a wave",
    ("journey", "NOTIFIED"): "notified: the six weeks run",
    ("journey", "OPPOSED"): "opposed",
    ("journey", "OPENED"): "six weeks passed without opposition",
    ("journey", "CANCELLED"): "journey cancelled",
    ("journey", "EXCLUDED"): "not told",
    ("journey", "ELIGIBLE"): "to be told again",
    ("account", "OPEN"): "account opened",
    ("account", "CLOSED"): "account closed, archived",
    ("person", "CONSULTED"): "this journey was looked at",
    ("identity", "SAME"): "a doubt about identity was decided: the same person",
    ("identity", "DIFFERENT"): "a doubt about identity was decided: somebody else",
}


@dataclass(frozen=True)
class Event:
    """One thing that happened to the person; `by` is the step of a run, or whoever asked."""

    at: datetime
    what: str
    why: str | None
    by: str
    detail: dict[str, Any]


def consult(db: Database, matricule: str, actor: str, reason: str, as_of: datetime) -> list[Event]:
    """Return the journey of the person of a matricule, oldest event first; who asked and why is written to it first.

    Raises: FinalError if no person is known by that matricule (which the message does not repeat).
    """
    wanted, _ = check_matricule(matricule, kind_of(matricule))
    with db.transaction() as session:
        found = session.all("registry/find_person", matricule=wanted) if wanted else ()
    if not found:
        raise FinalError("no person is known by this matricule: check its 15 characters (13 for a provisional number)")
    person_id = found[0]["person_id"]

    def note(work: Work) -> Counts:
        return {"consulted": work.run("platform/note_consultation", person_id=person_id, reason=reason)}

    db.once("consult_person", f"{person_id}/{actor}/{as_of.isoformat()}", as_of, note, actor=actor)
    with db.transaction() as session:
        rows = session.all("reporting/journey", person_id=person_id)
    return [_event(row) for row in rows]


def _event(row: Any) -> Event:
    what = _WORDS.get((row["subject"], row["after"]), f"{row['subject']} {row['after']}".lower())
    return Event(row["occurred_at"].astimezone(PARIS), what, row["reason"], f"{row['step']} ({row['actor']})", dict(row["detail"] or {}))
