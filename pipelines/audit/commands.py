"""`espace-sante audit`: seal the trail, verify it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipelines.platform.database import Database
    from pipelines.platform.object_store import ObjectStore

    Trail = tuple[Database, ObjectStore, int]
    """Where the trail is, where its heads are kept, and for how many years."""


def audit_app(trail: Callable[[], Trail]) -> typer.Typer:
    """Return the commands for a trail."""
    app = typer.Typer(no_args_is_help=True, help="The audit trail: seal it, verify it.")

    @app.command()
    def seal() -> None:
        """Seal what was recorded since the last seal, as the daily run does."""
        from pipelines.audit.sealing import seal_audit
        from pipelines.platform.clock import now

        sealed = seal_audit(*trail(), now())
        typer.echo(f"seal {sealed['seal_no']}: {sealed['rows']:,} rows in {sealed['links']:,} links")

    @app.command()
    def verify(last: Annotated[int | None, typer.Option(min=1, help="Only the last seals; all of them otherwise.")] = None) -> None:
        """Tell whether every sealed row is as it was; names the first broken link and ends with 1 otherwise."""
        from pipelines.audit.verification import verify_audit

        db, store, _ = trail()
        found = verify_audit(db, store, last)
        typer.echo(f"{found.seals:,} seals, {found.links:,} links, {found.rows:,} rows: all as they were sealed")

    return app
