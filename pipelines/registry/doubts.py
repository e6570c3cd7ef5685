"""Questions about identity that only a person may answer: listed by numbers, shown side by side to whoever says why, decided once.

Nobody is merged on a likeness. SAME makes two people one, or a row that was set aside right; DIFFERENT closes the question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any

import pyarrow as pa
from sqlalchemy.engine import RowMapping

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Session, Work
from pipelines.platform.errors import FinalError, RuleError
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings
from pipelines.registry import deaths
from pipelines.registry.delivered_rows import known_delivery, manifest_of, row_at
from pipelines.registry.intake import LAST_ID, registry_at_rest
from pipelines.registry.merging import ask_who_is_alike, take_up
from pipelines.registry.row_rules import check_rows


class DoubtKind(StrEnum):
    """What is asked (`registry.doubt`)."""

    SAME_TRAITS = "SAME_TRAITS"
    OTHER_TRAITS = "OTHER_TRAITS"
    TWO_PEOPLE = "TWO_PEOPLE"
    DEATH = "DEATH"


@dataclass(frozen=True)
class Doubt:
    """A question that waits: ids only; `subject` is a row of a delivery (OTHER_TRAITS) or of a file of deaths (DEATH)."""

    doubt_id: int
    kind: DoubtKind
    person_id: int
    other_id: int | None
    subject: str
    raised_on: date


@dataclass(frozen=True)
class Side:
    """One side of a doubt: what it is, and what is said there by label. Personal data."""

    title: str
    said: Mapping[str, str | None]


def open_doubts(db: Database, kind: DoubtKind | None = None) -> list[Doubt]:
    """Return the questions that wait, oldest first; nothing of them is personal."""
    with db.transaction() as session:
        rows = session.all("registry/open_doubts", kinds=[kind] if kind else list(DoubtKind))
    return [Doubt(**{**row, "kind": DoubtKind(row["kind"])}) for row in rows]


def compare(
    db: Database, store: ObjectStore, settings: Settings, doubt_id: int, asked_by: str, reason: str, as_of: datetime
) -> tuple[Side, Side]:
    """Return both sides of a doubt; who asked and why is written to the people's journeys first.

    Raises: FinalError if there is no such doubt, if its file is not the one that raised it, or if its people are one already.
    """
    doubt = _doubt(db, doubt_id)
    if doubt["kind"] == DoubtKind.DEATH:
        found = deaths.compare(db, store, doubt_id, asked_by, reason, as_of)
        return Side(f"person {doubt['person_id']}", asdict(found.person)), Side(doubt["subject"], asdict(found.line))
    row = _row_side(store, settings, db, doubt["subject"]) if doubt["kind"] == DoubtKind.OTHER_TRAITS else None
    people = [doubt["person_id"]] if row else [doubt["person_id"], doubt["other_id"]]

    def note(work: Work) -> Counts:
        return {"consulted": sum(work.run("platform/note_consultation", person_id=each, reason=reason) for each in people)}

    db.once("compare_identities", f"{doubt_id}/{asked_by}/{as_of.isoformat()}", as_of, note, actor=asked_by)
    with db.transaction() as session:
        sides = [_person_side(session, each) for each in people]
    return sides[0], row or sides[1]


def decide_doubt(
    db: Database, store: ObjectStore, settings: Settings, doubt_id: int, same: bool, decided_by: str, reason: str, as_of: datetime
) -> None:
    """Record what a person decided on a doubt, with all that follows from it, in one transaction.

    SAME of two people: they become one. SAME of a row with other traits: sex and birth date become those of the row, read again
    from its file. SAME of a death: it is recorded. DIFFERENT closes the question.
    The same call again (a task that is run twice) changes nothing; another decision is refused: the first one stands.
    Raises: RuleError if it was decided before, or if the campaign binds both people; RetryableError while a delivery is taken in.
    """
    doubt = _doubt(db, doubt_id)
    if doubt["status"] != "OPEN":
        if (doubt["decided_by"], doubt["decided_at"], doubt["status"] == "SAME") == (decided_by, as_of, same):
            return
        raise _decided_before(doubt_id)
    if doubt["kind"] == DoubtKind.DEATH:
        deaths.decide_death(db, store, doubt_id, same, decided_by, reason, as_of)
        return
    row = _row(store, settings, db, doubt["subject"]) if same and doubt["kind"] == DoubtKind.OTHER_TRAITS else None
    decide = partial(_decide, doubt=doubt, row=row, same=same, decided_by=decided_by, reason=reason, as_of=as_of)
    with registry_at_rest(db):
        done = db.once("decide_doubt", str(doubt_id), as_of, decide, actor=decided_by)
    if done.repeated:
        raise _decided_before(doubt_id)


def _decide(
    work: Work, doubt: Mapping[str, Any], row: pa.Table | None, same: bool, decided_by: str, reason: str, as_of: datetime
) -> Counts:
    decided = work.one(
        "registry/decide_doubt",
        doubt_id=doubt["doubt_id"], person_id=doubt["person_id"], other_id=doubt["other_id"], same=same,
        decided_by=decided_by, reason=reason,
    )["decided"]  # fmt: skip
    if not decided:
        raise _decided_before(doubt["doubt_id"])
    if row is not None:
        _correct(work, doubt, row, legal_day(as_of))
    elif same:
        kept, dropped = _who_stays(work, doubt)
        _make_one(work, kept, dropped, as_of)
    ask_who_is_alike(work, legal_day(as_of))
    return {"doubts_closed": decided}


def _correct(work: Work, doubt: Mapping[str, Any], row: pa.Table, day: date) -> None:
    """Take sex, birth date and, where it is new, the number over from a row that was set aside."""
    said = row.to_pylist()[0]
    numbers = filter(None, (said["matricule"], said["former_matricule"]))
    known = {found["person_id"] for number in numbers for found in work.all("registry/find_person", matricule=number)}
    if known != {doubt["person_id"]}:
        raise RuleError(f"the row of doubt {doubt['doubt_id']} is about somebody else by now: decide DIFFERENT")
    corrected = {name: said[name] for name in ("sex", "birth_date", "born_on", "birth_precision", "matricule", "matricule_kind")}
    work.run("registry/correct_person", person_id=doubt["person_id"], work_id=work.work_id, day=day, **corrected)


def _who_stays(work: Work, doubt: Mapping[str, Any]) -> tuple[int, int]:
    """Return which of two people stays and which goes: the older id stays, unless only the younger one is bound by the campaign.

    Raises: RuleError if both are bound: a code in somebody's hands, or a space, would lose its person.
    """
    kept, dropped = sorted((doubt["person_id"], doubt["other_id"]))
    bound = {row["person_id"]: _bond(row) for row in work.all("registry/what_binds", person_ids=[kept, dropped])}
    if not bound[dropped]:
        return kept, dropped
    if not bound[kept]:
        return dropped, kept
    raise RuleError(
        f"person {kept} ({bound[kept]}) and person {dropped} ({bound[dropped]}) are both in the campaign already and cannot become one: "
        "leave the doubt open, so that no space of theirs is opened meanwhile, and call the data engineer"
    )


def _bond(row: RowMapping) -> str:
    """Say what binds the campaign to a person; empty where nothing does."""
    bonds = [
        row["journey"],
        "has a space" if row["spaces"] else None,
        "was told" if row["notices"] else None,
        "a notice goes to them for somebody" if row["represented"] else None,
    ]
    return ", ".join(bond for bond in bonds if bond)


def _make_one(work: Work, kept: int, dropped: int, as_of: datetime) -> None:
    """Make one person of two: numbers, links, doubts and what bodies say move to the one that stays; the newest affiliation speaks."""
    both = {"kept": kept, "dropped": dropped}
    work.run("registry/make_declared", **both)
    work.run("registry/forget_declared", **both)
    work.run("registry/lay_together", kept=kept)
    work.one("registry/become_one", **both)
    work.run("registry/drop_person", dropped=dropped)
    work.run("registry/move_doubts", **both)
    _take_up(work, kept, as_of)


def _take_up(work: Work, kept: int, as_of: datetime) -> None:
    """Let the newest affiliation of a person speak, as a delivery would."""
    noted: dict[str, Any] = {"work_id": work.work_id, "reference_date": legal_day(as_of)}
    speaks = work.all("registry/affiliations", person_id=kept)[0]["body"]
    work.run("registry/make_contested_by_decision", kept=kept)
    work.run("registry/make_touched")
    work.run("registry/make_incoming")
    take_up(work, speaks, legal_day(as_of), as_of)
    work.run("registry/link_known", first_newcomer=LAST_ID, **noted)
    work.run("registry/forget_names")


def _doubt(db: Database, doubt_id: int) -> dict[str, Any]:
    with db.transaction() as session:
        found = session.all("registry/find_doubt", doubt_id=doubt_id)
    if not found:
        raise FinalError(f"there is no doubt {doubt_id}: `espace-sante registry doubts` lists those that wait")
    return {str(name): value for name, value in found[0].items()}


def _decided_before(doubt_id: int) -> RuleError:
    return RuleError(f"doubt {doubt_id} was decided before: the first decision stands")


def _person_side(session: Session, person_id: int) -> Side:
    found = session.all("registry/identity", person_id=person_id)
    if not found:
        raise FinalError(f"person {person_id} is not in the registry any more: a doubt found them to be somebody else")
    said = {label: None if value is None else str(value) for label, value in found[0].items()}
    bodies = session.all("registry/affiliations", person_id=person_id)
    for place, body in enumerate(bodies, start=1):
        said[f"affiliation {place}"] = _affiliation(dict(body))
    return Side(f"person {person_id}", said)


def _affiliation(body: Mapping[str, Any]) -> str:
    words = [body["body"], body["office"], f"since {body['affiliated_since']}", body["postcode"], body["town"]]
    words += [f"until {body['rights_end_on']}" if body["rights_end_on"] else None]
    return " ".join(str(word) for word in words if word)


def _row(store: ObjectStore, settings: Settings, db: Database, subject: str) -> pa.Table:
    """Read a row that was set aside again, by `<folder>/<file>:<line>`; return it as intake would take it (NORMALISED_SCHEMA)."""
    place, _, line = subject.rpartition(":")
    folder, _, file = place.rpartition("/")
    delivery = known_delivery(db, folder)
    row = check_rows(row_at(store, settings, delivery, file, int(line)), manifest_of(store, delivery).reference_date).good
    if not row.num_rows:
        raise FinalError(f"row {line} of {file} would be refused by the rules of today: decide DIFFERENT, and ask the body")
    return row


def _row_side(store: ObjectStore, settings: Settings, db: Database, subject: str) -> Side:
    row = _row(store, settings, db, subject).to_pylist()[0]
    traits = ("birth_name", "used_name", "first_names", "sex", "birth_date")
    said = {name: row[name] for name in traits}
    said |= {"birthplace": row["birthplace_code"], "died_on": row["died_on"], "protection": row["protection"]}
    said |= {"numbers": f"{row['matricule_kind']} {row['matricule']}"}
    body = subject.split("/")[1]
    said |= {"affiliation 1": _affiliation({**row, "body": body})}
    return Side(subject, {label: None if value is None else str(value) for label, value in said.items()})
