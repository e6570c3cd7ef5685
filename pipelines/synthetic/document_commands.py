"""`espace-sante documents ...`: invented documents from a shell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

documents_app = typer.Typer(name="documents", help="Documents that feed the records.", no_args_is_help=True)


@documents_app.callback()
def documents() -> None:
    """Work on the documents that feed the records."""


@documents_app.command("synthesise")
def synthesise_command(
    count: Annotated[int, typer.Option(help="How many documents; the formats take turns.", min=1)],
    out: Annotated[Path, typer.Option(help="Folder under which <format>/<number>.<ending> is written.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
    as_of: Annotated[str, typer.Option(help="Day before which the documents were made, YYYY-MM-DD.")] = "2026-01-01",
    body_bytes: Annotated[int, typer.Option(help="About how big the PDF of a document is.", min=1_000, max=5_000_000)] = 150_000,
) -> None:
    """Write invented documents of invented patients in every national format."""
    from pipelines.synthetic.document_batches import write_batches

    try:
        day = dt.date.fromisoformat(as_of)
    except ValueError:
        raise typer.BadParameter("not a date (YYYY-MM-DD)", param_hint="--as-of") from None
    for name, files in write_batches(count, out, seed, day, body_bytes).items():
        typer.echo(f"{name:20} {files:>8,}  {out / name}")
