"""Holds (gels): what must stay whatever its time, because somebody disputes it. Only a person puts one and lifts it, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError, RuleError


def put_hold(db: Database, place: str, reason: str, as_of: datetime, actor: str) -> None:
    """Hold a place: a bucket and a prefix of whole folders (`print/PRINCIPAL/lots/12`), or a rule's name.

    Raises: FinalError without a place or a reason; RuleError where the place is held already.
    """
    place, reason = place.strip("/ "), reason.strip()
    if not place or not reason:
        raise FinalError("say what to hold, and why")

    def put(work: Work) -> Counts:
        return {"holds": work.run("retention/put_hold", work_id=work.work_id, place=place, reason=reason)}

    if not db.once("hold", f"{place} at {as_of.isoformat()}", as_of, put, actor=actor).counts["holds"]:
        raise RuleError(f"{place} is held already: see `espace-sante retention holds`")


def lift_hold(db: Database, place: str, as_of: datetime, actor: str) -> None:
    """Lift the hold of a place; what is due of it goes with the next run. Raises: RuleError where it is not held."""
    place = place.strip("/ ")

    def lift(work: Work) -> Counts:
        return {"holds": work.run("retention/lift_hold", work_id=work.work_id, place=place)}

    if not db.once("lift_hold", f"{place} at {as_of.isoformat()}", as_of, lift, actor=actor).counts["holds"]:
        raise RuleError(f"{place} is not held: see `espace-sante retention holds`")


def held_places(db: Database) -> list[dict[str, str]]:
    """Return what is held: place, reason, who, since when."""
    with db.transaction() as session:
        return [dict(row) for row in session.all("retention/holds")]


def is_held(places: Sequence[str], thing: str) -> bool:
    """Tell whether a thing (`bucket/key`, or a rule's name) is a place that is held, or lies in one."""
    return any(thing == place or thing.startswith(f"{place}/") for place in places)
