"""Who manages a space: the person, or whoever represents a minor or a protected adult."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pipelines.campaign.policy import Policy
from pipelines.platform.database import Session, Work


def hand_over(work: Work, policy: Policy, day: date, person_ids: Sequence[int]) -> int:
    """Give the spaces of people to whoever manages them on a day; return how many have changed hands."""
    managers = managers_of(work, policy, day, person_ids)
    return work.run("lifecycle/hand_over", person_ids=list(person_ids), managers=[managers.get(person) for person in person_ids])


def managers_of(session: Session, policy: Policy, day: date, person_ids: Sequence[int]) -> dict[int, int]:
    """Return the representative who manages the space of each person that has one, by person.

    Source: Code civil art. 371-1 and 388 (minors), 425 and 459 (protected adults); CSP R1111-40.
    """
    rows = session.all("lifecycle/managers", person_ids=list(person_ids), day=day, represented_by=list(policy.represented_by))
    return {row["person_id"]: row["manager_id"] for row in rows}
