"""Lots that a print house refuses: made again once where another copy may cure it, else somebody is called until it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import RowMapping

from pipelines.notices.acceptances import ON_THE_WAY
from pipelines.notices.letter_dispatch import LetterDispatch
from pipelines.notices.lot_production import remake_lot
from pipelines.platform.database import Database
from pipelines.platform.errors import FinalError
from pipelines.platform.faults import Faults


def refused_lots(db: Database) -> Sequence[RowMapping]:
    """Return the lots that print houses refuse."""
    with db.transaction() as session:
        return session.all("notices/refused_lots")


def settle_refused_lots(dispatch: LetterDispatch, as_of: datetime) -> int:
    """Hand over anew, once each, the lots that were damaged on the way; return how many.

    Safe to repeat. Raises, once all that can be is handed over: FinalError with every lot that somebody must decide on, and again on each
    run until it is made again or withdrawn, since nobody of it is told meanwhile; RetryableError where each lot may be made later.
    """
    settled, faults = 0, Faults()
    for lot in refused_lots(dispatch.db):
        with faults.apart(f"lot {lot['lot_id']} of {lot['printer']}"):
            if lot["refusal"] not in ON_THE_WAY or lot["remakes"] > 0:
                raise FinalError(
                    f"refused for {lot['refusal']}, nothing of it will be deposited: call the desk, then remake or withdraw it"
                )
            remake_lot(dispatch, lot["lot_id"], as_of)
            settled += 1
    faults.require_none()
    return settled
