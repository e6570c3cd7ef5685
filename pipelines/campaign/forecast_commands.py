"""`espace-sante campaign forecast`: when the campaign ends, what it costs, and what other caps would change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.platform.errors import FinalError

if TYPE_CHECKING:
    from pipelines.campaign.forecast import Forecast


def campaign_app(page: Callable[[Forecast], bytes]) -> typer.Typer:
    """Return the commands of `campaign`, over what draws the page of a forecast."""
    app = typer.Typer(name="campaign", help="Look ahead, pause, resume, cancel.", no_args_is_help=True)

    @app.callback()
    def campaign() -> None:
        """Look ahead, pause, resume, cancel."""

    @app.command("forecast")
    def forecast(
        emails_a_day: Annotated[int | None, typer.Option(min=0, help="Another cap than the policy's.")] = None,
        letters_a_day: Annotated[int | None, typer.Option(min=0, help="Another cap than the policy's.")] = None,
        start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As if this day were today.")] = None,
        out: Annotated[Path | None, typer.Option("--page", help="Write the page with its chart to this file (HTML).")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="JSON instead of plain words.")] = False,
    ) -> None:
        """Tell when sending ends, the last window, volumes, openings, postage and calls; nothing is planned or changed."""
        from pipelines.campaign.forecast_text import as_json as to_json
        from pipelines.campaign.forecast_text import as_text

        made = _make(emails_a_day, letters_a_day, start.date() if start else None)
        if out:
            _write(out, page(made))
        typer.echo(to_json(made) if as_json else as_text(made))

    return app


def _make(emails_a_day: int | None, letters_a_day: int | None, start: date | None) -> Forecast:
    """Make a forecast on this installation; what is not given is the policy's, or today."""
    from pipelines.campaign.forecast import Caps
    from pipelines.campaign.forecast_sources import forecast_campaign
    from pipelines.campaign.policy import load_policy
    from pipelines.platform.clock import legal_day, now
    from pipelines.platform.database import Database, Role
    from pipelines.platform.settings import settings

    policy = load_policy(settings().policy_file)
    caps = Caps(
        policy.emails_a_day if emails_a_day is None else emails_a_day,
        policy.letters_a_day if letters_a_day is None else letters_a_day,
        policy.notices_a_day_by_body,
    )
    return forecast_campaign(Database(settings(), Role.REPORTING), policy, start or legal_day(now()), caps)


def _write(file: Path, content: bytes) -> None:
    """Write the page. Raises: FinalError where the file cannot be written."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise FinalError(f"{file.name} cannot be written: {error.strerror}") from None
