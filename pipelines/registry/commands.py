"""`espace-sante registry ...`: deliveries that wait for a decision, the quarantine, doubts about identity."""

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.platform.clock import PARIS, now

if TYPE_CHECKING:
    from sqlalchemy.engine import RowMapping

    from pipelines.platform.database import Database
    from pipelines.platform.object_store import ObjectStore
    from pipelines.platform.settings import Settings
    from pipelines.registry.doubts import Side
    from pipelines.registry.quarantine import Found

Folder = Annotated[str, typer.Argument(help="Folder of the delivery: deliveries/MSA/2026-01-05-full.")]
DoubtId = Annotated[int, typer.Argument(help="Number of the doubt, as `doubts` prints it.")]
By = Annotated[str, typer.Option("--by", help="Who asks or decides; the account of the shell if you leave it out.")]
Reason = Annotated[str, typer.Option("--reason", help="Why: kept for years. No name, no matricule.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of plain words.")]
MOST = 50
COUNTS = ("received", "quarantined", "newcomers", "changed", "unchanged", "departed", "doubtful")

registry_app = typer.Typer(name="registry", help="The registry of insured people (référentiel des assurés).", no_args_is_help=True)
doubt_app = typer.Typer(name="doubt", help="One doubt about identity (doute d'identité).", no_args_is_help=True)
registry_app.add_typer(doubt_app)


@registry_app.callback()
def registry() -> None:
    """The registry of insured people (référentiel des assurés)."""


@registry_app.command("deliveries")
def deliveries(
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that wait for a person's decision.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the latest deliveries (livraisons) with their counts and why one was refused; those to decide (à décider) come first."""
    with _servers()[0].transaction() as session:
        rows = session.all("registry/list_deliveries", waiting=waiting, most=MOST)
    if as_json:
        told = [{**row, "as_of": row["as_of"].isoformat()} for row in rows]
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    table = [("folder (dossier)", "state (état)", *COUNTS)]
    table += [(row["folder"], _state(row), *(_figure(row["counts"].get(name)) for name in COUNTS)) for row in rows]
    if not rows:
        typer.echo("no delivery waits (aucune livraison à décider)" if waiting else "no delivery yet")
        return
    why = [f"{row['folder']}: {row['refusal']}" for row in rows if row["refusal"]]
    typer.echo("\n".join([*_aligned(table), *(["", "refused or abandoned because:", *why] if why else [])]))


@registry_app.command("decide")
def decide(
    folder: Folder,
    accepted: Annotated[bool, typer.Option("--accept/--refuse", help="Take it in, or refuse it whole.")],
    reason: Reason,
    by: By = "",
) -> None:
    """Decide on a delivery that waits (décider): taken in by the next run, or refused whole. The first decision stands."""
    from pipelines.registry.decisions import Decision
    from pipelines.registry.decisions import decide as record

    decision = Decision.ACCEPT if accepted else Decision.REFUSE
    typer.echo(record(*_servers(), folder, decision, signed_by(by), reason, now()))


@registry_app.command("abandon")
def abandon(folder: Folder, reason: Reason, by: By = "") -> None:
    """Give up a delivery that was interrupted and whose files are lost (abandonner): what of it is in stays, and others go on."""
    from pipelines.registry.decisions import Decision
    from pipelines.registry.decisions import decide as record

    typer.echo(record(*_servers(), folder, Decision.ABANDON, signed_by(by), reason, now()))


@registry_app.command("quarantine")
def quarantine(folder: Folder, as_json: AsJson = False) -> None:
    """Show what a delivery's quarantine (rejets) holds by reason, and its first rows: numbers of lines, nobody's data."""
    from pipelines.registry.quarantine import look

    found = look(*_servers(), folder)
    typer.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False) if as_json else "\n".join(_quarantine(found)))


@registry_app.command("export")
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write; it must not exist.")],
    reason: Reason,
    by: By = "",
) -> None:
    """Write the quarantined rows for their sender, to be corrected in place (export des rejets). Personal data: who asked is kept."""
    from pipelines.registry.decisions import checked_reason
    from pipelines.registry.quarantine import export as write

    rows = write(*_servers(), folder, out, signed_by(by), checked_reason(reason), now())
    typer.echo(f"{rows} rows written to {out}: personal data, send it by the agreed channel only and then delete it")


@registry_app.command("replay")
def replay(
    folder: Folder,
    file: Annotated[Path, typer.Option("--file", help="The corrected CSV file; file, line and reasons may be left out.")],
    by: By = "",
) -> None:
    """Put corrected rows down as a correction of a delivery (rejouer): the next intake run takes it in. Safe to repeat."""
    from pipelines.registry.corrections import replay as put_down

    done = put_down(*_servers(), folder, file, signed_by(by), now())
    again = ", as it did before" if done.repeated else ""
    typer.echo(f"{done.folder}: {done.rows} rows wait for the next intake run{again}; {done.marked} rows of the quarantine marked")


@registry_app.command("doubts")
def doubts(
    kind: Annotated[str, typer.Option("--kind", help="SAME_TRAITS, OTHER_TRAITS, TWO_PEOPLE or DEATH; all if you leave it out.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the doubts about identity that wait (doutes à trancher): numbers only, nobody's name."""
    from pipelines.registry.doubts import DoubtKind, open_doubts

    if kind and kind.upper() not in set(DoubtKind):
        raise typer.BadParameter(f"one of {', '.join(DoubtKind)}", param_hint="--kind")
    found = open_doubts(_servers()[0], DoubtKind(kind.upper()) if kind else None)
    if as_json:
        typer.echo(json.dumps([asdict(doubt) for doubt in found], indent=2, default=str))
        return
    for doubt in found:
        people = f"person {doubt.person_id}" + (f" and person {doubt.other_id}" if doubt.other_id else "")
        typer.echo(
            " | ".join(part for part in (f"doubt {doubt.doubt_id}", doubt.kind, people, doubt.subject, f"since {doubt.raised_on}") if part)
        )
    typer.echo(f"{len(found)} waiting (à trancher)")


@doubt_app.command("show")
def show(doubt_id: DoubtId, reason: Reason, by: By = "") -> None:
    """Print both identities of a doubt side by side; that you looked, and why, is kept in the people's journeys."""
    from pipelines.registry.decisions import checked_reason
    from pipelines.registry.doubts import compare

    typer.echo("\n".join(_side_by_side(*compare(*_servers(), doubt_id, signed_by(by), checked_reason(reason), now()))))


@doubt_app.command("decide")
def decide_one(
    doubt_id: DoubtId,
    same: Annotated[bool, typer.Option("--same/--different", help="Whether both sides are one person.")],
    reason: Reason,
    by: By = "",
) -> None:
    """Decide on a doubt (trancher): one person, or two. The first decision stands."""
    from pipelines.registry.decisions import Decision
    from pipelines.registry.decisions import decide as record

    decision = Decision.SAME if same else Decision.DIFFERENT
    typer.echo(record(*_servers(), str(doubt_id), decision, signed_by(by), reason, now()))


def _servers() -> tuple[Database, ObjectStore, Settings]:
    from pipelines.platform.database import Database
    from pipelines.platform.object_store import ObjectStore
    from pipelines.platform.settings import settings

    return Database(settings()), ObjectStore(settings()), settings()


def signed_by(given: str) -> str:
    """Return who asks or decides: the account of the shell where nobody is named."""
    return given.strip() or getpass.getuser()


def _figure(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _state(row: RowMapping) -> str:
    """Say where a delivery stands, and since when."""
    day = f"{row['as_of'].astimezone(PARIS):%Y-%m-%d}"
    if row["awaits_decision"]:
        return f"TO DECIDE (à décider) since {day}"
    if row["status"] == "WAITING":
        return f"accepted by {row['decided_by']}, next run takes it in"
    if row["status"] == "REFUSED":
        return f"refused (refusée){' by ' + row['decided_by'] if row['decided_by'] else ''} {day}"
    if row["status"] == "ABANDONED":
        return f"abandoned (abandonnée) by {row['decided_by']} {day}"
    return f"being loaded since {day}" if row["status"] == "LOADING" else f"taken in (intégrée) {day}"


def _quarantine(found: Found) -> list[str]:
    would = "" if found.status in ("LOADING", "TAKEN_IN", "ABANDONED") else " would be"
    lines = [
        f"{found.folder} ({found.status}): {found.rows:,} rows{would} in the quarantine (rejets), {found.replayed:,} came back corrected"
    ]
    reasons = [("reason (motif)", "column (colonne)", "rows")]
    reasons += [(row["reason"], row["column_name"], f"{row['rows']:,}") for row in found.by_reason]
    lines += _aligned(reasons) if found.by_reason else []
    lines += [f"{row['file']}:{row['line']}  {row['reasons']}{'  replayed' if row['replayed_by'] else ''}" for row in found.first]
    return lines


def _side_by_side(one: Side, other: Side) -> list[str]:
    """Lay two sides out; a label that only one of them has is there, a control character of a dirty file never reaches the terminal."""
    labels = list(dict.fromkeys([*one.said, *other.said]))
    rows = [("", one.title, other.title)]
    rows += [(label.replace("_", " "), _plain(one.said.get(label)), _plain(other.said.get(label))) for label in labels]
    differs = ["", *("≠" if row[1] != row[2] else "=" for row in rows[1:])]
    return _aligned([(mark, *row) for mark, row in zip(differs, rows, strict=True)])


def _plain(text: str | None) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text or "-")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Pad the cells of each column; figures, and the word above them, to the right."""
    right = [all(cell.replace(",", "").isdigit() or cell == "-" for cell in column[1:]) for column in zip(*rows, strict=True)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(w) if to_right else cell.ljust(w) for cell, w, to_right in zip(row, widths, right, strict=True)).rstrip()
        for row in rows
    ]
