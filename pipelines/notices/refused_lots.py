"""Lots that a print house refuses: made again once where another copy may cure it, else somebody is called, who may withdraw the lot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import RowMapping

from pipelines.notices.acceptances import ON_THE_WAY
from pipelines.notices.letter_dispatch import LetterDispatch
from pipelines.notices.lot_production import remake_lot
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError, RuleError


class RefusedLotError(FinalError):
    """A print house refuses a lot for a reason that another copy of it would not cure."""


def refused_lots(db: Database) -> Sequence[RowMapping]:
    """Return the lots that print houses refuse."""
    with db.transaction() as session:
        return session.all("notices/refused_lots")


def settle_refused_lots(dispatch: LetterDispatch, as_of: datetime) -> int:
    """Hand over anew, once each, the lots that were damaged on the way; return how many.

    Safe to repeat. Raises: RefusedLotError, once for each refusal and after the others were handed over, where a lot must be looked at.
    """
    refused = refused_lots(dispatch.db)
    curable = [lot for lot in refused if lot["refusal"] in ON_THE_WAY and lot["remakes"] == 0]
    for lot in curable:
        remake_lot(dispatch, lot["lot_id"], as_of)
    stopped = [
        lot
        for lot in refused
        if lot not in curable
        and not dispatch.db.once("stop_refused_lot", f"{lot['lot_id']}/{lot['remakes']}", as_of, lambda _: {}).repeated
    ]
    if stopped:
        named = ", ".join(f"{lot['lot_id']} ({lot['printer']}: {lot['refusal']})" for lot in stopped)
        raise RefusedLotError(f"refused by the print house, nothing of them will be deposited: lots {named}; call its desk")
    return len(curable)


def withdraw_lot(db: Database, lot_id: int, as_of: datetime, actor: str) -> Counts:
    """Give up a lot that its print house refuses: its letters wait again, with the same references and codes, for the next lots.

    Safe to repeat: a lot is withdrawn once. Raises: RuleError if the lot is not refused: it may be on paper already.
    """

    def withdraw(work: Work) -> Counts:
        done = work.one("notices/withdraw_lot", lot_id=lot_id)
        if not done["lots"]:
            raise RuleError(f"lot {lot_id} is not refused by its print house: only a lot of which nothing is printed can be withdrawn")
        return done

    return db.once("withdraw_lot", str(lot_id), as_of, withdraw, actor=actor).counts
