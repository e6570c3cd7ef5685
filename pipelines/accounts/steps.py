"""The verbs of accounts: open what is due, close what was asked to be closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.accounts.archive import archived_until
from pipelines.accounts.held_back import open_days
from pipelines.audit.findings import require_no_finding
from pipelines.campaign.policy import Policy
from pipelines.campaign.window import SIX_WEEKS, due_before
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.shards import Shard, shards_of


@dataclass(frozen=True)
class OpeningCounts:
    """What became of the people of a shard whose window had ended; `impossible`: their space is theirs, and cannot be open yet."""

    opened: int
    impossible: int
    cancelled: int
    to_be_notified_again: int


def plan_openings(db: Database, policy: Policy, shard_size: int, clock: Clock, as_of: datetime) -> list[Shard]:
    """Return the shards in which a window has ended before the day of `as_of`, and its days of grace have passed.

    Raises: RuleError if `as_of` lies in the future: nobody is opened early; StandingFindingError while the books do not balance.
    """
    clock.present(as_of)
    with db.transaction() as session:
        require_no_finding(session, as_of)
        due = due_before(legal_day(as_of), policy.grace_days)
        rows = session.all("accounts/due_shards", shard_size=shard_size, due_before=due)
    return shards_of((row["shard"] for row in rows), shard_size)


def open_accounts(db: Database, policy: Policy, shard: Shard, clock: Clock, as_of: datetime) -> OpeningCounts:
    """Open the accounts of one shard whose last day to oppose, and days of grace, lie before the day of `as_of`.

    Safe to repeat: journeys that have moved are not due any more, and a person has one open account at most.
    Raises: RuleError if `as_of` lies in the future; StandingFindingError while the books do not balance. Source: CSP R1111-28.
    """
    clock.present(as_of)
    day = legal_day(as_of)

    def open_due(work: Work) -> Counts:
        require_no_finding(work, as_of)
        return work.one(
            "accounts/open_elapsed_windows",
            day=day,
            due_before=due_before(day, policy.grace_days),
            open_days=sorted({open_day.day for open_day in open_days(work, policy, day)}),
            window_days=SIX_WEEKS.days,
            campaign_id=policy.campaign_id,
            first_id=shard.first_id,
            last_id=shard.last_id,
            represented_by=list(policy.represented_by),
        )

    done = db.once("open_accounts", f"{as_of.isoformat()}/{shard.first_id}-{shard.last_id}", as_of, open_due)
    return OpeningCounts(**done.counts)


def close_on_late_oppositions(db: Database, policy: Policy, as_of: datetime) -> int:
    """Close the open accounts of people who opposed with their code after the opening, and have them told; return how many.

    Safe to repeat: only an open account closes. Source: CSP R1111-36.
    """
    day = legal_day(as_of)

    def close(work: Work) -> Counts:
        until = archived_until(day, policy.archive_years)
        return work.one("accounts/close_on_late_opposition", day=day, archived_until=until, work_id=work.work_id)

    return db.once("close_on_late_oppositions", as_of.isoformat(), as_of, close).counts["closed"]
