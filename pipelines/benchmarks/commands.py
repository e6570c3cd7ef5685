"""`espace-sante benchmark ...`: figures from a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.benchmarks.figures import Figures

benchmark_app = typer.Typer(name="benchmark", help="Measure how fast it is, beside what others take.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the servers' directory there, to look at it.")]
Under = Annotated[Path | None, typer.Option(help="Where a directory for the servers is made (the system's place for such).")]


@benchmark_app.callback()
def benchmark() -> None:
    """Measure how fast it is, beside what others take."""


@benchmark_app.command("registry")
def registry_command(
    people: Annotated[int, typer.Option(help="How many people to invent.", min=100)],
    bodies: Annotated[str, typer.Option(help="Insurance bodies, separated by commas (all by default).")] = "",
    as_json: AsJson = False,
    keep: Keep = False,
    under: Under = None,
) -> None:
    """Take in the registry of a nation on servers of its own: whole, unchanged, changed by a hundredth, and a delta."""
    from pipelines.benchmarks.registry import ROOM, ROOM_A_PERSON, RegistryBenchmark
    from pipelines.benchmarks.servers import servers

    codes = tuple(code.strip().upper() for code in bodies.split(",") if code.strip())
    with servers(under, ROOM + people * ROOM_A_PERSON, keep, _say) as own:
        figures = RegistryBenchmark(own, people, codes, _say).run()
    _show(figures, as_json)


@benchmark_app.command("letters")
def letters_command(
    people: Annotated[int, typer.Option(help="How many letters to make.", min=100)], as_json: AsJson = False, under: Under = None
) -> None:
    """Make the letters of a nation, from rows to sealed lots, beside WeasyPrint on the same letters."""
    from pipelines.benchmarks import letters

    _show(letters.run(people, under, _say), as_json)


@benchmark_app.command("emails")
def emails_command(
    people: Annotated[int, typer.Option(help="How many people to invent.", min=100)], as_json: AsJson = False, under: Under = None
) -> None:
    """Build the e-mails of a nation, beside Jinja2 with EmailMessage; hand some to a real Postfix, beside its own smtp-source."""
    from pipelines.benchmarks import emails

    _show(emails.run(people, under, _say), as_json)


@benchmark_app.command("campaign")
def campaign_command(
    people: Annotated[int, typer.Option(help="How many people to invent.", min=100)],
    wave: Annotated[int, typer.Option(help="How many notices to plan.", min=10)] = 1_600_000,
    as_json: AsJson = False,
    under: Under = None,
) -> None:
    """Plan a wave on the registry of a nation, then make its letters from the database to sealed lots in the store."""
    from pipelines.benchmarks import campaign

    _show(campaign.run(people, wave, under, _say), as_json)


@benchmark_app.command("oppositions")
def oppositions_command(
    people: Annotated[int, typer.Option(help="How many people to invent.", min=1000)], as_json: AsJson = False, under: Under = None
) -> None:
    """Take in the oppositions of everybody who was told from files, then a hundred thousand guesses at one person's code."""
    from pipelines.benchmarks import oppositions

    _show(oppositions.run(people, under, _say), as_json)


@benchmark_app.command("opening")
def opening_command(
    people: Annotated[int, typer.Option(help="How many people to invent.", min=100)], as_json: AsJson = False, under: Under = None
) -> None:
    """Open the accounts of everybody who was told, beside the bare insert of the same rows and SQLAlchemy's objects."""
    from pipelines.benchmarks import opening

    _show(opening.run(people, under, _say), as_json)


@benchmark_app.command("documents")
def documents_command(
    count: Annotated[int, typer.Option(help="How many documents to read.", min=10)], as_json: AsJson = False, under: Under = None
) -> None:
    """Read documents from bytes to decision on one core, beside the bare libraries on the same bytes."""
    from pipelines.benchmarks import documents

    _show(documents.run(count, under, _say), as_json)


@benchmark_app.command("feeds")
def feeds_command(
    count: Annotated[int, typer.Option(help="How many documents to take in.", min=10)],
    rows: Annotated[int, typer.Option(help="Rows of the index at which the cost of one more is measured too (0: not).", min=0)] = 0,
    scan: Annotated[bool, typer.Option("--scan", help="Have a real clamd scan them too.")] = False,
    as_json: AsJson = False,
    under: Under = None,
) -> None:
    """Take documents in from a feed's inbox to records and answers, beside bare puts of the same objects with boto3."""
    from pipelines.benchmarks import feeds

    _show(feeds.run(count, rows, under, _say, scan), as_json)


@benchmark_app.command("backlog")
def backlog_command(
    count: Annotated[int, typer.Option(help="How many small documents to drain.", min=20)], as_json: AsJson = False, under: Under = None
) -> None:
    """Drain a backlog in ten slices: the last is to be as fast as the first, in as much memory."""
    from pipelines.benchmarks import backlog

    _show(backlog.run(count, under, _say), as_json)


@benchmark_app.command("scan")
def scan_command(
    count: Annotated[int, typer.Option(help="How many documents to scan.", min=10)], as_json: AsJson = False, under: Under = None
) -> None:
    """Hand documents of 250 KB to a real clamd, beside its own clamdscan --stream at the same concurrency."""
    from pipelines.benchmarks import scan

    _show(scan.run(count, under, _say), as_json)


@benchmark_app.command("audit")
def audit_command(
    people: Annotated[int, typer.Option(help="How many people to invent.", min=100)], as_json: AsJson = False, under: Under = None
) -> None:
    """Seal the audit trail of a planned nation, then verify it."""
    from pipelines.benchmarks import audit

    _show(audit.run(people, under, _say), as_json)


@benchmark_app.command("purge")
def purge_command(
    accounts: Annotated[int, typer.Option(help="How many archives to destroy, by their rows.", min=100)],
    with_objects: Annotated[int, typer.Option(help="How many more whose objects are in the store.", min=0)] = 0,
    as_json: AsJson = False,
    under: Under = None,
) -> None:
    """Destroy archives that are over, with the index of their documents."""
    from pipelines.benchmarks import purge

    _show(purge.run(accounts, with_objects, under, _say), as_json)


def _show(figures: Figures, as_json: bool) -> None:
    typer.echo(figures.as_json() if as_json else figures.as_table())


def _say(words: str) -> None:
    """Tell progress where it is in nobody's way."""
    typer.echo(words, err=True)
