"""`espace-sante registry ...`: invented deliveries from a shell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pipelines.platform.errors import EspaceSanteError
from pipelines.registry.contract import DeliveryKind
from pipelines.synthetic.evolution import evolve
from pipelines.synthetic.france import DEFAULT_AS_OF, DEFAULT_FAULTY_SHARE, OutputFormat, generate
from pipelines.synthetic.life_events import Event


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
        summary = generate(people, seed, out, form=form, faulty_share=faulty_share, bodies=codes, as_of=_day(as_of, "--as-of"))
    except EspaceSanteError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for body in summary.bodies:
        typer.echo(f"{body.body:8} {body.rows:>12,} rows {body.files:>4} files {sum(body.faults.values()):>8,} faulty  {body.folder}")
    typer.echo(f"{'':8} {summary.rows:>12,} rows for {summary.people:,} people, {summary.faulty_rows:,} of them faulty")


def evolve_command(
    source: Annotated[
        Path, typer.Option("--from", help="Folder that holds deliveries/<body>/<date>-full/; the last one before --on is read.")
    ],
    out: Annotated[Path, typer.Option(help="Folder under which deliveries/<body>/<date>-<kind>/ is written; it may be the same.")],
    on: Annotated[str, typer.Option(help="Reference date of the new deliveries, YYYY-MM-DD.")],
    kind: Annotated[DeliveryKind, typer.Option(help="Everyone (full), or only who is new or changed (delta).")] = DeliveryKind.FULL,
    share: Annotated[float, typer.Option(help="About how many of the people change; 0 repeats the last full delivery.")] = 0.01,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
) -> None:
    """Write each body's next delivery: people move, marry, are born, die, change body or number."""
    try:
        written = evolve(source, out, _day(on, "--on"), kind, share, seed)
    except EspaceSanteError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for body in written:
        typer.echo(f"{body.body:8} {body.rows:>12,} rows  {body.folder}")
    for event in Event:
        typer.echo(f"{event:20} {sum(body.events.get(event, 0) for body in written):>12,}")


def deliver_command(
    source: Annotated[Path, typer.Option("--from", help="Folder that holds deliveries/<body>/<date>-<kind>/.")],
) -> None:
    """Put the deliveries of a folder where their bodies would, manifests last; what lies there already is left alone."""
    from pipelines.platform.object_store import ObjectStore
    from pipelines.platform.settings import settings
    from pipelines.synthetic.changes import put_folder_down

    put = put_folder_down(ObjectStore(settings()), source)
    typer.echo("\n".join([*put, f"{len(put)} deliveries put down: the next run of registry_intake takes them in"]))


def _day(text: str, option: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a date is written YYYY-MM-DD", param_hint=option) from None
