"""`espace-sante letters`: letters of a wave to look at before they are printed, and a lost lot made again."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.platform.errors import FinalError

if TYPE_CHECKING:
    from pipelines.notices.letter_dispatch import LetterDispatch


def letters_app(dispatch: Callable[[], LetterDispatch]) -> typer.Typer:
    """Return the commands of `letters`, over what makes letters in an installation."""
    app = typer.Typer(name="letters", help="Look at letters before they leave; make a lost lot again.", no_args_is_help=True)

    @app.callback()
    def letters() -> None:
        """Look at letters before they leave; make a lost lot again."""

    @app.command("proof")
    def proof(
        wave: Annotated[int, typer.Option(help="The wave, by its number.", min=1)],
        out: Annotated[Path, typer.Option(help="Where the files go; they hold names and addresses; their codes are invented.")],
        reason: Annotated[str, typer.Option(help="Why you look: kept in each person's own journey. Asked for if you leave it out.")] = "",
    ) -> None:
        """Write real letters of a wave as PDF files: of each wording of each body those with the longest lines."""
        from pipelines.notices.proofs import Look, write_proofs
        from pipelines.platform.clock import now

        for made in write_proofs(dispatch(), wave, out, Look(getpass.getuser(), _reason(reason), now())):
            typer.echo(f"{made.file}: {made.letters} letters" + (f", {made.refused} cannot be printed" if made.refused else ""))

    @app.command("remake")
    def remake(lot: Annotated[int, typer.Option(help="The lot, by its number.", min=1)]) -> None:
        """Write a lot again for its print house, identical: same letters, same codes, same bytes. No window starts or moves."""
        from pipelines.notices.lot_production import remake_lot
        from pipelines.platform.clock import now

        made = remake_lot(dispatch(), lot, now(), getpass.getuser())
        typer.echo(f"lot {lot}: {made['letters']} letters lie in the store again, as they were handed over")

    @app.command("withdraw")
    def withdraw(lot: Annotated[int, typer.Option(help="The lot, by its number; its print house refuses it.", min=1)]) -> None:
        """Give up a lot that its print house refuses: its letters leave in new lots, with the same codes."""
        from pipelines.notices.refused_lots import withdraw_lot
        from pipelines.platform.clock import now

        done = withdraw_lot(dispatch().db, lot, now(), getpass.getuser())
        typer.echo(f"lot {lot} is withdrawn: the letters to {done['people']} people wait for the next dispatch")

    return app


def _reason(given: str) -> str:
    """Return the reason, asked for on a terminal. Raises: FinalError if there is none."""
    reason = given.strip()
    if not reason and sys.stdin.isatty():
        reason = str(typer.prompt("Why do you look at these letters")).strip()
    if not reason:
        raise FinalError("say why you look at these letters: --reason TEXT")
    return reason
