"""The verbs of a space's life that files, the registry and the calendar ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy.engine import RowMapping

from pipelines.campaign.policy import Policy
from pipelines.lifecycle.closing import close_accounts, close_unasked, reopen_accounts
from pipelines.lifecycle.contract import ANSWERS, REFUSALS, Answer, Cause, Kind, Outcome, System
from pipelines.lifecycle.deciding import Claim, Decision, Standing, decide
from pipelines.lifecycle.effects import Accepted, apply
from pipelines.lifecycle.managers import hand_over
from pipelines.lifecycle.request_file import read_claims, rows_of
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import BadFileError
from pipelines.platform.inbox import Inbound, Inbox
from pipelines.platform.object_store import ObjectStore
from pipelines.registry.copying import copy_table

COUNTED = ("files", "files_refused", "lines", *map(str, Outcome))
MOST_LINES_A_PERSON = 20
_ENCODER = msgspec.json.Encoder()


def take_in_life_events(db: Database, store: ObjectStore, policy: Policy, clock: Clock, as_of: datetime) -> Counts:
    """Take in every file of life events that waits, of every system; return the sums over all files.

    Safe to repeat: a file is decided once, and its answer is made again from what was decided.
    Raises: RuleError if `as_of` lies in the future.
    """
    total = dict.fromkeys(COUNTED, 0)
    present = clock.present(as_of)
    for system in System:
        inbox = Inbox(f"life_events/{system}", store)
        taking = _Taking(policy, system, present)
        for name in inbox.waiting():
            inbound = inbox.take_in(db, name, as_of, decide=taking.decide, answer=partial(_answer, db))
            total["files"] += 1
            for what, count in inbound.counts.items():
                total[what] += count
    return total


@dataclass(frozen=True)
class _Taking:
    """The files of one system, decided at one instant."""

    policy: Policy
    system: System
    present: datetime

    def decide(self, work: Work, content: bytes) -> Mapping[str, int]:
        """Decide a file in turns, one line of a person a turn, so that each line finds what the one before has done."""
        claims = read_claims(content, self.system)
        matricules = _matricules(claims)
        work.all("lifecycle/lock_people", matricules=matricules)
        outcomes: Counter[str] = Counter()
        waiting = list(range(len(claims)))
        for _ in range(MOST_LINES_A_PERSON):
            standings = self._find(work, [claims[place] for place in waiting])
            turn, waiting = _one_a_person(waiting, claims, standings)
            outcomes += self._take(work, turn, claims, standings)
            if not waiting:
                return {"lines": len(claims), **outcomes}
        raise BadFileError(f"more than {MOST_LINES_A_PERSON} lines are about one person: send them in parts")

    def _find(self, work: Work, claims: Iterable[Claim | None]) -> dict[str, Standing]:
        rows = work.all("lifecycle/find_people", matricules=_matricules(claims), campaign_id=self.policy.campaign_id)
        return {row["matricule"]: Standing(*row.values()) for row in rows}

    def _take(self, work: Work, turn: Sequence[int], claims: Sequence[Claim | None], standings: Mapping[str, Standing]) -> Counter[str]:
        """Decide the lines of a turn, write them and do what they ask; return how many had each outcome."""
        decisions = {place: decide(claims[place], _standing(claims[place], standings), self.present) for place in turn}
        day = legal_day(self.present)
        copy_table(work, "lifecycle.request", rows_of(work.work_id, self.system, claims, decisions))
        apply(work, self.policy, day, list(_accepted(claims, decisions, standings)))
        return Counter(str(decision.outcome) for decision in decisions.values())


def _matricules(claims: Iterable[Claim | None]) -> list[str]:
    return sorted({claim.matricule for claim in claims if claim and claim.matricule})


def _standing(claim: Claim | None, standings: Mapping[str, Standing]) -> Standing | None:
    return standings.get(claim.matricule) if claim and claim.matricule else None


def _one_a_person(waiting: Sequence[int], claims: Sequence[Claim | None], standings: Mapping[str, Standing]) -> tuple[list[int], list[int]]:
    """Divide lines into those of this turn, the first of each person and all that name nobody, and the others; in their order."""
    seen: set[int] = set()
    turn: list[int] = []
    others: list[int] = []
    for place in waiting:
        standing = _standing(claims[place], standings)
        if standing is not None and standing.person_id in seen:
            others.append(place)
            continue
        if standing is not None:
            seen.add(standing.person_id)
        turn.append(place)
    return turn, others


def _accepted(claims: Sequence[Claim | None], decisions: Mapping[int, Decision], standings: Mapping[str, Standing]) -> Iterable[Accepted]:
    for place, decision in decisions.items():
        claim, standing = claims[place], _standing(claims[place], standings)
        if claim and standing and decision.outcome is not Outcome.REFUSED:
            yield Accepted(place + 1, claim.request, standing.person_id, standing.account)


def _answer(db: Database, inbound: Inbound) -> bytes:
    """Return the answer file; of a file that was refused whole, one line with the reason."""
    if inbound.refusal:
        return _ENCODER.encode_lines([{"file_refused": inbound.refusal}])
    with db.transaction() as session:
        rows = session.all("lifecycle/answers", work_id=inbound.work_id)
    return _ENCODER.encode_lines([_answer_line(row) for row in rows])


def _answer_line(row: RowMapping) -> Answer:
    cause = Cause(row["cause"]) if row["cause"] else None
    told = REFUSALS[cause] if cause else ANSWERS[Kind(row["kind"])]
    return Answer(row["line"], row["request_ref"], Outcome(row["outcome"]), cause, told, row["receipt"], row["due_on"])


def follow_registry(db: Database, policy: Policy, clock: Clock, as_of: datetime) -> Counts:
    """Do to spaces what the registry tells: deaths close, wrong ones open again, ends of rights close where the policy says so.

    Who came of age is told that the space stays open unless they oppose, and manages it alone; so it is when a protection begins or ends.
    Safe to repeat: each fact is read once, and only what is not done yet is done.
    Raises: RuleError if `as_of` lies in the future.
    Sources: CSP R1111-36 (closing), Code civil art. 388 (majority), 425 and 459 (protection).
    """
    day = legal_day(clock.present(as_of))
    return db.once("follow_registry", as_of.isoformat(), as_of, partial(_follow, policy=policy, day=day)).counts


def _follow(work: Work, policy: Policy, day: date) -> Counts:
    facts = work.one("lifecycle/facts_to_read")
    span = {"after": facts["after"], "up_to": facts["up_to"]}
    closed = _close_by_facts(work, policy, day, span, facts["followed_through"])
    wrong = [row["person_id"] for row in work.all("lifecycle/wrongly_closed", **span)]
    if wrong:
        reopen_accounts(work, policy, day, wrong)
    told = work.run("lifecycle/tell_majorities", work_id=work.work_id, represented_by=list(policy.represented_by), **span)
    people = [row["person_id"] for row in work.all("lifecycle/people_to_hand_over", **span)]
    handed_over = hand_over(work, policy, day, people)
    return {"facts_read": span["up_to"], **closed, "reopened": len(wrong), "majorities_told": told, "handed_over": handed_over}


def _close_by_facts(work: Work, policy: Policy, day: date, span: Mapping[str, int], followed_through: date) -> Counts:
    grace = policy.closes_after_rights_ended_days
    ended_by = day - timedelta(days=grace) if grace else date.min
    ended_after = followed_through - timedelta(days=grace) if grace else date.min
    rows = work.all("lifecycle/people_to_close", **span, ended_by=ended_by, ended_after=ended_after)
    dead = [row["person_id"] for row in rows if row["reason"] == "DEATH"]
    gone = [row["person_id"] for row in rows if row["reason"] == "RIGHTS_END"]
    return {
        "closed_by_death": close_accounts(work, policy, day, dead, "DEATH"),
        "closed_by_end_of_rights": close_unasked(work, policy, day, gone, "RIGHTS_END"),
    }


def close_unopposed_suspensions(db: Database, policy: Policy, clock: Clock, as_of: datetime) -> int:
    """Close the suspended spaces whose people did not object within six weeks of being told; return how many.

    Safe to repeat: only a suspended space closes. Raises: RuleError if `as_of` lies in the future. Source: CSP R1111-36.
    """
    day = legal_day(clock.present(as_of))

    def close(work: Work) -> Counts:
        people = [row["person_id"] for row in work.all("lifecycle/unopposed_suspensions", day=day)]
        return {"closed": close_unasked(work, policy, day, people, "SUSPENSION")}

    return db.once("close_unopposed_suspensions", as_of.isoformat(), as_of, close).counts["closed"]


def end_announcement_delays(db: Database, policy: Policy, clock: Clock, as_of: datetime) -> Counts:
    """Warn people of documents that wait for an announcement visit since two weeks, and show those of a month ago.

    Nobody who represents a person is told of what is hidden from them.
    Safe to repeat: a document is told once, and shown once. Raises: RuleError if `as_of` lies in the future.
    Sources: CSP R1111-53, L1111-5 (a minor's secret care).
    """
    day = legal_day(clock.present(as_of))

    def end(work: Work) -> Counts:
        shown = work.run("lifecycle/show_documents", day=day)
        represented_by = list(policy.represented_by)
        warned = work.run("lifecycle/warn_patients", work_id=work.work_id, day=day, represented_by=represented_by)
        return {"people_warned": warned, "documents_shown": shown}

    return db.once("end_announcement_delays", as_of.isoformat(), as_of, end).counts
