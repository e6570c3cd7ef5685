"""The verbs of the campaign: propose who is told next, and record what a second person decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.engine import RowMapping

from pipelines.campaign.policy import Policy
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RuleError
from pipelines.registry.birth_date import MAJORITY
from pipelines.registry.postal_address import UNUSABLE


@dataclass(frozen=True)
class Wave:
    """People planned together: what the second person approves."""

    wave_id: int
    planned_for: date
    status: str
    proposed_by: str
    emails: int
    letters: int
    excluded: int

    @property
    def is_empty(self) -> bool:
        """Nobody is left to tell."""
        return self.emails + self.letters == 0


def plan_notices(db: Database, policy: Policy, as_of: datetime, proposed_by: str) -> Wave:
    """Propose the next wave: pilot departments first, then in ascending order, within the caps of the day by channel.

    Safe to repeat: one wave a planning run (unit: the run's instant).
    Source: CSP R1111-28 (e-mail first, post without one); national sending of 2022 by department number.
    """
    day = legal_day(as_of)

    def propose(work: Work) -> Counts:
        wave_id = work.one(
            "campaign/propose_wave", campaign_id=policy.campaign_id, planned_for=day, proposed_by=proposed_by, work_id=work.work_id
        )["wave_id"]
        return {"wave_id": wave_id, **_fill(work, policy, day, wave_id)}

    counts = db.once("plan_notices", as_of.isoformat(), as_of, propose, actor=proposed_by).counts
    with db.transaction() as session:
        found = session.one("campaign/find_wave", wave_id=counts["wave_id"])
    return Wave(
        found["wave_id"], found["planned_for"], found["status"], found["proposed_by"],
        counts["emails"], counts["letters"], counts["excluded"],
    )  # fmt: skip


def _fill(work: Work, policy: Policy, day: date, wave_id: int) -> Counts:
    """Plan department after department until both caps are reached; one that is told entirely is left alone for some days."""
    total = {"emails": 0, "letters": 0, "excluded": 0}
    within = {"campaign_id": policy.campaign_id, "day": day}
    for row in _in_order(work.all("campaign/departments", **within, again_after_days=policy.look_again_after_days), policy):
        email_room = policy.emails_a_day - total["emails"]
        letter_room = policy.letters_a_day - total["letters"]
        if email_room <= 0 and letter_room <= 0:
            break
        planned = work.one(
            "campaign/plan_department",
            **within,
            wave_id=wave_id,
            department=row["department"],
            majority_years=MAJORITY,
            represented_by=list(policy.represented_by),
            unusable_address=int(UNUSABLE),
            email_room=email_room,
            letter_room=letter_room,
        )
        for what in total:
            total[what] += planned[what]
        if not planned["left_over"]:
            work.run("campaign/keep_told_department", **within, department=row["department"])
    return total


def _in_order(departments: Sequence[RowMapping], policy: Policy) -> list[RowMapping]:
    """Return departments in ascending order, after the pilots in theirs."""
    places = {name: place for place, name in enumerate(policy.pilot_departments)}
    return sorted(departments, key=lambda row: places.get(row["department"], len(places)))


def describe_wave(db: Database, wave: Wave) -> str:
    """Return, in Markdown, what a wave would send: counts by department and channel, nothing personal."""
    with db.transaction() as session:
        rows = session.all("campaign/wave_by_department", wave_id=wave.wave_id)
    lines = [f"| {row['department']} | {row['emails']} | {row['letters']} |" for row in rows]
    return "\n".join(
        [
            f"Wave {wave.wave_id}, planned for {wave.planned_for:%A %d %B %Y} by **{wave.proposed_by}**: "
            f"{wave.emails} e-mails, {wave.letters} letters, {wave.excluded} people newly excluded.",
            "",
            "| Department | E-mails | Letters |",
            "|---|---:|---:|",
            *lines,
        ]
    )


def decide_wave(db: Database, wave_id: int, approved: bool, decided_by: str, as_of: datetime) -> Counts:
    """Record the decision on a wave; a rejected wave gives its people back to planning.

    Safe to repeat: the first decision stands.
    Raises: RuleError if the person who proposed the wave decides on it, or if there is no such wave.
    """
    with db.transaction() as session:
        found = session.all("campaign/find_wave", wave_id=wave_id)
    if not found:
        raise RuleError(f"there is no wave {wave_id}")
    if found[0]["proposed_by"] == decided_by:
        raise RuleError(f"wave {wave_id} was started by {decided_by}: somebody else must decide on it")

    def decide(work: Work) -> Counts:
        decided = work.run("campaign/decide_wave", wave_id=wave_id, status="APPROVED" if approved else "REJECTED", decided_by=decided_by)
        released = 0 if approved else work.one("campaign/release_rejected_wave", wave_id=wave_id)["released"]
        return {"decided": decided, "released": released}

    return db.once("decide_wave", str(wave_id), as_of, decide, actor=decided_by).counts


def withdraw_gone(db: Database, policy: Policy, as_of: datetime) -> int:
    """Withdraw the notices of people who died, left or came of age between planning and sending; return how many.

    Safe to repeat: a run withdraws once, and the next run finds only new ones.
    """

    def withdraw(work: Work) -> Counts:
        withdrawn = work.run(
            "campaign/withdraw_gone",
            campaign_id=policy.campaign_id, day=legal_day(as_of), majority_years=MAJORITY, represented_by=list(policy.represented_by),
        )  # fmt: skip
        return {"withdrawn": withdrawn}

    return db.once("withdraw_gone", as_of.isoformat(), as_of, withdraw).counts["withdrawn"]
