"""`espace-sante campaign pause`, `resume` and `cancel`: stopping what leaves, from a shell."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from pipelines.campaign.steering import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.campaign.policy import Policy
    from pipelines.platform.database import Database


class Here(Protocol):
    """What an order needs of an installation."""

    @property
    def db(self) -> Database:
        """The business database."""

    @property
    def policy(self) -> Policy:
        """Whose campaign it is."""


WaveOption = Annotated[int | None, typer.Option("--wave", min=1, help="Only this wave; without it, the whole campaign.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept for years: no name, no matricule, no address.")]


def add_steering(app: typer.Typer, here: Callable[[], Here]) -> None:
    """Add the commands to those of the campaign; `here` gives this installation."""

    def order(action: Action, wave: int | None, reason: str) -> None:
        from pipelines.notices.cancellation import carry_out
        from pipelines.platform.clock import now

        this = here()
        typer.echo(carry_out(this.db, this.policy, action, wave, getpass.getuser(), reason, now()))

    @app.command("pause")
    def pause(reason: ReasonOption, wave: WaveOption = None) -> None:
        """Stop what leaves (suspendre): nothing is lost, nothing is planned; windows that run go on."""
        order(Action.PAUSE, wave, reason)

    @app.command("resume")
    def resume(reason: ReasonOption, wave: WaveOption = None) -> None:
        """Let what was paused leave again (reprendre), from the next dispatch on."""
        order(Action.RESUME, wave, reason)

    @app.command("cancel")
    def cancel(reason: ReasonOption, wave: WaveOption = None) -> None:
        """End a wave or the campaign for good (annuler): whoever was not told goes back to planning."""
        order(Action.CANCEL, wave, reason)
