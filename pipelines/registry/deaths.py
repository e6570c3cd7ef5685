"""Deaths that the civil register tells of: taken in from the INSEE file, decided on by a person, reversed. See docs/contracts/deaths.md.

Only a line that matches all five traits of one person and no other acts by itself; whatever is less waits for a person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Session, Work
from pipelines.platform.errors import BadFileError, FinalError, RuleError
from pipelines.platform.inbox import BUCKET, Inbound, Inbox
from pipelines.platform.object_store import MissingObjectError, ObjectStore
from pipelines.registry.copying import copy_table
from pipelines.registry.death_file import DeathLine, LineFault, possible_days, read_death_file, read_death_line
from pipelines.registry.intake import INTAKE
from pipelines.registry.matricule import check_matricule, kind_of

KIND = "deaths"
EXACT_MATCH = "INSEE file: all traits are those of one person and no other"


class DeathOutcome(StrEnum):
    """What was made of one line of a file."""

    RECORDED = "RECORDED"
    KNOWN = "KNOWN"
    REVERSED = "REVERSED"
    WAITING = "WAITING"
    UNKNOWN = "UNKNOWN"


_COUNTED = ("lines", "doubts", *map(str, DeathOutcome), *map(str, LineFault))


@dataclass(frozen=True)
class Doubt:
    """A question about a death that waits: ids only; `subject` is the file's name and the line's number."""

    doubt_id: int
    person_id: int
    subject: str
    raised_on: date


@dataclass(frozen=True)
class Identity:
    """One side of a doubt, as it is written there."""

    birth_name: str
    used_name: str | None
    first_names: str
    sex: str
    birth_date: str
    birthplace: str | None
    died_on: str | None


@dataclass(frozen=True)
class Comparison:
    """The person of the registry and the line of the file, side by side."""

    person: Identity
    line: Identity


def take_in_death_files(db: Database, store: ObjectStore, as_of: datetime) -> Counts:
    """Take in every file of deaths that waits; return the sums over all files.

    Safe to repeat: a file is decided once, and its answer is made again from what was decided.
    Raises: RetryableError while a delivery is taken in: it would not see the deaths of the people it is about.
    """
    inbox = Inbox(KIND, store)
    total = {"files": 0, "files_refused": 0, **dict.fromkeys(_COUNTED, 0)}
    for name in inbox.waiting():
        with db.exclusively(INTAKE):
            inbound = inbox.take_in(
                db,
                name,
                as_of,
                decide=partial(_decide, name=name, day=legal_day(as_of)),
                answer=partial(_answer, store=store, name=name),
            )
        total["files"] += 1
        for what, count in inbound.counts.items():
            total[what] += count
    return total


def _decide(work: Work, content: bytes, name: str, day: date) -> Mapping[str, int]:
    if work.all("registry/other_death_file", name=name, work_id=work.work_id):
        raise BadFileError("a file of this name was taken in before, with another content: give it a new name")
    read = read_death_file(content)
    work.run("registry/make_death_lines")
    copy_table(work, "death_line", read.rows)
    work.run("registry/analyse_death_lines")
    work.run("registry/find_exact_deaths")
    work.all("platform/allow_scans")
    work.run("registry/find_like_names")
    work.run("registry/find_like_dates")
    work.run("registry/judge_deaths", day=day)
    proven = [(row["person_id"], row["died_on"]) for row in work.all("registry/deaths_to_record")]
    _record(work, proven, "pipeline", EXACT_MATCH)
    doubts = work.run("registry/raise_death_doubts", file=name, day=day, work_id=work.work_id)
    outcomes = {row["outcome"]: row["lines"] for row in work.all("registry/death_outcomes")}
    counts = dict.fromkeys(_COUNTED, 0) | outcomes | {str(fault): len(lines) for fault, lines in read.faults.items()}
    unknown = read.rows.num_rows - sum(outcomes.values())
    return counts | {"lines": read.lines, "doubts": doubts, str(DeathOutcome.UNKNOWN): unknown}


def _record(work: Work, deaths: Sequence[tuple[int, date]], by: str, reason: str) -> None:
    """Record the deaths of people, given as (person id, day)."""
    work.run(
        "registry/record_deaths",
        person_ids=[person_id for person_id, _ in deaths],
        died_ons=[died_on for _, died_on in deaths],
        recorded_by=by, reason=reason, work_id=work.work_id,
    )  # fmt: skip


def _answer(inbound: Inbound, store: ObjectStore, name: str) -> bytes:
    """Return the answer: counts by outcome, the numbers of the lines that were set aside; or the sentence that refused the file."""
    if inbound.refusal:
        return json.dumps({"taken_in": False, "refusal": inbound.refusal}, indent=2, ensure_ascii=False).encode()
    read = read_death_file(store.get(BUCKET, f"{KIND}/inbox/{name}"))
    counts = inbound.counts
    answer = {
        "taken_in": True,
        "lines": counts["lines"],
        "outcomes": {str(outcome): counts[outcome] for outcome in DeathOutcome},
        "doubts": counts["doubts"],
        "set_aside": {str(fault): lines for fault, lines in read.faults.items() if lines},
    }
    return json.dumps(answer, indent=2, ensure_ascii=False).encode()


def open_doubts(db: Database) -> list[Doubt]:
    """Return the deaths that wait for a person, oldest first; nothing of them is personal."""
    with db.transaction() as session:
        return [Doubt(**row) for row in session.all("registry/open_death_doubts")]


def compare(db: Database, store: ObjectStore, doubt_id: int, asked_by: str, reason: str, as_of: datetime) -> Comparison:
    """Return both identities of a doubt; who asked and why is written to the person's journey first.

    Raises: FinalError if there is no such doubt, or if its file is not under `deaths/taken/` any more.
    """
    with db.transaction() as session:
        doubt = _doubt(session, doubt_id)
    line = _line(store, doubt)

    def note(work: Work) -> Counts:
        return {"consulted": work.run("platform/note_consultation", person_id=doubt["person_id"], reason=reason)}

    db.once("compare_death", f"{doubt_id}/{asked_by}/{as_of.isoformat()}", as_of, note, actor=asked_by)
    with db.transaction() as session:
        person = session.one("registry/person_traits", person_id=doubt["person_id"])
    return Comparison(
        Identity(
            person["birth_name"], person["used_name"], person["first_names"], person["sex"], person["birth_date"],
            person["birthplace_code"], person["died_on"].isoformat() if person["died_on"] else None,
        ),
        Identity(
            line.birth_name, None, line.first_names, {"1": "M", "2": "F"}[line.sex], line.birth_date,
            " ".join(part for part in (line.birthplace_code, line.birthplace, line.country) if part) or None, line.died_on,
        ),
    )  # fmt: skip


def decide_death(db: Database, store: ObjectStore, doubt_id: int, same: bool, decided_by: str, reason: str, as_of: datetime) -> None:
    """Record what a person decided on a doubt: `same`, and the death counts as an exact match; else the doubt is closed.

    A line is about one person: SAME closes the other doubts of the line as DIFFERENT. The date of death is read again from the file.
    Raises: RuleError if the doubt was decided before, or if the death lies in the future; FinalError if there is no such doubt, or
    if its file is not under `deaths/taken/` any more.
    """
    day = legal_day(as_of)
    with db.transaction() as session:
        doubt = _doubt(session, doubt_id)
    if doubt["status"] != "OPEN":
        raise _decided_before(doubt_id)
    died_on = _died_on(_line(store, doubt), day) if same else None

    def decide(work: Work) -> Counts:
        closed = work.run("registry/decide_death_doubt", doubt_id=doubt_id, same=same, decided_by=decided_by, reason=reason)
        if not closed:
            raise _decided_before(doubt_id)
        if died_on:
            _record(work, [(doubt["person_id"], died_on)], decided_by, reason)
        return {"doubts_closed": closed}

    with db.exclusively(INTAKE):
        done = db.once("decide_death", str(doubt_id), as_of, decide, actor=decided_by)
    if done.repeated:
        raise _decided_before(doubt_id)


def reverse_death(db: Database, person_id: int, reversed_by: str, reason: str, as_of: datetime) -> None:
    """Take back a wrong report of the civil register: the person lives. The same report in a later file changes nothing.

    Raises: RuleError if no such report stands, or if an insurance body's own delivery says that the person died.
    """

    def reverse(work: Work) -> Counts:
        found = work.all("registry/find_civil_death", person_id=person_id)
        if not found:
            raise RuleError("no death of this person stands from the civil register: there is nothing to reverse")
        if found[0]["body_agrees"]:
            raise RuleError(
                "an insurance body's own delivery says that this person died: let the body deliver its correction, then reverse"
            )
        done = work.run(
            "registry/reverse_death",
            person_id=person_id, reversed_by=reversed_by, reason=reason, day=legal_day(as_of), work_id=work.work_id,
        )  # fmt: skip
        return {"deaths_reversed": done}

    with db.exclusively(INTAKE):
        db.once("reverse_death", f"{person_id}/{as_of.isoformat()}", as_of, reverse, actor=reversed_by)


def person_of(db: Database, matricule: str) -> int:
    """Return the id of the person of a matricule. Raises: FinalError if there is none (the message does not repeat the number)."""
    wanted, _ = check_matricule(matricule, kind_of(matricule))
    with db.transaction() as session:
        found = session.all("registry/find_person", matricule=wanted) if wanted else ()
    if not found:
        raise FinalError("no person is known by this matricule: check its 15 characters (13 for a provisional number)")
    return int(found[0]["person_id"])


def _decided_before(doubt_id: int) -> RuleError:
    return RuleError(f"doubt {doubt_id} was decided before: the first decision stands (reverse the death if it was wrong)")


def _doubt(session: Session, doubt_id: int) -> dict[str, Any]:
    found = session.all("registry/find_death_doubt", doubt_id=doubt_id)
    if not found:
        raise FinalError(f"there is no doubt {doubt_id} about a death: list the open ones")
    return dict(found[0])


def _line(store: ObjectStore, doubt: dict[str, Any]) -> DeathLine:
    """Read the line of a doubt again, from the very file that raised it."""
    key = f"{KIND}/taken/{doubt['file']}"
    try:
        content = store.get(BUCKET, key)
    except MissingObjectError:
        content = b""
    if hashlib.sha256(content).hexdigest() != doubt["sha256"]:
        raise FinalError(f"{key} is not the file that was taken in any more: put the original back there, then decide")
    return read_death_line(content, int(doubt["subject"].rpartition(":")[2]))


def _died_on(line: DeathLine, day: date) -> date:
    """Return the last day that the date of death may mean and that has come: nobody counts as dead before they died."""
    days = possible_days(line.died_on)
    if days is None or days[0] > day:
        raise RuleError("the date of death lies in the future: this line cannot be recorded, only found DIFFERENT")
    return min(days[1], day)
