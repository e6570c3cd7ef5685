"""`espace-sante registry ...`: invented deliveries from a shell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pipelines.platform.errors import EspaceSanteError
from pipelines.synthetic.france import DEFAULT_AS_OF, DEFAULT_FAULTY_SHARE, OutputFormat, generate

registry_app = typer.Typer(name="registry", help="Registries of insured people.", no_args_is_help=True)


@registry_app.callback()
def registry() -> None:
    """Registries of insured people."""


@registry_app.command("generate")
def generate_command(
    people: Annotated[int, typer.Option(help="How many people to invent.")],
    out: Annotated[Path, typer.Option(help="Folder under which deliveries/<body>/<date>-full/ is written.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
    form: Annotated[OutputFormat, typer.Option("--format", help="File format; with both, bodies take turns.")] = OutputFormat.PARQUET,
    faulty_share: Annotated[float, typer.Option(help="Share of people whose row is spoiled on purpose.")] = DEFAULT_FAULTY_SHARE,
    bodies: Annotated[str, typer.Option(help="Insurance bodies, separated by commas (all by default).")] = "",
    as_of: Annotated[str, typer.Option(help="Reference date of the deliveries, YYYY-MM-DD.")] = DEFAULT_AS_OF.isoformat(),
) -> None:
    """Write the deliveries of an invented France, one folder an insurance body."""
    codes = tuple(code.strip().upper() for code in bodies.split(",") if code.strip())
    try:
        day = dt.date.fromisoformat(as_of)
    except ValueError:
        raise typer.BadParameter("a date is written YYYY-MM-DD", param_hint="--as-of") from None
    try:
        summary = generate(people, seed, out, form=form, faulty_share=faulty_share, bodies=codes, as_of=day)
    except EspaceSanteError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for body in summary.bodies:
        typer.echo(f"{body.body:8} {body.rows:>12,} rows {body.files:>4} files {sum(body.faults.values()):>8,} faulty  {body.folder}")
    typer.echo(f"{'':8} {summary.rows:>12,} rows for {summary.people:,} people, {summary.faulty_rows:,} of them faulty")
