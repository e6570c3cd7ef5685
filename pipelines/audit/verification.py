"""Verifying the audit trail: every sealed row is as it was, every link follows from the one before, every head is the one in the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import RowMapping

from pipelines.audit.sealing import BUCKET, head_key, head_of
from pipelines.platform.database import Database, Session
from pipelines.platform.errors import FinalError
from pipelines.platform.object_store import MissingObjectError, ObjectStore

# What the daily run reads again; the whole trail of years is read by hand.
DAILY_SEALS = 31


class BrokenTrailError(FinalError):
    """The audit trail is not what was sealed."""


@dataclass(frozen=True)
class Verified:
    """What was found to be as it was sealed."""

    seals: int
    links: int
    rows: int


def verify_audit(db: Database, store: ObjectStore, last: int | None = None) -> Verified:
    """Verify the trail from its beginning, or its last seals and another part of the older ones each day; return how much was right.

    Raises: BrokenTrailError, naming the first seal that is broken, its day, and the shard with its person ids.
    """
    with db.snapshot() as session:
        known = session.all("audit/seals")
        seals = [seal for seal in known if last is None or _is_due(seal["seal_no"], known[-1]["seal_no"], last)]
        for seal in seals:
            for fault in _faults(session, store, seal):
                raise BrokenTrailError(f"seal {seal['seal_no']} of {seal['sealed_on']:%Y-%m-%d}: {fault}: call the security officer")
        if gone := sorted(set(store.keys(BUCKET, "heads/")) - {head_key(seal["seal_no"]) for seal in known}):
            raise BrokenTrailError(f"the seal of {gone[0]} in the object store was taken away from the database: call the security officer")
        _require_sealed(session)
    return Verified(len(seals), sum(seal["links"] for seal in seals), sum(seal["rows"] for seal in seals))


def _is_due(seal_no: int, newest: int, last: int) -> bool:
    """Tell whether a seal is one of the last, or of the part of the older ones whose day it is."""
    return seal_no > newest - last or seal_no % last == newest % last


def _require_sealed(session: Session) -> None:
    unsealed = session.one("audit/unsealed")
    if unsealed["is_ahead"]:
        raise BrokenTrailError("a row of the trail has a number that no transaction had yet: call the security officer")
    if unsealed["waits_long"]:
        raise BrokenTrailError(
            "what the trail recorded more than two days ago is not sealed: a transaction that was left open or prepared holds seals back; "
            "end it (pg_stat_activity, pg_prepared_xacts), then clear seal_audit"
        )


def _faults(session: Session, store: ObjectStore, seal: RowMapping) -> Iterator[str]:
    if not seal["follows"]:
        yield "it does not follow the one before: a seal was taken away"
    span: dict[str, Any] = {name: seal[name] for name in ("seal_no", "after", "up_to")}
    for link in session.all("audit/broken_links", **span):
        first = link["shard"] << 16
        rows = f"{link['sealed_rows']} rows were sealed and {link['found_rows']} are found"
        yield f"the link of shard {link['shard']} (people {first} to {first + 65_535}) is broken: {rows}"
    if session.one("audit/head", seal_no=seal["seal_no"])["head"] != seal["head"]:
        yield "its head does not follow from its links"
    try:
        kept = store.first_version(BUCKET, head_key(seal["seal_no"]))
    except MissingObjectError:
        yield f"its head is not in the object store ({head_key(seal['seal_no'])})"
        return
    if kept != head_of(dict(seal)):
        yield f"its head is not the one in the object store ({head_key(seal['seal_no'])}): the trail was sealed anew"
