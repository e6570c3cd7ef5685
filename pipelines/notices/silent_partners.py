"""Partners from whom something is due and does not come: print houses that accept or deposit no lot, mail servers that return nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pipelines.campaign.policy import Policy
from pipelines.campaign.working_days import working_day_before
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Database, Session
from pipelines.platform.errors import FinalError

_SENTENCES = {
    "ACCEPTANCE": "lots not accepted by {partner}: {lots} ({notices} letters), the oldest handed over on {since}",
    "DEPOSIT": "lots without a deposit report by {partner}: {lots} ({notices} letters), the oldest due on {since}",
    "BOUNCE": "e-mails without one bounce: {notices}, the oldest sent on {since}",
}


class SilentPartnerError(FinalError):
    """Something is due from a partner and does not come."""


@dataclass(frozen=True)
class Silence:
    """What one partner owes: ACCEPTANCE, DEPOSIT or BOUNCE; of how many lots, letters or e-mails; the oldest since which day."""

    partner: str
    awaited: str
    lots: int
    notices: int
    since: date

    def __str__(self) -> str:
        """Tell it to operations."""
        return _SENTENCES[self.awaited].format(partner=self.partner, lots=self.lots, notices=self.notices, since=self.since.isoformat())


def silent_partners(session: Session, policy: Policy, as_of: datetime) -> list[Silence]:
    """Return what is overdue on the legal day of `as_of` by the delays of the policy; refused lots, which wait for us, are not."""
    day = legal_day(as_of)
    rows = session.all(
        "notices/silent_partners",
        accepted_by=working_day_before(day, policy.acceptance_after_days),
        deposited_by=working_day_before(day, policy.deposit_after_days),
        bounced_by=working_day_before(day, policy.bounces_after_days),
        emails_without_bounce=policy.emails_without_bounce,
    )
    return [Silence(**row) for row in rows]


def find_silent_partners(db: Database, policy: Policy, as_of: datetime) -> None:
    """Do nothing where every partner is heard. Raises: SilentPartnerError, with all that is overdue."""
    with db.snapshot() as session:
        silent = silent_partners(session, policy, as_of)
    if silent:
        raise SilentPartnerError(f"{'; '.join(map(str, silent))}; see docs/runbooks/reconciliation.md")
