"""Campaigns to be forecast: small ones made by hand, and the one of 2022."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from pipelines.campaign.forecast import Caps, Forecast, Stock
from pipelines.campaign.forecast_rates import Assumptions, Observed, load_assumptions, rates
from pipelines.campaign.forecast_simulation import simulate

MONDAY = date(2022, 1, 31)

# Metropolitan France, then overseas: 101 departments as they sort in the registry.
DEPARTMENTS = sorted(
    [f"{number:02d}" for number in range(1, 96) if number != 20] + ["2A", "2B"] + ["971", "972", "973", "974", "976"],
)

# Nothing fails, nobody opposes, the post has each letter on the day on which it is gathered: days are those of sending.
PLAIN = load_assumptions().model_copy(
    update={"bounce_rate": 0.0, "opposition_rate": 0.0, "deposit_delay": 0, "bounce_delay": 0, "calls_per_thousand": ()}
)


def assuming(**changes: Any) -> Assumptions:
    """Return plain assumptions with something changed."""
    return PLAIN.model_copy(update=changes)


def stock(emails: dict[str, int], letters: dict[str, int] | None = None, **more: Any) -> Stock:
    """Return people to be told, by department."""
    letters = letters or {}
    departments = tuple(sorted({*emails, *letters}))
    return Stock(
        departments,
        np.array([emails.get(name, 0) for name in departments], np.int64),
        np.array([letters.get(name, 0) for name in departments], np.int64),
        **more,
    )


def nation(emails: int, letters: int) -> Stock:
    """Return so many people to be told, spread evenly over the departments."""
    shares = [np.diff(np.arange(len(DEPARTMENTS) + 1) * people // len(DEPARTMENTS)) for people in (emails, letters)]
    return Stock(tuple(DEPARTMENTS), *shares)


def forecast(
    people: Stock, emails_a_day: int, letters_a_day: int = 0, assumptions: Assumptions = PLAIN, begins_on: date = MONDAY, **seen: int
) -> Forecast:
    """Return the forecast of a campaign."""
    return simulate(people, Caps(emails_a_day, letters_a_day), rates(assumptions, Observed(**seen)), assumptions, begins_on)


def volumes(made: Forecast, what: str) -> dict[str, int]:
    """Return one series of a forecast, month and day by count, without the days on which it is 0."""
    return {f"{day.day:%m-%d}": getattr(day, what) for day in made.days if getattr(day, what)}
