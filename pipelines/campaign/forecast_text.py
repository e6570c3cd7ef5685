"""A forecast for a shell: in plain words, and as JSON for machines."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from pipelines.campaign.forecast import Forecast
from pipelines.campaign.forecast_weeks import weeks

COLUMNS = ("week of", "e-mails", "letters", "windows closing", "openings", "calls")


def as_json(forecast: Forecast) -> str:
    """Return a forecast as one JSON object: days in ISO 8601, euros, shares from 0 to 1; one row a day, one a department."""
    shown: dict[str, Any] = {
        "begins_on": forecast.begins_on,
        "caps": asdict(forecast.caps),
        "rates": {name: {**asdict(rate), "value": rate.value} for name, rate in vars(forecast.rates).items()},
        "assumptions": forecast.assumptions.model_dump(),
        "sending_ends_on": forecast.sending_ends_on,
        "last_window_on": forecast.last_window_on,
        "replacements_end_on": forecast.replacements_end_on,
        "last_replacement_window_on": forecast.last_replacement_window_on,
        "left_over": forecast.left_over,
        "emails": forecast.emails,
        "letters": forecast.letters,
        "openings": forecast.openings,
        "activations": forecast.activations,
        "calls": forecast.calls,
        "postage_euros": forecast.postage,
        "busiest_day": forecast.busiest.day,
        "days": [asdict(day) for day in forecast.days],
        "departments": [asdict(span) for span in forecast.departments],
    }
    return json.dumps(shown, indent=2, default=date.isoformat)


def as_text(forecast: Forecast) -> str:
    """Return a forecast in some lines of plain words, then week by week."""
    rows = [COLUMNS, *(tuple(str(cell) if isinstance(cell, date) else f"{cell:,}" for cell in vars(w).values()) for w in weeks(forecast))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*_sentences(forecast), "", *table])


def _sentences(forecast: Forecast) -> list[str]:
    busiest, most_called = forecast.busiest, forecast.most_called
    caps = f"at most {forecast.caps.emails_a_day:,} e-mails and {forecast.caps.letters_a_day:,} letters planned a working day"
    bodies = ", ".join(f"{body} {cap:,}" for body, cap in forecast.caps.notices_a_day_by_body.items())
    caps += f", and of bodies {bodies}" if bodies else ""
    sentences = [f"from {_day(forecast.begins_on)}, {caps}"]
    if forecast.left_over:
        sentences.append(f"NEVER REACHED with these caps: {forecast.left_over:,} people")
    if forecast.sending_ends_on is None or forecast.last_window_on is None:
        return [*sentences, "nothing is left to send"]
    sentences.append(f"sending ends on {_day(forecast.sending_ends_on)}; the last window ends on {_day(forecast.last_window_on)}")
    if forecast.replacements_end_on and forecast.last_replacement_window_on:
        last = f"the last of their windows ends on {_day(forecast.last_replacement_window_on)}"
        sentences.append(f"letters that replace failed e-mails leave until {_day(forecast.replacements_end_on)}; {last}")
    return [
        *sentences,
        f"{forecast.emails:,} e-mails and {forecast.letters:,} notices by post; postage {forecast.postage:,} euros (price to be confirmed)",
        f"busiest day: {_day(busiest.day)}, {busiest.emails:,} e-mails and {busiest.letters:,} letters",
        f"{forecast.openings:,} spaces open, of which {forecast.activations:,} are activated by their holders",
        f"{forecast.calls:,} calls on 3422, most on {_day(most_called.day)}: {most_called.calls:,}",
    ]


def _day(day: date) -> str:
    return f"{day:%A %d %B %Y}"
