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
    """Verify the trail from its beginning, or its last seals only; return how much was found right.

    Raises: BrokenTrailError, naming the first seal that is broken, its day, and the shard with its person ids.
    """
    with db.snapshot() as session:
        seals = session.all("audit/seals", last=last)
        follows = (0, 0) if last is None else None
        for seal in seals:
            for fault in _faults(session, store, follows, seal):
                raise BrokenTrailError(f"seal {seal['seal_no']} of {seal['sealed_on']:%Y-%m-%d}: {fault}: call the security officer")
            follows = seal["seal_no"], seal["up_to"]
    return Verified(len(seals), sum(seal["links"] for seal in seals), sum(seal["rows"] for seal in seals))


def _faults(session: Session, store: ObjectStore, follows: tuple[int, int] | None, seal: RowMapping) -> Iterator[str]:
    if follows not in (None, (seal["seal_no"] - 1, seal["after"])):
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
