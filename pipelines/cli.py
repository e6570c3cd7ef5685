"""`espace-sante`: every step from a shell.

Commands are plain functions in their domain's module, which imports nothing heavy at its top; this file only names them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from pipelines.campaign import commands as campaign
from pipelines.documents import commands as documents
from pipelines.platform.embedded import commands as embedded
from pipelines.platform.errors import EspaceSanteError
from pipelines.portal.commands import portal
from pipelines.reporting import commands as reporting
from pipelines.synthetic import demo_command

if TYPE_CHECKING:
    from pipelines.notices.letter_dispatch import LetterDispatch
    from pipelines.platform.database import Database
    from pipelines.platform.object_store import ObjectStore


class PlainErrors(TyperGroup):
    """A command group that answers the project's own errors with one sentence and exit code 1."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name every command, those included that are loaded only when they are asked for."""
        return [*super().list_commands(ctx), *_LATER]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Find a command; groups that bring Arrow are loaded only when they are asked for."""
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        return typer.main.get_group(_LATER[cmd_name]())

    def invoke(self, ctx: Any) -> Any:
        """Run the command; anything that is not an error of ours keeps its traceback."""
        try:
            return super().invoke(ctx)
        except EspaceSanteError as error:
            typer.echo(f"espace-sante: {error}", err=True)
            raise typer.Exit(1) from None


@cache
def _registry() -> typer.Typer:
    """Put the commands of `registry` together: its own, those of deaths, and the invented deliveries."""
    from pipelines.registry.commands import registry_app
    from pipelines.registry.death_commands import deaths_app
    from pipelines.synthetic.commands import deliver_command, evolve_command, generate_command

    registry_app.add_typer(deaths_app)
    registry_app.command("generate")(generate_command)
    registry_app.command("evolve")(evolve_command)
    registry_app.command("deliver")(deliver_command)
    return registry_app


def _audit() -> typer.Typer:
    """Give the commands of the audit trail where it is here."""
    from pipelines.audit.commands import audit_app
    from pipelines.installation import Installation

    def trail() -> tuple[Database, ObjectStore, int]:
        here = Installation()
        return here.db, here.store, here.policy.archive_years

    return audit_app(trail)


def _benchmark() -> typer.Typer:
    from pipelines.benchmarks.commands import benchmark_app

    return benchmark_app


def _letters() -> typer.Typer:
    """Give the commands of letters what makes them here: `notices` does not know the installation."""
    from pipelines.installation import Installation
    from pipelines.notices.commands import letters_app

    def to_look_at() -> LetterDispatch:
        here = Installation()
        return here.letter_dispatch(here.desk_db)

    return letters_app(lambda: Installation().letter_dispatch(), to_look_at)


def _campaign() -> typer.Typer:
    """Put the commands of the campaign together, and give them what draws their page: `campaign` knows neither reports nor lots."""
    from pipelines.campaign.forecast_commands import campaign_app
    from pipelines.installation import Installation
    from pipelines.notices.steering_commands import add_steering
    from pipelines.platform.settings import settings
    from pipelines.reporting.forecast_page import render_forecast

    app = campaign_app(lambda made: render_forecast(made, settings().home / "templates"))
    add_steering(app, Installation)
    return app


def _keys() -> typer.Typer:
    """Give the commands of keys this installation."""
    from pipelines.installation import Installation
    from pipelines.notices.key_commands import keys_app

    return keys_app(Installation)


def _retention() -> typer.Typer:
    """Give the commands of retention this installation."""
    from pipelines.installation import Installation
    from pipelines.retention.commands import retention_app

    return retention_app(lambda: Installation().retention)


@cache
def _documents() -> typer.Typer:
    """Put the commands of documents together: the quarantine and the senders of this installation, and the invented documents."""
    from pipelines.documents.quarantine_commands import quarantine_app
    from pipelines.installation import Installation
    from pipelines.reporting.sender_commands import add_sender_commands
    from pipelines.synthetic.document_commands import documents_app

    documents_app.add_typer(quarantine_app(Installation), name="quarantine")
    add_sender_commands(documents_app, Installation)
    return documents_app


_LATER: dict[str, Callable[[], typer.Typer]] = {
    "audit": _audit,
    "benchmark": _benchmark,
    "campaign": _campaign,
    "documents": _documents,
    "keys": _keys,
    "letters": _letters,
    "registry": _registry,
    "retention": _retention,
}

app = typer.Typer(
    cls=PlainErrors,
    help="The batch side of the national health space.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(embedded.up)
app.command()(embedded.status)
app.command()(embedded.down)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(embedded.airflow)
app.command()(demo_command.demo)
app.command()(documents.inspect_document)
app.command()(portal)
app.command()(reporting.reconcile)
app.command()(reporting.person)
app.command("window")(campaign.show_window)

if __name__ == "__main__":
    app()
