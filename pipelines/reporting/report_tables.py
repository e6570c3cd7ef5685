"""The figures of the daily report as tables for spreadsheets: CSV, UTF-8, separated by semicolons, one header line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import pandas as pd

from pipelines.campaign.forecast import Forecast
from pipelines.campaign.forecast_weeks import Week, weeks
from pipelines.platform.clock import legal_day
from pipelines.reporting import registry_figures
from pipelines.reporting.figures import ChannelOppositions, Figures, OppositionRate, Pivot

SEPARATOR = ";"
# What tells of a place smaller than the country, where few people could be known again: kept with the report, sent to nobody.
BY_PLACE = ("departments.csv", "breaks.csv", "delivery_departments.csv")


def tables(figures: Figures, forecast: Forecast) -> dict[str, bytes]:
    """Return every table by its name; the same figures give the same bytes."""
    return {
        **registry_figures.tables(figures.registry),
        "equations.csv": _rows(
            [asdict(equation) | {"holds": equation.holds} for equation in figures.equations],
            "name", "title", "left_hand", "right_hand", "violations", "holds",
        ),
        "breaks.csv": _breaks(figures),
        "findings.csv": _rows(
            [asdict(finding.discrepancy) | asdict(finding) | {"since": legal_day(finding.found_at)} for finding in figures.findings],
            "finding_id", "equation", "since", "difference", "violations", "overridden_until",
        ),
        "stuck.csv": _rows(
            [asdict(each) | {"since": legal_day(each.since)} for each in figures.stuck], "kind", "place", "things", "since", "owner"
        ),
        "statuses.csv": _counts(figures.by_status, "status", "people"),
        "channels.csv": _pivot(figures.by_channel, "channel"),
        "departments.csv": _pivot(figures.by_department, "department"),
        "exclusions.csv": _pivot(figures.exclusions, "reason"),
        "events.csv": _pivot(figures.events, "event"),
        "requests.csv": _pivot(figures.requests, "channel"),
        "windows.csv": _counts(figures.windows, "last_day", "people"),
        "opposition_rates.csv": _dataclasses(figures.opposition, OppositionRate),
        "oppositions.csv": _dataclasses(figures.oppositions, ChannelOppositions),
        "spaces.csv": _counts(figures.spaces, "status", "spaces"),
        "lots.csv": _rows(figures.lots, "printer", "handed_over", "accepted", "printed", "refused"),
        "silences.csv": _rows([asdict(silence) for silence in figures.silences], "partner", "awaited", "lots", "notices", "since"),
        "forecast_weeks.csv": _dataclasses(weeks(forecast), Week),
    }  # fmt: skip


def _breaks(figures: Figures) -> bytes:
    rows = [
        {"equation": equation.name, "place": str(place), **asdict(place)} for equation in figures.equations for place in equation.breaks
    ]
    return _rows(rows, "equation", "place", "left_hand", "right_hand", "violations")


def _pivot(table: Pivot, row_name: str) -> bytes:
    columns = list(next(iter(table.values()), {}))
    return _rows([{row_name: row, **counts} for row, counts in table.items()], row_name, *columns)


def _counts(counts: Mapping[str, int], name: str, counted: str) -> bytes:
    return _rows([{name: key, counted: count} for key, count in counts.items()], name, counted)


def _dataclasses(rows: Sequence[Any], kind: type) -> bytes:
    return _rows([asdict(row) for row in rows], *(field.name for field in fields(kind)))


def _rows(rows: Sequence[Mapping[str, Any]], *columns: str) -> bytes:
    # Counts that may be missing stay whole numbers.
    frame = pd.DataFrame(list(rows), columns=list(columns)).convert_dtypes()
    return frame.to_csv(sep=SEPARATOR, index=False, lineterminator="\n").encode()
