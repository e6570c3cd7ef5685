"""`espace-sante up`, `status`, `down` and `airflow`."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from typing import Annotated

import typer

from pipelines.platform.clock import ClockMode
from pipelines.platform.errors import FinalError


def up(
    clock: Annotated[ClockMode | None, typer.Option(help="Which present the runs live in; chosen once, `system` unless said.")] = None,
    without_airflow: Annotated[
        bool, typer.Option("--without-airflow", help="Only PostgreSQL, the object store and the mail sink.")
    ] = False,
) -> None:
    """Start the embedded servers that do not run yet."""
    from pipelines.platform.embedded.platform import EmbeddedPlatform

    platform = EmbeddedPlatform.here(say=typer.echo)
    typer.echo(f"Bringing up the embedded platform in {platform.var}.")
    instance = platform.up(clock, with_airflow=not without_airflow)
    typer.echo(f"Sent mail is kept in {platform.var / 'mail'}, the servers' logs in {instance.logs}.")
    if not without_airflow:
        _tell_sign_in(instance.airflow_address, str(platform.var / "airflow" / "passwords.json"), instance.secrets.airflow_people)
    typer.echo("`espace-sante status` shows what runs, `espace-sante down` stops it.")


def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False) -> None:
    """Show each embedded server; ends with 0 only if all are ready."""
    from pipelines.platform.embedded.health import Health
    from pipelines.platform.embedded.platform import EmbeddedPlatform

    platform = EmbeddedPlatform.here()
    states = platform.status()
    healthy = bool(states) and all(state.state is Health.READY for state in states)
    if as_json:
        typer.echo(
            json.dumps({"var": str(platform.var), "healthy": healthy, "components": [dataclasses.asdict(state) for state in states]})
        )
    elif not states:
        typer.echo(f"There is no platform in {platform.var} yet: `espace-sante up` makes one.")
    else:
        rows = [("component", "state", "address", "pid")]
        rows += [(state.component, str(state.state), state.address or "-", str(state.pid or "-")) for state in states]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    raise typer.Exit(0 if healthy else 1)


def down() -> None:
    """Stop every embedded server; the data stay."""
    from pipelines.platform.embedded.platform import EmbeddedPlatform

    EmbeddedPlatform.here(say=typer.echo).down()


def airflow(context: typer.Context) -> None:
    """Run one `airflow` command on this instance: `espace-sante airflow dags list`."""
    from pipelines.platform.embedded.platform import EmbeddedPlatform

    environment = EmbeddedPlatform.here().airflow_environment()
    try:
        os.execve(sys.executable, [sys.executable, "-m", "airflow", *context.args], environment)  # noqa: S606 (a list, no shell)
    except OSError as error:
        raise FinalError(f"airflow cannot be run ({error.strerror}): install requirements.lock") from None


def _tell_sign_in(address: str, file: str, people: dict[str, str]) -> None:
    typer.echo(f"\nAirflow: {address}")
    # Passwords may appear on somebody's screen, never in a file that keeps this output.
    if sys.stdout.isatty():
        for name, password in people.items():
            typer.echo(f"  sign in as {name:<8} with {password}")
    else:
        typer.echo(f"  sign in as {', '.join(people)}; the passwords are in {file}")
