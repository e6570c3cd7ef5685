"""`espace-sante documents quarantine`: what was refused and may yet be taken in, worked off from a shell."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol
from uuid import UUID

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.documents.quarantine import Chosen, Wish
    from pipelines.platform.database import Database
    from pipelines.platform.object_store import ObjectStore


class Here(Protocol):
    """What the quarantine needs of an installation."""

    @property
    def db(self) -> Database:
        """The business database."""

    @property
    def store(self) -> ObjectStore:
        """The object store."""


FileArgument = Annotated[UUID, typer.Argument(help="Number of the file, as `list` prints it.")]
FeedOption = Annotated[str, typer.Option("--feed", help="Only this feed (flux).")]
CodeOption = Annotated[str, typer.Option("--code", help="Only files with a document refused for this (motif), such as INS_MISMATCH.")]
DaysOption = Annotated[int, typer.Option("--older-than-days", help="Only files held for longer.", min=0)]
FilesOption = Annotated[list[UUID] | None, typer.Option("--file", help="Only this file; say it again for several.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every file of the quarantine.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept for years: no name, no matricule, no address.")]
MOST = 50


def quarantine_app(here: Callable[[], Here]) -> typer.Typer:
    """Return the commands of the quarantine; `here` gives this installation."""
    app = typer.Typer(no_args_is_help=True, help="Refused files that may yet be taken in (quarantaine des documents).")

    @app.command("list")
    def list_files(feed: FeedOption = "", code: CodeOption = "", older_than_days: DaysOption = 0, most: int = MOST) -> None:
        """List causes, then files, the oldest first (lister): numbers, reasons and dates, nothing of anybody's."""
        from pipelines.documents.quarantine import causes, held_files

        db = here().db
        for cause in causes(db, feed or None):
            typer.echo(f"{cause.feed:20} {cause.code:22} {cause.files:>8,} files since {cause.since:%Y-%m-%d}  {cause.told}")
        for held in held_files(db, _chosen(feed, code, older_than_days, None), most):
            typer.echo(
                f"{held.delivery_id}  {held.held_at:%Y-%m-%d %H:%M}  {held.feed}  {' '.join(held.codes)}  {held.wish or ''}".rstrip()
            )

    @app.command("show")
    def show(file: FileArgument) -> None:
        """Show the metadata of a file's documents as they are read now (métadonnées): nothing of the patient's."""
        from pipelines.documents.bounded_reader import BoundedReader
        from pipelines.documents.quarantine import find_held, metadata_of
        from pipelines.documents.routes import named_route

        this = here()
        held = find_held(this.db, file)
        with BoundedReader() as reader:
            documents = metadata_of(this.db, named_route(held.feed, this.store), held, reader.read)
        for document in documents:
            typer.echo(f"document {document.place}: {document.outcome} {document.code} ({document.detail or 'nothing else'})")
            typer.echo(f"  {document.format}, type {document.type_code}, {document.unique_id}, version {document.version}")
            typer.echo(f"  made {document.created} by {document.author_organization}")

    @app.command("content")
    def content(
        file: FileArgument, out: Annotated[Path, typer.Option("--out", help="Folder to write the file into.")], reason: ReasonOption
    ) -> None:
        """Write a file out to look at it (contenu): personal data. Who looked and why is kept, in the person's journey too."""
        from pipelines.documents.quarantine import content_of, find_held
        from pipelines.documents.routes import named_route
        from pipelines.platform.clock import now

        this = here()
        held = find_held(this.db, file)
        name, data = content_of(this.db, named_route(held.feed, this.store), held, getpass.getuser(), reason, now())
        target = out / f"{file}-{name.replace(os.sep, '_')}"
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(data)
        typer.echo(f"written to {target}: personal data, perhaps hostile; look at it where it does no harm, then delete it")

    def order(what: Wish, chosen: Chosen, reason: str) -> None:
        from pipelines.documents.quarantine import wish
        from pipelines.platform.clock import now

        files = wish(here().db, chosen, what, getpass.getuser(), reason, now())
        typer.echo(f"{files} files: {what.lower()} with the next run of their feeds")

    @app.command("replay")
    def replay(
        reason: ReasonOption,
        feed: FeedOption = "",
        code: CodeOption = "",
        older_than_days: DaysOption = 0,
        file: FilesOption = None,
        everything: AllOption = False,
    ) -> None:
        """Decide again on files (rejouer), once what refused them is mended: stored once, answered again, by the feed's next run."""
        from pipelines.documents.quarantine import Wish

        order(Wish.REPLAY, _some(feed, code, older_than_days, file, everything), reason)

    @app.command("return")
    def give_back(
        reason: ReasonOption,
        feed: FeedOption = "",
        code: CodeOption = "",
        older_than_days: DaysOption = 0,
        file: FilesOption = None,
        everything: AllOption = False,
    ) -> None:
        """Give files back to their senders (rendre), in `returned/` beside the inbox, and forget them."""
        from pipelines.documents.quarantine import Wish

        order(Wish.RETURN, _some(feed, code, older_than_days, file, everything), reason)

    _add_corrections(app, here)
    return app


def _add_corrections(app: typer.Typer, here: Callable[[], Here]) -> None:
    @app.command("correct")
    def correct(
        file: FileArgument,
        reason: ReasonOption,
        person: Annotated[int, typer.Option("--person", help="Number of the person, as the journey and the registry's doubts tell it.")],
        place: Annotated[int, typer.Option("--document", help="Which document of the file, as `show` tells it.")] = 0,
    ) -> None:
        """Name whom a refused document is about (corriger l'identité): it counts once a second person agrees."""
        from pipelines.documents.identity_correction import ask_correction
        from pipelines.platform.clock import now

        request = ask_correction(here().db, file, place, person, getpass.getuser(), reason, now())
        typer.echo(f"correction {request} waits for a second person: espace-sante documents quarantine decide {request} --grant")

    @app.command("corrections")
    def corrections() -> None:
        """List the corrections that wait for a second person (corrections à valider)."""
        from pipelines.documents.identity_correction import open_corrections

        for one in open_corrections(here().db):
            typer.echo(
                f"{one['request']}: file {one['delivery_id']} document {one['place']} to person {one['person_id']}, "
                f"asked by {one['asked_by']}: {one['reason']}"
            )

    @app.command("decide")
    def decide(
        request: Annotated[int, typer.Argument(help="Number of the correction.")],
        granted: Annotated[bool, typer.Option("--grant/--refuse", help="Agree, which replays the file, or refuse.")],
    ) -> None:
        """Decide on a correction that somebody else asked for (valider)."""
        from pipelines.documents.identity_correction import decide_correction
        from pipelines.platform.clock import now

        decide_correction(here().db, request, granted, getpass.getuser(), now())
        typer.echo(f"correction {request}: {'granted, the next run of its feed replays the file' if granted else 'refused'}")


def _some(feed: str, code: str, older_than_days: int, files: list[UUID] | None, everything: bool) -> Chosen:
    if not (feed or code or older_than_days or files or everything):
        raise typer.BadParameter("say which files: --feed, --code, --older-than-days, --file, or --all")
    return _chosen(feed, code, older_than_days, files)


def _chosen(feed: str, code: str, older_than_days: int, files: list[UUID] | None) -> Chosen:
    from datetime import timedelta

    from pipelines.documents.document import Reason
    from pipelines.documents.quarantine import Chosen
    from pipelines.platform.clock import now

    if code and code not in set(Reason):
        raise typer.BadParameter("no such reason: docs/documents.md lists them", param_hint="--code")
    return Chosen(now() - timedelta(days=older_than_days), feed or None, Reason(code) if code else None, files or None)
