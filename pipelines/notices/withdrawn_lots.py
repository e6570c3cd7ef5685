"""Lots that are given up before they are on paper: their letters leave in other lots, with the same references and codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.notices.cancellation import making
from pipelines.notices.print_lot import BUCKET, object_keys
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RuleError
from pipelines.platform.object_store import ObjectStore


@dataclass(frozen=True)
class Withdrawal:
    """Who gives a lot up and why; whether they state that nothing of it is printed nor will be, which a refusal states by itself."""

    actor: str
    reason: str
    nothing_printed: bool = False


def withdraw_lot(db: Database, store: ObjectStore, lot_id: int, withdrawal: Withdrawal, as_of: datetime) -> Counts:
    """Give up a lot: its letters wait again for the next lots, and its objects go, the manifest first, so that nobody prints them.

    Safe to repeat: a lot is withdrawn once, and what is left of its objects goes each time.
    Raises: RuleError if the lot may be on paper; RetryableError if another process makes it again.
    """

    def withdraw(work: Work) -> Counts:
        found = work.one("notices/withdraw_lot", lot_id=lot_id, reason=withdrawal.reason, nothing_printed=withdrawal.nothing_printed)
        if not found["lots"]:
            raise RuleError(f"lot {lot_id} {_why_not(found['status'], found['is_reported'])}")
        return {what: found[what] for what in ("lots", "people")}

    with db.exclusively(making(lot_id)):
        done = db.once("withdraw_lot", str(lot_id), as_of, withdraw, actor=withdrawal.actor)
        with db.transaction() as session:
            printer = session.one("notices/find_lot", lot_id=lot_id)["printer"]
        for key in reversed(object_keys(printer, lot_id)):
            store.delete(BUCKET, key)
    return done.counts


def _why_not(status: str | None, is_reported: bool) -> str:
    if status in (None, "PLANNED", "EMPTY"):
        return "was not handed over: there is nothing to withdraw"
    if is_reported or status in ("PRINTED", "DEPOSITED"):
        return "was reported as printed or deposited: what may be on paper is not withdrawn, it is made again"
    return "is not refused by its print house: call its desk; --nothing-printed states that nothing of it is printed nor will be"
