"""The verbs of the campaign: propose who is told next, and withdraw what must not leave any more."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import RowMapping

from pipelines.campaign.approved_content import Content
from pipelines.campaign.policy import Policy
from pipelines.campaign.steering import campaign_state
from pipelines.campaign.waves import Wave, find_wave
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError, RuleError
from pipelines.registry.bodies import insurance_bodies
from pipelines.registry.postal_address import UNUSABLE


def plan_notices(db: Database, policy: Policy, content: Content, as_of: datetime, proposed_by: str) -> Wave:
    """Propose the next wave: pilot departments first, then in ascending order, within what is left of the caps of the day.

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


def _fill(work: Work, policy: Policy, day: date, wave_id: int) -> Counts:
    """Plan department after department until a cap is reached for both channels; one that is told entirely is left alone for some days."""
    total = Counter({"emails": 0, "letters": 0, "excluded": 0})
    within = {"campaign_id": policy.campaign_id, "day": day}
    earlier = Counter({row["what"]: int(row["notices"]) for row in work.all("campaign/planned_today", **within)})
    for row in _in_order(work.all("campaign/departments", **within, again_after_days=policy.look_again_after_days), policy):
        rooms = _rooms(policy, earlier + total)
        if rooms["email_room"] <= 0 and rooms["letter_room"] <= 0:
            break
        planned = work.one(
            "campaign/plan_department",
            **within,
            wave_id=wave_id,
            department=row["department"],
            represented_by=list(policy.represented_by),
            unusable_address=int(UNUSABLE),
            **rooms,
        )
        total.update({what: planned[what] for what in ("emails", "letters", "excluded")})
        total.update({f"{what} {row['department']}": planned[what] for what in ("emails", "letters") if planned[what]})
        total.update({f"body {body}": notices for body, notices in planned["by_body"].items()})
        total.update({f"exclusion {reason}": people for reason, people in planned["by_exclusion"].items()})
        if not planned["left_over"]:
            work.run("campaign/keep_told_department", **within, department=row["department"])
    return dict(total)


def _rooms(policy: Policy, planned: Mapping[str, int]) -> dict[str, Any]:
    """Return what is left of the caps of a day, by channel and by body."""
    return {
        "email_room": policy.emails_a_day - planned.get("emails", 0),
        "letter_room": policy.letters_a_day - planned.get("letters", 0),
        "body_rooms": json.dumps({body: cap - planned.get(f"body {body}", 0) for body, cap in policy.notices_a_day_by_body.items()}),
    }


def _in_order(departments: Sequence[RowMapping], policy: Policy) -> list[RowMapping]:
    """Return departments in ascending order, after the pilots in theirs."""
    places = {name: place for place, name in enumerate(policy.pilot_departments)}
    return sorted(departments, key=lambda row: places.get(row["department"], len(places)))


def withdraw_gone(db: Database, policy: Policy, before: str, as_of: datetime) -> int:
    """Do what `withdraw` does in a unit of work of its own; `before` names the step that follows, once for which in a run it is done."""

    def do(work: Work) -> Counts:
        return {"withdrawn": withdraw(work, policy, as_of)}

    return db.once("withdraw_gone", f"{before}/{as_of.isoformat()}", as_of, do).counts["withdrawn"]


def withdraw(work: Work, policy: Policy, as_of: datetime) -> int:
    """Withdraw the notices of people who died, left or came of age between planning and sending, or of cancelled waves; return how many.

    Whatever lets notices leave begins with it, since days lie between the planning and that.
    """
    return work.run(
        "campaign/withdraw_gone", campaign_id=policy.campaign_id, day=legal_day(as_of), represented_by=list(policy.represented_by)
    )
