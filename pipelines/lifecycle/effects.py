"""What the requests of a file do to spaces, one statement a kind; the lines are written already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from pipelines.campaign.policy import Policy
from pipelines.campaign.window import last_day
from pipelines.lifecycle.closing import close_accounts, reopen_accounts
from pipelines.lifecycle.contract import Kind, Request
from pipelines.lifecycle.managers import managers_of
from pipelines.platform.database import Work


class Accepted(Struct, frozen=True, gc=False):
    """One line that is followed; no other line of its turn names the same person. `account` is where its space stood."""

    line: int
    request: Request
    person_id: int
    account: str | None


def apply(work: Work, policy: Policy, day: date, accepted: Sequence[Accepted]) -> None:
    """Do what the accepted lines of a turn ask, on a legal day."""
    for kind, effect in _EFFECTS.items():
        lines = [line for line in accepted if line.request.kind is kind]
        if lines:
            effect(work, policy, day, lines)


def _people(lines: Sequence[Accepted]) -> list[int]:
    return [line.person_id for line in lines]


def _close(work: Work, policy: Policy, day: date, lines: Sequence[Accepted]) -> None:
    close_accounts(work, policy, day, _people(lines), "REQUEST")
    work.run("lifecycle/tell_closings", work_id=work.work_id, lines=[line.line for line in lines])


def _delete(work: Work, policy: Policy, day: date, lines: Sequence[Accepted]) -> None:
    living = [line for line in lines if line.account != "CLOSED"]
    if living:
        _close(work, policy, day, living)
    work.run("lifecycle/plan_deletions", work_id=work.work_id, lines=[line.line for line in lines], day=day)


def _reopen(work: Work, policy: Policy, day: date, lines: Sequence[Accepted]) -> None:
    archived = [line for line in lines if line.account == "CLOSED"]
    if archived:
        reopen_accounts(work, policy, day, _people(archived))
    open_spaces(work, policy, day, [line.person_id for line in lines if line.account == "PURGED"])
    _note_asked_for(work, lines)


def _withdraw(work: Work, policy: Policy, day: date, lines: Sequence[Accepted]) -> None:
    work.run(
        "lifecycle/withdraw_oppositions",
        work_id=work.work_id,
        campaign_id=policy.campaign_id,
        person_ids=_people(lines),
        received_ats=[line.request.received_at for line in lines],
    )
    open_spaces(work, policy, day, _people(lines))
    _note_asked_for(work, lines)


def _note_asked_for(work: Work, lines: Sequence[Accepted]) -> None:
    work.run("lifecycle/note_asked_for", person_ids=_people(lines), received_ats=[line.request.received_at for line in lines])


def open_spaces(work: Work, policy: Policy, day: date, person_ids: Sequence[int]) -> None:
    """Give people a new space, empty but for what the record system held before."""
    if person_ids:
        managers = managers_of(work, policy, day, person_ids)
        work.one(
            "lifecycle/open_spaces",
            person_ids=list(person_ids),
            managers=[managers.get(person_id) for person_id in person_ids],
            campaign_id=policy.campaign_id,
            day=day,
        )


def _suspend(work: Work, _: Policy, __: date, lines: Sequence[Accepted]) -> None:
    motives = [str(line.request.motive) for line in lines]
    work.run("lifecycle/suspend_accounts", work_id=work.work_id, person_ids=_people(lines), motives=motives)


def _tell(work: Work, _: Policy, __: date, lines: Sequence[Accepted]) -> None:
    told = [line.request.told_on for line in lines]
    last_days = [last_day(day) for day in told if day is not None]
    work.run("lifecycle/note_suspensions_told", person_ids=_people(lines), told_ons=told, last_days=last_days)


def _object(work: Work, _: Policy, __: date, lines: Sequence[Accepted]) -> None:
    received = [line.request.received_at for line in lines]
    work.run("lifecycle/note_objections", person_ids=_people(lines), received_ats=received)


def _lift(work: Work, _: Policy, __: date, lines: Sequence[Accepted]) -> None:
    work.run("lifecycle/lift_suspensions", person_ids=_people(lines))


_EFFECTS: Mapping[Kind, Callable[[Work, Policy, date, Sequence[Accepted]], None]] = {
    Kind.CLOSE: _close,
    Kind.DELETE_EXPRESS: _delete,
    Kind.REOPEN: _reopen,
    Kind.WITHDRAW_OPPOSITION: _withdraw,
    Kind.SUSPEND: _suspend,
    Kind.SUSPENSION_TOLD: _tell,
    Kind.OBJECTION: _object,
    Kind.LIFT_SUSPENSION: _lift,
}
