"""The daily report to operations: one page that needs nothing else, and the same figures for machines. Counts only."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.platform.database import Database
from pipelines.platform.object_store import ObjectStore
from pipelines.reporting.bar_chart import bar_chart
from pipelines.reporting.figures import Figures, gather
from pipelines.reporting.registry_figures import tables

BUCKET = "reports"
TEMPLATE = "report/daily.html.j2"
NARROW_SPACE = "\u202f"


def publish_report(db: Database, store: ObjectStore, templates_dir: Path, as_of: datetime) -> str:
    """Write the report of the legal day of `as_of` into the bucket `reports`; return the key of its page.

    Safe to repeat: a day has one page and one set of figures, and a later report of the same day replaces them. Journeys and
    windows are told as they stand when the report is made, events as of the day.
    Raises: RetryableError when the database or the store is away.
    """
    figures = gather(db, as_of)
    folder = f"daily/{figures.day.isoformat()}"
    store.put(BUCKET, f"{folder}/report.json", render_json(figures))
    for name, table in tables(figures.registry).items():
        store.put(BUCKET, f"{folder}/{name}", table)
    page = f"{folder}/report.html"
    store.put(BUCKET, page, render_html(figures, templates_dir))
    return page


def render_json(figures: Figures) -> bytes:
    """Return the figures as JSON; days and instants in ISO 8601."""
    equations = [{**asdict(equation), "holds": equation.holds} for equation in figures.equations]
    report = {**asdict(figures), "equations": equations, "balanced": figures.balanced}
    return json.dumps(report, indent=2, ensure_ascii=False, default=_iso).encode() + b"\n"


def _iso(value: date) -> str:
    return value.isoformat()


def render_html(figures: Figures, templates_dir: Path) -> bytes:
    """Return the page. Raises: jinja2.TemplateError where the template cannot be used."""
    environment = Environment(
        loader=FileSystemLoader(templates_dir),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"count": _count, "change": _change, "percent": _percent, "day": date.fromisoformat}
    return environment.get_template(TEMPLATE).render(figures=figures, bar_chart=bar_chart).encode()


def _count(value: int) -> str:
    """Write a count with a narrow no-break space between thousands, as the French do."""
    return f"{value:,}".replace(",", NARROW_SPACE)


def _change(value: int | None) -> str:
    """Write a difference with its sign; the first of its kind has none."""
    if value is None:
        return ""
    return f"{'+' if value > 0 else '−'}{_count(abs(value))}" if value else "="


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}".replace("%", f"{NARROW_SPACE}%")
