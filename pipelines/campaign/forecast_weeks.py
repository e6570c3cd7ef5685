"""A forecast by week, from Monday to Sunday: what a person reads instead of a hundred days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from pipelines.campaign.forecast import Forecast, ForecastDay


@dataclass(frozen=True)
class Week:
    """The sums of one week, by its Monday."""

    monday: date
    emails: int
    letters: int
    windows_closing: int
    openings: int
    calls: int


def weeks(forecast: Forecast) -> tuple[Week, ...]:
    """Return the weeks of a forecast; the first and the last may be shorter than seven days."""
    return tuple(_sum(monday, list(days)) for monday, days in groupby(forecast.days, _monday))


def _monday(day: ForecastDay) -> date:
    return day.day - timedelta(days=day.day.weekday())


def _sum(monday: date, days: list[ForecastDay]) -> Week:
    return Week(
        monday,
        sum(day.emails for day in days),
        sum(day.letters for day in days),
        sum(day.windows_closing for day in days),
        sum(day.openings for day in days),
        sum(day.calls for day in days),
    )
