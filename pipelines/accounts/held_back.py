"""Whose opening waits because a day of a channel is not known whole: on that day they may have opposed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pipelines.campaign.policy import Policy
from pipelines.campaign.window import SIX_WEEKS, due_before
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Database, Session
from pipelines.platform.errors import FinalError

DAYS_NAMED = 5


@dataclass(frozen=True)
class OpenDay:
    """A day of a channel, and what is missing of it (`oppositions.open_days`)."""

    channel: str
    day: date
    missing: str

    def __str__(self) -> str:
        """As operations read it."""
        return f"{self.channel} of {self.day.isoformat()} ({self.missing})"


def open_days(session: Session, policy: Policy, day: date) -> list[OpenDay]:
    """Return the days for which openings of a day wait, the oldest first."""
    rows = session.all(
        "accounts/open_days",
        due_before=due_before(day, policy.grace_days),
        channels=list(map(str, policy.reports_daily)),
        window_days=SIX_WEEKS.days,
    )
    return [OpenDay(**row) for row in rows]


def require_whole_days(db: Database, policy: Policy, as_of: datetime) -> None:
    """Raise FinalError if somebody's opening waits for a day that is not known whole, naming the days."""
    day = legal_day(as_of)
    with db.transaction() as session:
        missing = open_days(session, policy, day)
        days = sorted({open_day.day for open_day in missing})
        binds = {"due_before": due_before(day, policy.grace_days), "open_days": days, "window_days": SIX_WEEKS.days}
        people = session.one("accounts/count_held_back", **binds)["people"]
    if people:
        named = ", ".join(map(str, missing[:DAYS_NAMED])) + (f" and {len(missing) - DAYS_NAMED} more" if len(missing) > DAYS_NAMED else "")
        raise FinalError(f"the openings of {people} people wait for the intake: {named}; call these channels (runbook opposition_intake)")
