"""Systems behind from which an answer is due, and what they refused for good: operations call them."""

from __future__ import annotations

from datetime import datetime

from pipelines.accounts.systems import FINAL_REASONS
from pipelines.campaign.policy import Policy
from pipelines.campaign.working_days import working_day_before
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Database
from pipelines.platform.errors import FinalError


class SystemBehindError(FinalError):
    """A system behind owes an answer, or does not do its part."""


def find_silent_systems(db: Database, policy: Policy, as_of: datetime) -> None:
    """Do nothing where every system has answered in time and refuses nothing for good.

    Raises: SystemBehindError, naming each system with what it owes and what it refuses, in numbers.
    """
    with db.transaction() as session:
        silent = session.all("accounts/silent_systems", answered_by=working_day_before(legal_day(as_of), policy.answer_after_days))
        refused = session.all("accounts/final_refusals", final_reasons=list(map(str, FINAL_REASONS)))
    told = [f"{row['system']} has not answered {row['files']} files ({row['records']} records) since {row['since']}" for row in silent]
    told += [f"{row['system']} refuses {row['records']} records as {row['reason']} since {row['since']}" for row in refused]
    if told:
        raise SystemBehindError(f"{'; '.join(told)}; call these systems (runbook account_opening)")
