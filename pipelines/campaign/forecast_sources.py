"""What a forecast begins with, read from the database in one snapshot: who is still to be told, what runs, what was seen so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from sqlalchemy.engine import RowMapping

from pipelines.campaign.forecast import Caps, Forecast, Stock
from pipelines.campaign.forecast_rates import Observed, load_assumptions, rates
from pipelines.campaign.forecast_simulation import simulate
from pipelines.campaign.policy import Policy
from pipelines.campaign.window import due_before
from pipelines.campaign.working_days import next_working_day
from pipelines.platform.database import Database
from pipelines.registry.postal_address import UNUSABLE

Rows = Sequence[RowMapping]


def forecast_campaign(db: Database, policy: Policy, begins_on: date, caps: Caps | None = None) -> Forecast:
    """Return how the campaign goes on from a legal day, with the caps of the policy or others.

    Raises: RetryableError when the database is away, FinalError where the assumptions cannot be used.
    """
    stock, observed = read_campaign(db, policy, begins_on)
    assumptions = load_assumptions()
    chosen = caps or Caps(policy.emails_a_day, policy.letters_a_day, policy.notices_a_day_by_body)
    return simulate(stock, chosen, rates(assumptions, observed), assumptions, begins_on)


def read_campaign(db: Database, policy: Policy, day: date) -> tuple[Stock, Observed]:
    """Read where the campaign stands on a legal day, and what it has shown so far."""
    of_campaign = {"campaign_id": policy.campaign_id}
    with db.snapshot() as session:
        session.all("campaign/forecast_whole_tables")
        to_tell = session.all(
            "campaign/forecast_to_tell",
            day=day,
            represented_by=list(policy.represented_by),
            unusable_address=int(UNUSABLE),
            **of_campaign,
        )
        attempts = session.all("campaign/forecast_attempts", **of_campaign)
        windows = session.all("campaign/forecast_windows", **of_campaign)
        deposits = session.all("campaign/forecast_deposits", **of_campaign)
        planned_through = session.one("campaign/forecast_planned_through", **of_campaign)["planned_through"]
    notices = {(row["channel"], row["status"]): row["notices"] for row in attempts}
    stock = _stock(to_tell, notices, windows, planned_through or date.min)
    ended_before = due_before(day, policy.grace_days)
    return replace(stock, grace_days=policy.grace_days), _observed(notices, windows, deposits, ended_before)


def _stock(to_tell: Rows, notices: Mapping[tuple[str, str], int], windows: Rows, planned_through: date) -> Stock:
    people = {(row["department"], row["body"], row["channel"]): row["people"] for row in to_tell}
    departments, bodies = (tuple(sorted({key[place] for key in people})) for place in (0, 1))
    emails, letters = (
        np.array([[people.get((department, body, channel), 0) for body in bodies] for department in departments], np.int64)
        for channel in ("EMAIL", "LETTER")
    )
    waiting = {channel: sum(notices.get((channel, status), 0) for status in ("PREPARED", "CLAIMED")) for channel in ("EMAIL", "LETTER")}
    running = {row["last_day"]: row["people"] for row in windows if row["status"] == "NOTIFIED"}
    return Stock(departments, emails, letters, bodies, waiting["EMAIL"], waiting["LETTER"], running, planned_through)


def _observed(notices: Mapping[tuple[str, str], int], windows: Rows, deposits: Rows, ended_before: date) -> Observed:
    """Count what was seen; how people decide is known only of windows whose openings are due, since whoever opposes does so earlier."""
    failed = notices.get(("EMAIL", "FAILED"), 0)
    ended = [row for row in windows if row["last_day"] < ended_before and row["status"] != "NOTIFIED"]
    return Observed(
        emails=notices.get(("EMAIL", "SENT"), 0) + failed,
        emails_failed=failed,
        ended=sum(row["people"] for row in ended),
        opposed=sum(row["people"] for row in ended if row["status"] == "OPPOSED"),
        notices_deposited=sum(row["notices"] for row in deposits),
        letters_deposited=sum(row["letters"] for row in deposits),
        deposit_days=sum(row["letters"] * working_days_between(row["handed_over_on"], row["deposited_on"]) for row in deposits),
    )


def working_days_between(first: date, last: date) -> int:
    """Return how many working days lie after `first`, until `last` included; 0 where `last` is not after it."""
    days = 0
    while (first := next_working_day(first)) <= last:
        days += 1
    return days
