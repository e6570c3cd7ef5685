"""`espace-sante window`: the six weeks that a sending starts, for whoever answers the telephone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from pipelines.campaign.window import window
from pipelines.platform.errors import FinalError


def show_window(
    sent_at: Annotated[str, typer.Argument(help="When the notice was sent, with its offset: 2022-01-31T09:00:00+01:00")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON is the only form, with or without this option.")] = True,
) -> None:
    """Print the window of a notice as one JSON object: last day, last instant, first day of opening (Europe/Paris)."""
    instant = read_instant(sent_at)
    try:
        shown = describe(instant)
    except OverflowError:
        raise FinalError("this instant lies too near the end of the calendar to count six weeks") from None
    typer.echo(json.dumps(shown, indent=2))


def describe(sent_at: datetime) -> dict[str, str]:
    """Return a window as the command prints it, in ISO 8601. Raises: OverflowError at either end of the calendar."""
    found = window(sent_at)
    return {
        "sent_at": sent_at.isoformat(),
        "sent_on": found.sent_on.isoformat(),
        "last_day": found.last_day.isoformat(),
        "last_instant": found.last_instant.isoformat(),
        "opens_on": found.opens_on.isoformat(),
    }


def read_instant(text: str) -> datetime:
    """Return the instant that a text writes in ISO 8601. Raises: FinalError where it is none, or has no offset."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise FinalError("this is not an instant: write it as 2022-01-31T09:00:00+01:00") from None
    if instant.tzinfo is None:
        raise FinalError("this instant has no time zone, so its day in Paris is unknown: add its offset, such as +01:00 or Z")
    return instant
