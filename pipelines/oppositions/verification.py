"""Whether a request is proven, and what it then means: the rules, without a database."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from msgspec import Struct

from pipelines.campaign.opposition_code import prove_all
from pipelines.campaign.policy import Policy, RestartedCode
from pipelines.campaign.window import end_of
from pipelines.oppositions.contract import Cause, Channel, Kind, Outcome, Request

# The attempt whose code is computed where there is none: attempts count from 1.
_NO_ATTEMPT = 0


class Claim(Struct, frozen=True, gc=False):
    """One line as it is judged: `matricule` and `birth_name` as the registry keeps them (None where they cannot be), `code` as derived."""

    request: Request
    received_at: datetime
    matricule: str | None
    birth_name: str | None
    code: str
    is_mistyped: bool


class Candidate(Struct, gc=False):
    """The person whom a matricule names, as the campaign knows them while a file is decided; codes that were replaced or bounced."""

    person_id: int
    birth_date: str
    birth_name_key: str
    status: str
    attempt_no: int
    last_day: date | None
    failures: int
    dead_attempt_no: int | None = None
    died_at: datetime | None = None
    dead_last_day: date | None = None
    key_version: int | None = None
    dead_key_version: int | None = None
    bounced_attempt_no: int | None = None
    bounced_key_version: int | None = None

    def attempt_at(self, instant: datetime) -> int:
        """Return the attempt whose code counted at an instant, 0 where the old code was dead and no new one made."""
        if self.died_at is None or self.dead_attempt_no is None:
            return self.attempt_no
        if instant < self.died_at:
            return self.dead_attempt_no
        return _NO_ATTEMPT if self.attempt_no == self.dead_attempt_no else self.attempt_no

    def key_of(self, attempt_no: int) -> int | None:
        """Return the version of the key of an attempt's code, None where there is no code."""
        if attempt_no == _NO_ATTEMPT:
            return None
        return self.dead_key_version if attempt_no == self.dead_attempt_no else self.key_version


class Decision(Struct, frozen=True, gc=False):
    """What was decided on one line: the person whom it names, and the attempt whose code was proven."""

    outcome: Outcome
    cause: Cause | None = None
    person_id: int | None = None
    attempt_no: int | None = None


@dataclass
class Verifier:
    """Decides a file's lines one after the other; remembers within the file what it decided.

    `failures` are the wrong tries of each person that the file adds, `released` the lines that released each person's code.
    """

    candidates: Mapping[str, Candidate]
    keys: Mapping[int, bytes]
    policy: Policy
    channel: Channel
    present: datetime
    failures: Counter[int] = field(default_factory=Counter)
    released: dict[int, int] = field(default_factory=dict)

    def decide(self, claims: Sequence[Claim | None]) -> list[Decision]:
        """Return one decision a line, in the order of the lines; None is a line that is no request."""
        given = [claim for claim in claims if claim is not None]
        proofs = iter(self._proofs(given))
        return [
            self._judge(line, claim, next(proofs)) if claim is not None else Decision(Outcome.REFUSED, Cause.BAD_LINE)
            for line, claim in enumerate(claims, 1)
        ]

    def _proofs(self, claims: Sequence[Claim]) -> list[tuple[int, bool]]:
        """Return, for each line, an attempt and whether the code is that attempt's.

        The same number of codes is computed and compared for each line, whoever it names and whatever fails: the time taken tells nothing.
        """
        people = [self.candidates.get(claim.matricule or "") for claim in claims]
        attempts = [person.attempt_at(claim.received_at) if person else _NO_ATTEMPT for claim, person in zip(claims, people, strict=True)]
        versions = [person.key_of(attempt) if person else None for person, attempt in zip(people, attempts, strict=True)]
        proven = self._proven(claims, people, attempts, versions)
        if self.policy.code_after_restart is RestartedCode.LIVES:
            bounced = [(person.bounced_attempt_no if person else None) or _NO_ATTEMPT for person in people]
            by_bounced = self._proven(claims, people, bounced, [person.bounced_key_version if person else None for person in people])
            proven = [right | other for right, other in zip(proven, by_bounced, strict=True)]
        return list(zip(attempts, proven, strict=True))

    def _proven(
        self, claims: Sequence[Claim], people: Sequence[Candidate | None], attempts: Sequence[int], versions: Sequence[int | None]
    ) -> list[bool]:
        """Tell of each line whether its code is that of an attempt; one that has no key is compared with a code of another key."""
        any_version, campaign = next(iter(self.keys)), self.policy.campaign_id
        ids = [(campaign, person.person_id if person else 0, attempt) for person, attempt in zip(people, attempts, strict=True)]
        return prove_all(self.keys, [claim.code for claim in claims], [version or any_version for version in versions], ids)

    def _judge(self, line: int, claim: Claim, proof: tuple[int, bool]) -> Decision:
        if claim.received_at > self.present:
            return Decision(Outcome.REFUSED, Cause.FROM_THE_FUTURE)
        person = self.candidates.get(claim.matricule or "")
        match claim.request.kind:
            case Kind.OPPOSE:
                return self._judge_opposition(claim, person, proof)
            case Kind.NEW_CODE:
                return self._judge_new_code(claim, person)
            case Kind.RELEASE:
                return self._release(line, claim, person)

    def _judge_opposition(self, claim: Claim, person: Candidate | None, proof: tuple[int, bool]) -> Decision:
        if claim.is_mistyped:
            return Decision(Outcome.REFUSED, Cause.CODE_MISTYPED)
        if person is None:
            return Decision(Outcome.REFUSED, Cause.NOT_VERIFIED)
        attempt, is_right_code = proof
        in_force = person.attempt_at(claim.received_at)
        by_name = claim.birth_name is not None and _same(claim.birth_name, person.birth_name_key)
        is_proven = (by_name | (is_right_code & (attempt == in_force))) & _same(claim.request.birth_date, person.birth_date)
        if person.failures >= self.policy.failures_before_lock:
            return Decision(Outcome.REFUSED, Cause.LOCKED, person.person_id)
        if in_force == _NO_ATTEMPT:
            return Decision(Outcome.REFUSED, Cause.DEAD_CODE, person.person_id)
        if not is_proven:
            person.failures += 1
            self.failures[person.person_id] += 1
            return Decision(Outcome.REFUSED, Cause.NOT_VERIFIED, person.person_id)
        outcome, cause = self._meaning(claim, person, in_force)
        return Decision(outcome, cause, person.person_id, in_force)

    def _meaning(self, claim: Claim, person: Candidate, attempt_no: int) -> tuple[Outcome, Cause | None]:
        """Return what a proven request means. The time of receipt decides, whenever the file is processed.

        Source: CSP R1111-28 (opposition within six weeks), R1111-36 (closing at any time afterwards).
        """
        with_dead_code = attempt_no == person.dead_attempt_no
        end = person.dead_last_day if with_dead_code else person.last_day
        in_time = end is None or claim.received_at < end_of(end)
        match person.status:
            case "PLANNED" | "NOTIFIED":
                person.status = "OPPOSED"
                return Outcome.ACCEPTED, None if in_time else Cause.LATE
            case "ELIGIBLE" if with_dead_code:
                person.status = "OPPOSED"
                return Outcome.ACCEPTED, None if in_time else Cause.LATE
            case "OPENED" if in_time:
                return Outcome.CLOSING, Cause.IN_TIME_AFTER_OPENING
            case "OPENED":
                closes = self.channel in self.policy.closes_after_opening
                return Outcome.CLOSING if closes else Outcome.PROPOSED, Cause.AFTER_OPENING
            case "OPPOSED":
                return Outcome.REFUSED, Cause.ALREADY_OPPOSED
            case _:
                return Outcome.REFUSED, Cause.NO_RUNNING_NOTICE

    def _judge_new_code(self, claim: Claim, person: Candidate | None) -> Decision:
        """Every request for a code is answered alike; without a cause it is carried out: the old code is dead from its receipt on."""
        if person is None or not _same(claim.request.birth_date, person.birth_date):
            return Decision(Outcome.NOTED, Cause.NOT_VERIFIED, person.person_id if person else None)
        if person.status != "NOTIFIED":
            cause = Cause.ALREADY_OPPOSED if person.status == "OPPOSED" else Cause.NO_RUNNING_NOTICE
            return Decision(Outcome.NOTED, cause, person.person_id)
        if person.died_at is not None and claim.received_at < person.died_at + timedelta(days=self.policy.new_code_after_days):
            return Decision(Outcome.NOTED, Cause.TOO_SOON, person.person_id)
        person.dead_attempt_no, person.died_at, person.dead_last_day = person.attempt_no, claim.received_at, person.last_day
        person.status, person.failures = "ELIGIBLE", 0
        self.failures.pop(person.person_id, None)
        return Decision(Outcome.NOTED, None, person.person_id, person.attempt_no)

    def _release(self, line: int, claim: Claim, person: Candidate | None) -> Decision:
        if person is None or not _same(claim.request.birth_date, person.birth_date):
            return Decision(Outcome.REFUSED, Cause.NOT_VERIFIED, person.person_id if person else None)
        person.failures = 0
        self.failures.pop(person.person_id, None)
        self.released[person.person_id] = line
        return Decision(Outcome.RELEASED, None, person.person_id)


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())
