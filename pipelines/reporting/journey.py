"""One person's journey, from the audit trail and the facts of the registry; asking is itself audited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.documents.document_types import type_labels
from pipelines.platform.clock import PARIS
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError
from pipelines.registry.matricule import check_matricule, kind_of
from pipelines.reporting.journey_sentences import Sentences

# Under these names work is done that nobody started by hand.
AUTOMATIC = ("pipeline", "schedule")


@dataclass(frozen=True)
class Event:
    """One thing that happened to the person; `kind` is subject and outcome, `by` the step of a run and whoever started or asked."""

    at: datetime
    kind: str
    what: str
    why: str | None
    by: str
    is_automatic: bool
    detail: dict[str, Any]


@dataclass(frozen=True)
class Document:
    """A document that was stored in a space of the person: when, from whom, of which type (JDV_J07) and where it stands."""

    stored_at: datetime
    sender: str
    status: str
    type_code: str
    type_system: str

    @property
    def type(self) -> str:
        """The name of the type in French; its code where the value set has none."""
        label = type_labels().get((self.type_code, self.type_system), self.type_code)
        return re.sub(r"^CR\b", "Compte rendu", label)


@dataclass(frozen=True)
class Person:
    """Whose journey it is, for whoever hands it over; `is_represented`: somebody else asks for them."""

    first_names: str
    name: str
    birth_date: str
    is_represented: bool


@dataclass(frozen=True)
class Journey:
    """All that happened to a person, the oldest first."""

    person: Person
    events: tuple[Event, ...]
    documents: tuple[Document, ...]


def consult(db: Database, templates_dir: Path, matricule: str, actor: str, reason: str, as_of: datetime) -> Journey:
    """Return the journey of the person of a matricule; who asked and why is written to it first.

    Raises: FinalError if no person is known by that matricule (which the message does not repeat).
    """
    person_id = _find(db, matricule)

    def note(work: Work) -> Counts:
        return {"consulted": work.run("platform/note_consultation", person_id=person_id, reason=reason)}

    db.once("consult_person", f"{person_id}/{actor}/{as_of.isoformat()}", as_of, note, actor=actor)
    sentences = Sentences.read(templates_dir)
    with db.transaction() as session:
        person = Person(**session.one("reporting/journey_person", person_id=person_id, day=as_of.astimezone(PARIS).date()))
        events = session.all("reporting/journey", person_id=person_id)
        documents = session.all("reporting/journey_documents", person_id=person_id, is_represented=person.is_represented)
    return Journey(person, tuple(_event(row, sentences) for row in events), tuple(Document(**row) for row in documents))


def _find(db: Database, matricule: str) -> int:
    wanted, _ = check_matricule(matricule, kind_of(matricule))
    with db.transaction() as session:
        found = session.all("registry/find_person", matricule=wanted) if wanted else ()
    if not found:
        raise FinalError("no person is known by this matricule: check its 15 characters (13 for a provisional number)")
    return int(found[0]["person_id"])


def _event(row: Any, sentences: Sentences) -> Event:
    kind = f"{row['subject']}.{row['after']}"
    return Event(
        at=row["occurred_at"].astimezone(PARIS),
        kind=kind,
        what=sentences.console(kind),
        why=row["reason"],
        by=f"{row['step']} ({row['actor']})",
        is_automatic=row["actor"] in AUTOMATIC,
        detail=dict(row["detail"]),
    )
