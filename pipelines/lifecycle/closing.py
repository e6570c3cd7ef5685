"""Closing spaces, which begins the archive of ten years, and opening them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pipelines.campaign.policy import Policy
from pipelines.lifecycle.managers import hand_over
from pipelines.platform.database import Work


def close_accounts(work: Work, policy: Policy, day: date, person_ids: Sequence[int], reason: str) -> int:
    """Close the spaces of people that are not closed; return how many. Source: CSP R1111-36."""
    return work.run("lifecycle/close_accounts", person_ids=list(person_ids), day=day, reason=reason, archive_years=policy.archive_years)


def close_unasked(work: Work, policy: Policy, day: date, person_ids: Sequence[int], reason: str) -> int:
    """Close spaces for a reason that their people did not ask for, and tell them until when the archive is kept; return how many."""
    closed = close_accounts(work, policy, day, person_ids, reason)
    work.run("lifecycle/tell_archives", person_ids=list(person_ids), day=day, reason=reason, work_id=work.work_id)
    return closed


def reopen_accounts(work: Work, policy: Policy, day: date, person_ids: Sequence[int]) -> None:
    """Open the archived spaces of people again, each managed by whoever does so now. Source: CSP R1111-36, R1111-40."""
    work.run("lifecycle/reopen_accounts", work_id=work.work_id, person_ids=list(person_ids), day=day)
    hand_over(work, policy, day, person_ids)
