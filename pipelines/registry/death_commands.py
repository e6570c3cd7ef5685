"""`espace-sante registry deaths ...`: the deaths that wait for a person ("décès à vérifier"), and a report taken back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.registry.commands import By, signed_by

if TYPE_CHECKING:
    from pipelines.platform.database import Database
    from pipelines.platform.object_store import ObjectStore
    from pipelines.registry.deaths import Comparison, Identity

DoubtId = Annotated[int, typer.Argument(help="Number of the doubt, as `list` prints it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why: kept in the person's own journey. No name, no matricule.")]

_ROWS = (
    ("birth name / nom de naissance", "birth_name"),
    ("used name / nom utilisé", "used_name"),
    ("first names / prénoms", "first_names"),
    ("sex / sexe", "sex"),
    ("birth date / naissance", "birth_date"),
    ("birthplace / lieu de naissance", "birthplace"),
    ("died on / décès", "died_on"),
)

deaths_app = typer.Typer(name="deaths", help="Deaths that the civil register tells of (décès).", no_args_is_help=True)


@deaths_app.command("list")
def list_doubts(as_json: Annotated[bool, typer.Option("--json", help="JSON instead of plain words.")] = False) -> None:
    """List the deaths that wait for a person: numbers only, nobody's name."""
    from pipelines.registry.deaths import open_doubts

    doubts = open_doubts(_servers()[0])
    if as_json:
        typer.echo(json.dumps([asdict(doubt) for doubt in doubts], indent=2, default=str))
        return
    for doubt in doubts:
        typer.echo(f"doubt {doubt.doubt_id} | person {doubt.person_id} | {doubt.subject} | since {doubt.raised_on}")
    typer.echo(f"{len(doubts)} waiting (à vérifier)")


@deaths_app.command("show")
def show(doubt_id: DoubtId, reason: Reason, by: By = "") -> None:
    """Print both identities of a doubt side by side; that you looked, and why, is kept in the person's journey."""
    from pipelines.platform.clock import now
    from pipelines.registry.deaths import compare
    from pipelines.registry.decisions import checked_reason

    db, store = _servers()
    typer.echo("\n".join(_table(compare(db, store, doubt_id, signed_by(by), checked_reason(reason), now()))))


@deaths_app.command("decide")
def decide(
    doubt_id: DoubtId,
    same: Annotated[bool, typer.Option("--same/--different", help="Whether the line tells of this person's death.")],
    reason: Reason,
    by: By = "",
) -> None:
    """Decide on a doubt (trancher): the same person, whose death is recorded, or another one. The first decision stands."""
    from pipelines.platform.clock import now
    from pipelines.registry.deaths import decide_death
    from pipelines.registry.decisions import checked_reason

    db, store = _servers()
    decide_death(db, store, doubt_id, same, signed_by(by), checked_reason(reason), now())
    typer.echo(f"doubt {doubt_id}: {'SAME, the death is recorded (décès enregistré)' if same else 'DIFFERENT, closed (écarté)'}")


@deaths_app.command("reverse")
def reverse(
    who: Annotated[str, typer.Argument(help="Matricule, or the number of the person as `list` prints it.")],
    reason: Reason,
    by: By = "",
) -> None:
    """Take back a wrong death report of the civil register (annuler un décès signalé à tort)."""
    from pipelines.platform.clock import now
    from pipelines.registry.deaths import person_of, reverse_death
    from pipelines.registry.decisions import checked_reason

    (db, _), number = _servers(), "".join(who.split())
    person_id = int(number) if number.isascii() and number.isdigit() and len(number) < 13 else person_of(db, number)
    reverse_death(db, person_id, signed_by(by), checked_reason(reason), now())
    typer.echo(f"person {person_id}: the death is reversed (décès annulé)")


def _servers() -> tuple[Database, ObjectStore]:
    from pipelines.platform.database import Database
    from pipelines.platform.object_store import ObjectStore
    from pipelines.platform.settings import settings

    return Database(settings()), ObjectStore(settings())


def _table(found: Comparison) -> list[str]:
    rows = [("", "registry / registre", "INSEE file / fichier")]
    rows += [(label, _cell(found.person, name), _cell(found.line, name)) for label, name in _ROWS]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(side: Identity, name: str) -> str:
    """Return one trait; a control character of a dirty file is shown as ? and never sent to the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in getattr(side, name) or "-")
