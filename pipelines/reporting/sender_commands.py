"""`espace-sante documents quality`, `suspend`, `resume`, `suspended`, `backlog`: how a sender sends, whether it may, how far it is."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.platform.database import Database
    from pipelines.platform.settings import Settings


class Here(Protocol):
    """What these commands need of an installation."""

    settings: Settings

    @property
    def db(self) -> Database:
        """The business database."""

    @property
    def reporting_db(self) -> Database:
        """The business database as whoever counts sees it."""


FeedArgument = Annotated[str, typer.Argument(help="Name of the feed (flux), which is that of its declaration.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept for years: no name, no matricule, no address.")]

BacklogOption = Annotated[bool, typer.Option("--backlog", help="Only its backlog (reprise de stock).")]


def add_sender_commands(app: typer.Typer, here: Callable[[], Here]) -> None:
    """Add the commands to those of documents; `here` gives this installation."""

    @app.command("quality")
    def quality(feed: FeedArgument, out: Annotated[Path, typer.Option("--out", help="Folder to write the page and the CSV into.")]) -> None:
        """Write a sender's page and CSV of its last eight weeks (qualité des envois), to send to its editor: counts only."""
        from pipelines.documents.feed import named_feed
        from pipelines.platform.clock import now
        from pipelines.reporting.sender_page import render_sender, sender_csv, sender_quality

        this = here()
        made = sender_quality(this.reporting_db, named_feed(this.settings.feeds_directory, feed), now())
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{feed}.html").write_text(render_sender(made, this.settings.home / "templates"), encoding="utf-8")
        (out / f"{feed}.csv").write_text(sender_csv(made), encoding="utf-8")
        typer.echo(f"{out / feed}.html and .csv: {made.received:,} documents, {made.failures:,} to be mended")

    @app.command("suspended")
    def suspended() -> None:
        """List the feeds that stand still (flux suspendus), since when, by whom and why."""
        from pipelines.documents.suspension import standing

        typer.echo("\n".join(map(str, standing(here().db))) or "no feed is suspended")

    @app.command("backlog")
    def backlog() -> None:
        """Say how far backlogs are drained (reprise de stock): files of the last day, files left, and when it ends at this rate."""
        from pipelines.documents.backlog import progress
        from pipelines.platform.clock import now

        typer.echo("\n".join(map(str, progress(here().reporting_db, now()))) or "no backlog was drained in the last day")

    @app.command("suspend")
    def suspend(feed: FeedArgument, reason: ReasonOption, backlog: BacklogOption = False) -> None:
        """Make a feed stand still (suspendre): its files wait in its inbox, nothing is lost."""
        from pipelines.documents.suspension import Part
        from pipelines.documents.suspension import suspend as stop
        from pipelines.platform.clock import now

        stop(here().db, feed, getpass.getuser(), reason, now(), Part.BACKLOG if backlog else Part.FEED)
        typer.echo(f"{feed} is suspended from its next run on")

    @app.command("resume")
    def resume(feed: FeedArgument, reason: ReasonOption, backlog: BacklogOption = False) -> None:
        """Let a feed go on (reprendre), from its next run on; what failed before counts no more."""
        from pipelines.documents.suspension import Part
        from pipelines.documents.suspension import resume as go_on
        from pipelines.platform.clock import now

        go_on(here().db, feed, getpass.getuser(), reason, now(), Part.BACKLOG if backlog else Part.FEED)
        typer.echo(f"{feed} goes on with its next run")
