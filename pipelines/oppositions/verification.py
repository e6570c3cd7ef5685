"""Whether a request is proven, and what it then means: the rules, without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from pipelines.campaign import opposition_code
from pipelines.oppositions.contract import Cause, Decision, Line, Outcome, Request
from pipelines.platform.clock import legal_day


@dataclass
class Candidate:
    """The person whom a matricule names, as the campaign knows them while a file is decided."""

    person_id: int
    birth_date: str
    status: str
    attempt_no: int
    last_day: date | None
    failures: int


@dataclass
class Verifier:
    """Decides a file's lines one after the other; remembers within the file what it decided."""

    candidates: Mapping[str, Candidate]
    key: bytes
    campaign_id: int
    present: datetime
    failures_before_lock: int
    new_failures: Counter[int] = field(default_factory=Counter)

    def decide(self, lines: Iterable[Line], work_id: int) -> list[Decision]:
        """Return one decision a line, in the order of the lines."""
        return [self._decide(line, work_id) for line in lines]

    def _decide(self, line: Line, work_id: int) -> Decision:
        request = line.request
        if request is None:
            return Decision(line.number, Outcome.REFUSED, Cause.BAD_LINE)
        outcome, cause, person_id = self._judge(request)
        receipt = f"OPP-{work_id}-{line.number}" if outcome is not Outcome.REFUSED else None
        return Decision(line.number, outcome, cause, request.request_ref, request.received_at, person_id, receipt)

    def _judge(self, request: Request) -> tuple[Outcome, Cause | None, int | None]:
        if request.received_at > self.present:
            return Outcome.REFUSED, Cause.FROM_THE_FUTURE, None
        if not opposition_code.is_well_formed(opposition_code.as_derived(request.code)):
            return Outcome.REFUSED, Cause.CODE_MISTYPED, None
        person = self.candidates.get(request.number or "")
        if person is None:
            return Outcome.REFUSED, Cause.NOT_VERIFIED, None
        proven = self._is_proven(request, person)
        if person.failures + self.new_failures[person.person_id] >= self.failures_before_lock:
            return Outcome.REFUSED, Cause.LOCKED, person.person_id
        if not proven:
            self.new_failures[person.person_id] += 1
            return Outcome.REFUSED, Cause.NOT_VERIFIED, person.person_id
        return (*self._meaning(request, person), person.person_id)

    def _is_proven(self, request: Request, person: Candidate) -> bool:
        """Both proofs are always computed: the time taken tells nothing about which one failed."""
        code = opposition_code.proves(request.code, self.key, self.campaign_id, person.person_id, person.attempt_no)
        return code & (request.birth_date == person.birth_date)

    def _meaning(self, request: Request, person: Candidate) -> tuple[Outcome, Cause | None]:
        """Return what a proven request means. The time of receipt decides, whenever the file is processed.

        Source: CSP R1111-28 (opposition within six weeks), R1111-36 (closing at any time afterwards).
        """
        in_time = person.last_day is None or legal_day(request.received_at) <= person.last_day
        match person.status:
            case "PLANNED" | "NOTIFIED":
                person.status = "OPPOSED"
                return Outcome.ACCEPTED, None if in_time else Cause.LATE
            case "OPENED":
                return Outcome.CLOSING, Cause.IN_TIME_AFTER_OPENING if in_time else Cause.AFTER_OPENING
            case "OPPOSED":
                return Outcome.REFUSED, Cause.ALREADY_OPPOSED
            case _:
                return Outcome.REFUSED, Cause.NO_RUNNING_NOTICE
