"""How pages for operations are made: one environment for all templates under `templates/report`, and how numbers are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.platform.clock import legal_day
from pipelines.reporting.bar_chart import bar_chart
from pipelines.reporting.forecast_panels import panels

NARROW_SPACE = "\u202f"


def page_environment(templates_dir: Path) -> Environment:
    """Return what renders a page of the reports."""
    environment = Environment(
        loader=FileSystemLoader(templates_dir),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"count": _count, "change": _change, "percent": _percent, "day": date.fromisoformat, "legal_day": legal_day}
    environment.globals |= {"bar_chart": bar_chart, "panels": panels}
    return environment


def _count(value: int) -> str:
    """Write a count with a narrow no-break space between thousands, as the French do."""
    return f"{value:,}".replace(",", NARROW_SPACE).replace("-", "−")


def _change(value: int | None) -> str:
    """Write a difference with its sign; the first of its kind has none."""
    if value is None:
        return ""
    return f"{'+' if value > 0 else '−'}{_count(abs(value))}" if value else "="


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}".replace("%", f"{NARROW_SPACE}%")
