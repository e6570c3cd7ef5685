"""`espace-sante retention`: show what would be deleted, hold what somebody disputes."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.retention.steps import Retention

PlaceArgument = Annotated[str, typer.Argument(help="A bucket and whole folders, such as print/PRINCIPAL/lots/12, or the name of a rule.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept for years: no name, no matricule, no address.")]


def retention_app(here: Callable[[], Retention]) -> typer.Typer:
    """Return the commands of retention; `here` gives this installation."""
    app = typer.Typer(no_args_is_help=True, help="How long what is kept: plan, hold, lift.")

    @app.command()
    def plan() -> None:
        """Show what the next run would delete, and what it holds back; nothing is deleted."""
        from pipelines.platform.clock import now
        from pipelines.retention.steps import plan_retention

        for swept in plan_retention(here(), now()):
            typer.echo(swept)

    @app.command()
    def hold(place: PlaceArgument, reason: ReasonOption) -> None:
        """Keep something whatever its time (geler), because somebody disputes it."""
        from pipelines.platform.clock import now
        from pipelines.retention.holds import put_hold

        put_hold(here().db, place, reason, now(), getpass.getuser())
        typer.echo(f"{place} is held: nothing of it is deleted until `espace-sante retention lift`")

    @app.command()
    def lift(place: PlaceArgument) -> None:
        """End a hold (lever le gel): what is due of it goes with the next run."""
        from pipelines.platform.clock import now
        from pipelines.retention.holds import lift_hold

        lift_hold(here().db, place, now(), getpass.getuser())
        typer.echo(f"{place} is no longer held")

    @app.command()
    def holds() -> None:
        """List what is held, since when, by whom and why."""
        from pipelines.retention.holds import held_places

        found = held_places(here().db)
        for one in found:
            typer.echo(f"{one['place']}, since {one['since']:%Y-%m-%d} by {one['held_by']}: {one['reason']}")
        if not found:
            typer.echo("nothing is held")

    return app
