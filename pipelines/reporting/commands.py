"""`espace-sante reconcile` and `person`: do the books balance, and what happened to somebody."""

from __future__ import annotations

import getpass
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.platform.errors import FinalError

if TYPE_CHECKING:
    from pipelines.audit.findings import Finding
    from pipelines.reporting.equations import Equation
    from pipelines.reporting.journey import Event

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of plain words.")]


def reconcile(as_json: AsJson = False) -> None:
    """Compute the equations that must hold; ends with 1 where one does not."""
    from pipelines.audit.findings import standing_findings
    from pipelines.platform.clock import now
    from pipelines.platform.database import Database, Role
    from pipelines.platform.settings import settings
    from pipelines.reporting.equations import balance

    db = Database(settings(), Role.REPORTING)
    equations = balance(db)
    if as_json:
        typer.echo(json.dumps([{**asdict(e), "holds": e.holds} for e in equations], indent=2))
    else:
        with db.transaction() as session:
            standing = standing_findings(session, now())
        typer.echo("\n".join([*_table(equations), *_places(equations), *_standing(standing)]))
    raise typer.Exit(0 if all(e.holds for e in equations) else 1)


def _table(equations: list[Equation]) -> list[str]:
    rows = [("equation", "left hand", "right hand", "violations", "", "what must hold")]
    rows += [
        (e.name, f"{e.left_hand:,}", f"{e.right_hand:,}", f"{e.violations:,}", "holds" if e.holds else "BROKEN", e.title) for e in equations
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in rows]


def _places(equations: list[Equation]) -> list[str]:
    """Say where each equation breaks, a line a place."""
    return [
        f"{equation.name} in {place}: {place.left_hand:,} against {place.right_hand:,}, {place.violations:,} violations"
        for equation in equations
        for place in equation.breaks
    ]


def _standing(findings: list[Finding]) -> list[str]:
    """Say which findings hold openings and purges back, and which were overridden."""
    return [
        f"finding {finding.finding_id}, {finding.discrepancy.equation}, stands since {finding.found_at:%Y-%m-%d}: "
        + (f"overridden until {finding.overridden_until}" if finding.overridden_until else "openings and purges wait")
        for finding in findings
    ]


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    """Pad the cells of a row: the three figures to the right, words to the left."""
    return [cell.rjust(w) if place in (1, 2, 3) else cell.ljust(w) for place, (cell, w) in enumerate(zip(row, widths, strict=True))]


def person(
    matricule: Annotated[str, typer.Argument(help="15 characters, 13 for a provisional number.")],
    reason: Annotated[str, typer.Option(help="Why you look: kept in the person's own journey. Asked for if you leave it out.")] = "",
    as_json: AsJson = False,
    pdf: Annotated[
        Path | None, typer.Option(help="Write it to this file instead, in French, to hand over to the person (RGPD art. 15).")
    ] = None,
) -> None:
    """Print what happened to one person, oldest first; that you looked, and why, is kept with it."""
    number = "".join(matricule.split())
    why = _reason(reason, number)

    from pipelines.platform.clock import now
    from pipelines.platform.database import Database, Role
    from pipelines.platform.settings import settings
    from pipelines.reporting.journey import consult

    here, as_of = settings(), now()
    templates = here.home / "templates"
    journey = consult(Database(here, Role.DESK), templates, number, getpass.getuser(), why, as_of)
    if pdf:
        from pipelines.reporting.journey_pdf import journey_pdf

        pdf.touch(mode=0o600)
        pdf.write_bytes(journey_pdf(journey, templates, as_of))
    elif as_json:
        typer.echo(json.dumps([{**asdict(e), "at": e.at.isoformat()} for e in journey.events], indent=2, ensure_ascii=False, default=str))
    else:
        typer.echo("\n".join(_line(event) for event in journey.events))


def _reason(given: str, number: str) -> str:
    """Return the reason, asked for on a terminal. Raises: FinalError if there is none, or if it repeats the matricule."""
    reason = given.strip()
    if not reason and sys.stdin.isatty():
        reason = str(typer.prompt("Why do you look at this journey")).strip()
    if not reason:
        raise FinalError("say why you look at this journey: --reason TEXT")
    # 13 characters identify a person as well as 15: the rest is a key.
    if len(number) >= 13 and number[:13].upper() in "".join(reason.split()).upper():
        raise FinalError("the reason is kept for years: leave the matricule out of it")
    return reason


def _line(event: Event) -> str:
    parts = [f"{event.at:%Y-%m-%d %H:%M:%S}", event.what]
    if event.why:
        parts.append(f"reason: {event.why}")
    parts += [f"{name.replace('_', ' ')} {value}" for name, value in event.detail.items()]
    return " | ".join([*parts, f"by {event.by}"])
