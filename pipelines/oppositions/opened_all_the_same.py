"""The gravest case: somebody opposed in time, and a space was opened all the same, since the request was read too late."""

from __future__ import annotations

from datetime import datetime

from pipelines.platform.database import Database
from pipelines.platform.errors import FinalError


def require_nobody_opened_all_the_same(db: Database, as_of: datetime) -> None:
    """Raise FinalError if a run took in requests that were received in time and came after the opening, naming their channels.

    The next opening run closes these spaces (CSP R1111-28, R1111-36); somebody must find out why the files came late.
    """
    with db.transaction() as session:
        rows = session.all("oppositions/opened_all_the_same", as_of=as_of)
    if rows:
        channels = ", ".join(f"{row['people']} of {row['channel']}" for row in rows)
        raise FinalError(
            f"people opposed in time and had a space opened all the same ({channels}): the next opening run closes them; "
            "tell the data protection officer, find out why the files came late (runbook opposition_intake)"
        )
