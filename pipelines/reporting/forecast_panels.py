"""What the chart of a forecast shows: four series, by day, or by week where the days would be too many to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipelines.campaign.forecast import Forecast, ForecastDay
from pipelines.campaign.forecast_weeks import Week, weeks

MOST_COLUMNS = 200
MOST_MARKS = 10
SHOWN = {
    "emails": "e-mails sent (courriels envoyés)",
    "letters": "notices by post (courriers déposés)",
    "openings": "spaces opened (ouvertures)",
    "calls": "calls on 3422 (appels)",
}


@dataclass(frozen=True)
class Panels:
    """Series by their words, each by the ISO day of its columns; `unit` is `day` or `week`, every `marked`th column has its date."""

    unit: str
    marked: int
    panels: Mapping[str, Mapping[str, int]]


def panels(forecast: Forecast) -> Panels:
    """Return the series of a forecast's chart."""
    if len(forecast.days) <= MOST_COLUMNS:
        return Panels("day", 7 * -(-len(forecast.days) // (7 * MOST_MARKS)), _series({day.day: day for day in forecast.days}))
    by_week = {week.monday: week for week in weeks(forecast)}
    return Panels("week", -(-len(by_week) // MOST_MARKS), _series(by_week))


def _series(columns: Mapping[date, ForecastDay | Week]) -> dict[str, dict[str, int]]:
    return {words: {day.isoformat(): getattr(of_day, name) for day, of_day in columns.items()} for name, words in SHOWN.items()}
