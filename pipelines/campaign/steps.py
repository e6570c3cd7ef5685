"""The verbs of the campaign: propose who is told next, and withdraw what must not leave any more."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pipelines.campaign.approved_content import Content
from pipelines.campaign.policy import Policy
from pipelines.campaign.steering import campaign_state
from pipelines.campaign.waves import Wave, find_wave
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError, RuleError
from pipelines.registry.bodies import insurance_bodies
from pipelines.registry.postal_address import UNUSABLE

# What may make somebody eligible whose department has been told already; whoever died or left is found when notices leave.
TELLING_FACTS = (
    "ARRIVED", "BORN", "RETURNED", "DEATH_REVERSED", "CAME_OF_AGE",
    "PROTECTED", "PROTECTION_ENDED", "REPRESENTATIVE_CHANGED", "TRAITS_CORRECTED", "IDENTITY_SETTLED",
)  # fmt: skip


def plan_notices(db: Database, policy: Policy, content: Content, as_of: datetime, proposed_by: str) -> Wave:
    """Propose the next wave: newcomers of departments that were told, pilot departments, then the others in ascending order.

    It ends where a cap of the day is reached by both channels.
    `content` is what its notices would say: the only thing that may leave once the wave is approved.
    Safe to repeat: one wave a planning run (unit: the run's instant).
    Raises: RuleError if the campaign is paused or cancelled; FinalError if the policy caps a body that does not exist.
    Source: CSP R1111-28 (e-mail first, post without one); national sending of 2022 by department number.
    """
    day = legal_day(as_of)
    _require_running(db, policy.campaign_id)
    if unknown := policy.notices_a_day_by_body.keys() - insurance_bodies().keys():
        raise FinalError(f"the policy caps bodies that do not exist: {', '.join(sorted(unknown))}; correct notices_a_day_by_body")

    def propose(work: Work) -> Counts:
        wave_id = work.one(
            "campaign/propose_wave",
            campaign_id=policy.campaign_id, planned_for=day, content=content, proposed_by=proposed_by, work_id=work.work_id,
        )["wave_id"]  # fmt: skip
        return {"wave_id": wave_id, **_fill(work, policy, day, wave_id)}

    counts = db.once("plan_notices", as_of.isoformat(), as_of, propose, actor=proposed_by).counts
    return find_wave(db, counts["wave_id"])


def _require_running(db: Database, campaign_id: int) -> None:
    state = campaign_state(db, campaign_id)
    if state != "RUNNING":
        raise RuleError(f"campaign {campaign_id} is {state}: nobody is planned until it is resumed (`campaign_steering`)")


@dataclass(frozen=True)
class _Turn:
    """Whose turn it is to be planned: everyone of a department, or some of them."""

    department: str
    people: Sequence[int] | None = None


def _fill(work: Work, policy: Policy, day: date, wave_id: int) -> Counts:
    """Plan turn after turn until a cap is reached for both channels; a department that is told entirely is left alone for some days.

    Newcomers beyond the caps bring their department back into the line, so that each fact is read once.
    """
    total = Counter({"emails": 0, "letters": 0, "excluded": 0})
    again = {"campaign_id": policy.campaign_id}
    within = again | {"day": day}
    earlier = Counter({row["what"]: int(row["notices"]) for row in work.all("campaign/planned_today", **within)})
    facts = work.one("campaign/facts_to_read", **again)
    for turn in [*_noted(work, policy, within, facts), *_departments(work, policy, within)]:
        rooms = _rooms(policy, earlier + total)
        if rooms["email_room"] <= 0 and rooms["letter_room"] <= 0:
            if turn.people is None:
                break
            work.run("campaign/look_again_at", **again, department=turn.department)
            continue
        planned = work.one(
            "campaign/plan_department",
            **within,
            wave_id=wave_id,
            department=turn.department,
            people=turn.people,
            represented_by=list(policy.represented_by),
            unusable_address=int(UNUSABLE),
            **rooms,
        )
        total.update(_counts(turn.department, planned))
        if planned["left_over"]:
            work.run("campaign/look_again_at", **again, department=turn.department)
        elif turn.people is None:
            work.run("campaign/keep_told_department", **within, department=turn.department)
    return dict(total) | {"facts_read": facts["up_to"]}


def _noted(work: Work, policy: Policy, within: Mapping[str, Any], facts: Mapping[str, int]) -> list[_Turn]:
    rows = work.all(
        "campaign/noted_people",
        **within,
        **facts,
        kinds=list(TELLING_FACTS),
        again_after_days=policy.look_again_after_days,
    )
    return [_Turn(row["department"], row["people"]) for row in rows]


def _departments(work: Work, policy: Policy, within: Mapping[str, Any]) -> list[_Turn]:
    """Return departments in ascending order, after the pilots in theirs."""
    rows = work.all("campaign/departments", **within, again_after_days=policy.look_again_after_days)
    places = {name: place for place, name in enumerate(policy.pilot_departments)}
    return sorted((_Turn(row["department"]) for row in rows), key=lambda turn: places.get(turn.department, len(places)))


def _counts(department: str, planned: Mapping[str, Any]) -> Counts:
    """Return what the ledger keeps of one turn."""
    return {
        **{what: planned[what] for what in ("emails", "letters", "excluded")},
        **{f"{what} {department}": planned[what] for what in ("emails", "letters") if planned[what]},
        **{f"body {body}": notices for body, notices in planned["by_body"].items()},
        **{f"exclusion {reason}": people for reason, people in planned["by_exclusion"].items()},
    }


def _rooms(policy: Policy, planned: Mapping[str, int]) -> dict[str, Any]:
    """Return what is left of the caps of a day, by channel and by body."""
    return {
        "email_room": policy.emails_a_day - planned.get("emails", 0),
        "letter_room": policy.letters_a_day - planned.get("letters", 0),
        "body_rooms": json.dumps({body: cap - planned.get(f"body {body}", 0) for body, cap in policy.notices_a_day_by_body.items()}),
    }


def withdraw_gone(db: Database, policy: Policy, channels: Sequence[str], as_of: datetime) -> int:
    """Do what `withdraw` does in a unit of work of its own, once an instant for the same channels."""

    def do(work: Work) -> Counts:
        return {"withdrawn": withdraw(work, policy, channels, as_of)}

    return db.once("withdraw_gone", f"{'+'.join(channels)}/{as_of.isoformat()}", as_of, do).counts["withdrawn"]


def withdraw(work: Work, policy: Policy, channels: Sequence[str], as_of: datetime) -> int:
    """Withdraw the notices of people who died, left or came of age between planning and sending, or of cancelled waves; return how many.

    Whatever lets notices leave by a channel begins with it, since days lie between the planning and that.
    """
    return work.run(
        "campaign/withdraw_gone",
        campaign_id=policy.campaign_id, channels=list(channels), day=legal_day(as_of), represented_by=list(policy.represented_by),
    )  # fmt: skip
