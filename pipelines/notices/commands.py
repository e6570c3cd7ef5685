"""`espace-sante letters`: letters of a wave to look at before they are printed; a lot made again, or given up; a receipt made again."""

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


def letters_app(dispatch: Callable[[], LetterDispatch], to_look_at: Callable[[], LetterDispatch]) -> typer.Typer:
    """Return the commands of `letters`, over what makes letters in an installation, and what only shows them."""
    help_text = "Look at letters before they leave; make a lost lot again, or give one up; make a receipt again."
    app = typer.Typer(name="letters", help=help_text, no_args_is_help=True)

    @app.command("proof")
    def proof(
        wave: Annotated[int, typer.Option(help="The wave, by its number.", min=1)],
        out: Annotated[Path, typer.Option(help="Where the files go; they hold names and addresses; their codes are invented.")],
        reason: Annotated[str, typer.Option(help="Why you look: kept in each person's own journey. Asked for if you leave it out.")] = "",
    ) -> None:
        """Write real letters of a wave as PDF files: of each wording of each body those with the longest lines."""
        from pipelines.notices.proofs import Look, write_proofs
        from pipelines.platform.clock import now

        look = Look(getpass.getuser(), _reason(reason, "Why do you look at these letters"), now())
        for made in write_proofs(to_look_at(), wave, out, look):
            typer.echo(f"{made.file}: {made.letters} letters" + (f", {made.refused} cannot be printed" if made.refused else ""))

    @app.command("receipt")
    def receipt(
        number: Annotated[str, typer.Argument(help="The number of the receipt, such as OPP-812-1.")],
        out: Annotated[Path, typer.Option(help="The PDF file to write; it holds a name and an address.")],
        reason: Annotated[str, typer.Option(help="Why: kept in the person's own journey. Asked for if you leave it out.")] = "",
    ) -> None:
        """Write the receipt of an opposition or a closing again, as a PDF file: the same number gives the same file."""
        from pipelines.notices.proofs import Look, write_privately
        from pipelines.notices.receipts import receipt_pdf
        from pipelines.platform.clock import now

        look = Look(getpass.getuser(), _reason(reason, "Why do you make this receipt again"), now())
        write_privately(out, receipt_pdf(to_look_at(), number, look))
        typer.echo(f"{out}: the receipt {number}")

    @app.command("remake")
    def remake(lot: Annotated[int, typer.Option(help="The lot, by its number.", min=1)]) -> None:
        """Write a lot again for its print house, identical: same letters, same codes, same bytes. No window starts or moves."""
        from pipelines.notices.lot_production import remake_lot
        from pipelines.platform.clock import now

        made = remake_lot(dispatch(), lot, now(), getpass.getuser())
        typer.echo(f"lot {lot}: {made['letters']} letters lie in the store again, as they were handed over")

    @app.command("withdraw")
    def withdraw(
        lot: Annotated[int, typer.Option(help="The lot, by its number.", min=1)],
        nothing_printed: Annotated[
            bool, typer.Option("--nothing-printed", help="You state that nothing of a lot that is not refused is printed nor will be.")
        ] = False,
        reason: Annotated[str, typer.Option(help="Why: kept with the lot; nobody's name. Asked for if you leave it out.")] = "",
    ) -> None:
        """Give up a lot that its print house refuses, or will never print: its letters leave in new lots, with the same codes."""
        from pipelines.notices.withdrawn_lots import Withdrawal, withdraw_lot
        from pipelines.platform.clock import now

        withdrawal = Withdrawal(getpass.getuser(), _reason(reason, "Why do you withdraw this lot"), nothing_printed)
        letters = dispatch()
        done = withdraw_lot(letters.db, letters.store, lot, withdrawal, now())
        typer.echo(f"lot {lot} is withdrawn: the letters to {done['people']} people wait for the next dispatch")

    return app


def _reason(given: str, question: str) -> str:
    """Return the reason, asked for on a terminal. Raises: FinalError if there is none."""
    reason = given.strip()
    if not reason and sys.stdin.isatty():
        reason = str(typer.prompt(question)).strip()
    if not reason:
        raise FinalError(f"{question}? Answer with --reason TEXT")
    return reason
