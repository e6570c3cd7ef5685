"""Deletion of rows whose time is over, in small units of work."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from pipelines.platform.database import Counts, Database, Work
from pipelines.retention.holds import held_places, is_held
from pipelines.retention.rules import RowRule
from pipelines.retention.swept import Swept


def sweep_rows(db: Database, rule: RowRule, as_of: datetime, deletes: bool) -> Swept:
    """Count the rows whose time is over, and delete them if so told, a chunk a unit of work. Safe to repeat and to kill."""
    due = _due(db, rule, as_of)
    if is_held([hold["place"] for hold in held_places(db)], rule.name):
        return Swept(rule.name, held=due)

    def delete(work: Work) -> Counts:
        return {"deleted": work.one(f"retention/{rule.name}", before=rule.before(as_of), most=rule.chunk, deletes=True)["due"]}

    chunks = count()
    while deletes and _due(db, rule, as_of):
        db.once("retention", f"{rule.name}/{as_of.isoformat()}/{next(chunks)}", as_of, delete)
    return Swept(rule.name, due=due)


def _due(db: Database, rule: RowRule, as_of: datetime) -> int:
    with db.snapshot() as session:
        return int(session.one(f"retention/{rule.name}", before=rule.before(as_of), most=None, deletes=False)["due"])
