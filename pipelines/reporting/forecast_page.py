"""The page of a forecast: one file that needs nothing else, in the look of the daily report. Counts only."""

from __future__ import annotations

from pathlib import Path

from pipelines.campaign.forecast import Forecast
from pipelines.campaign.forecast_weeks import weeks
from pipelines.reporting.pages import page_environment

TEMPLATE = "report/forecast.html.j2"


def render_forecast(forecast: Forecast, templates_dir: Path) -> bytes:
    """Return the page. Raises: jinja2.TemplateError where the template cannot be used."""
    return page_environment(templates_dir).get_template(TEMPLATE).render(forecast=forecast, weeks=weeks(forecast)).encode()
