"""What a request means for where a person stands: the rules, without a database."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from pipelines.lifecycle.contract import Cause, Kind, Outcome, Request
from pipelines.platform.clock import legal_day


class Claim(Struct, frozen=True, gc=False):
    """One line as it is judged: `matricule` as the registry keeps it, None where it cannot be one."""

    request: Request
    matricule: str | None


class Standing(Struct, frozen=True, gc=False):
    """Where the person of a matricule stands while a line is decided; the fields are the columns of `lifecycle/find_people`, in order.

    `account_id` and `account` are of the space that counts: the newest one that is not destroyed, else the newest. `is_told` and
    `has_objected` are of the suspension that runs.
    """

    matricule: str
    person_id: int
    birth_date: str
    is_dead: bool
    is_doubtful: bool
    has_opposed: bool
    account_id: str | None
    account: str | None
    has_asked_deletion: bool
    is_told: bool
    has_objected: bool


class Decision(Struct, frozen=True, gc=False):
    """What was decided on one line: the person and the space that it names."""

    outcome: Outcome
    cause: Cause | None = None
    person_id: int | None = None
    account_id: str | None = None


def refuse(cause: Cause, standing: Standing | None = None) -> Decision:
    """Return a refusal."""
    return Decision(Outcome.REFUSED, cause, standing.person_id if standing else None, standing.account_id if standing else None)


def decide(claim: Claim | None, standing: Standing | None, present: datetime) -> Decision:
    """Decide one line.

    Sources: CSP R1111-36 (closing at any time, archive, express deletion, a new space on request, suspension and objection),
    R1111-28 (who opposed may ask for a space later).
    """
    if claim is None:
        return refuse(Cause.BAD_LINE)
    request = claim.request
    if request.received_at > present or (request.told_on is not None and request.told_on > legal_day(present)):
        return refuse(Cause.FROM_THE_FUTURE)
    if standing is None or standing.birth_date != request.birth_date:
        return refuse(Cause.NOT_VERIFIED)
    cause = _why_not(request.kind, standing)
    if cause is not None:
        return refuse(cause, standing)
    outcome = Outcome.PLANNED if request.kind is Kind.DELETE_EXPRESS else Outcome.DONE
    return Decision(outcome, None, standing.person_id, standing.account_id)


def _why_not(kind: Kind, standing: Standing) -> Cause | None:
    """Return why a request cannot be followed, None where it can."""
    match kind:
        case Kind.CLOSE:
            return _unless_living(standing)
        case Kind.DELETE_EXPRESS:
            return _why_not_deleted(standing)
        case Kind.REOPEN:
            return _why_not_reopened(standing)
        case Kind.WITHDRAW_OPPOSITION:
            return _unless_somebody_certain_lives(standing) if standing.has_opposed else Cause.NOT_OPPOSED
        case Kind.SUSPEND:
            if standing.account == "SUSPENDED":
                return Cause.ALREADY_ASKED
            return None if standing.account == "OPEN" else Cause.NO_SPACE
        case Kind.SUSPENSION_TOLD:
            return _unless_suspended(standing) or (Cause.ALREADY_ASKED if standing.is_told else None)
        case Kind.OBJECTION:
            return _unless_suspended(standing) or (Cause.ALREADY_ASKED if standing.has_objected else None)
        case Kind.LIFT_SUSPENSION:
            return _unless_suspended(standing)


def _unless_living(standing: Standing) -> Cause | None:
    match standing.account:
        case None:
            return Cause.NO_SPACE
        case "CLOSED" | "PURGING" | "PURGED":
            return Cause.ALREADY_CLOSED
        case _:
            return None


def _unless_suspended(standing: Standing) -> Cause | None:
    return None if standing.account == "SUSPENDED" else Cause.NOT_SUSPENDED


def _why_not_deleted(standing: Standing) -> Cause | None:
    """A space under suspension is evidence: it is closed first, by its six weeks or on request, then destroyed on request.

    Nobody asks for the dead, and what may be another person's is not destroyed.
    """
    match standing.account:
        case None:
            return Cause.NO_SPACE
        case "SUSPENDED":
            return Cause.SUSPENDED
        case "PURGING":
            return Cause.BEING_DESTROYED
        case "PURGED":
            return Cause.DESTROYED
        case _ if standing.has_asked_deletion:
            return Cause.ALREADY_ASKED
        case _:
            return _unless_somebody_certain_lives(standing)


def _why_not_reopened(standing: Standing) -> Cause | None:
    match standing.account:
        case None:
            return Cause.NO_SPACE
        case "CLOSED" | "PURGED":
            return _unless_somebody_certain_lives(standing)
        case "PURGING":
            return Cause.BEING_DESTROYED
        case "SUSPENDED":
            return Cause.SUSPENDED
        case _:
            return Cause.ALREADY_OPEN


def _unless_somebody_certain_lives(standing: Standing) -> Cause | None:
    if standing.is_dead:
        return Cause.DECEASED
    return Cause.DOUBTFUL_IDENTITY if standing.is_doubtful else None
