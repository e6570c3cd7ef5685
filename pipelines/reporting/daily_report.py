"""The daily report to operations: one page that needs nothing else, and the same figures for machines. Counts only."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path

from pipelines.campaign.forecast import Forecast
from pipelines.campaign.forecast_sources import forecast_campaign
from pipelines.campaign.forecast_text import as_json
from pipelines.campaign.policy import Policy
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Database
from pipelines.platform.object_store import ObjectStore
from pipelines.reporting.figures import Figures, gather
from pipelines.reporting.forecast_page import render_forecast
from pipelines.reporting.pages import page_environment
from pipelines.reporting.report_mail import write_mail
from pipelines.reporting.report_tables import tables
from pipelines.reporting.stuck import stuck_files

BUCKET = "reports"
TEMPLATE = "report/daily.html.j2"
MAIL = "report.eml"
PLACES_SHOWN = 20


def folder_of(as_of: datetime) -> str:
    """Return where the report of the legal day of `as_of` lies in the bucket `reports`."""
    return f"daily/{legal_day(as_of).isoformat()}"


def publish_report(db: Database, store: ObjectStore, policy: Policy, templates_dir: Path, as_of: datetime) -> str:
    """Write the report of the legal day of `as_of` and the forecast from it into the bucket `reports`; return the key of the report's page.

    Safe to repeat: a day has one page and one set of figures, and a later report of the same day replaces them. Journeys and
    windows are told as they stand when the report is made, events as of the day.
    Raises: RetryableError when the database or the store is away.
    """
    figures = gather(db, policy, as_of)
    figures = replace(figures, stuck=(*figures.stuck, *stuck_files(store, as_of)))
    to_come = forecast_campaign(db, policy, legal_day(as_of))
    found = tables(figures, to_come)
    mailed = render_html(figures, templates_dir, to_come, mailed=True)
    written = {
        "report.json": render_json(figures),
        **found,
        "forecast.json": as_json(to_come).encode(),
        "forecast.html": render_forecast(to_come, templates_dir),
        MAIL: write_mail(figures, mailed, found),
        "report.html": render_html(figures, templates_dir, to_come),
    }
    for name, content in written.items():
        store.put(BUCKET, f"{folder_of(as_of)}/{name}", content)
    return f"{folder_of(as_of)}/report.html"


def render_json(figures: Figures) -> bytes:
    """Return the figures as JSON; days and instants in ISO 8601."""
    equations = [{**asdict(equation), "holds": equation.holds} for equation in figures.equations]
    report = {**asdict(figures), "equations": equations, "balanced": figures.balanced}
    return json.dumps(report, indent=2, ensure_ascii=False, default=_iso).encode() + b"\n"


def _iso(value: date) -> str:
    return value.isoformat()


def render_html(figures: Figures, templates_dir: Path, forecast: Forecast | None = None, mailed: bool = False) -> bytes:
    """Return the page, with the chart of a forecast if there is one; `mailed`: without what is told by department or any other place.

    Raises: jinja2.TemplateError where the template cannot be used.
    """
    template = page_environment(templates_dir).get_template(TEMPLATE)
    return template.render(figures=figures, forecast=forecast, mailed=mailed, places_shown=PLACES_SHOWN).encode()
