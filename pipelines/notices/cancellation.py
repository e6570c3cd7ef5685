"""What an order of operations to pause, resume or cancel does to notices that have not left."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from pipelines.campaign.policy import Policy
from pipelines.campaign.steering import Action, steer
from pipelines.campaign.steps import withdraw_gone
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RetryableError


def making(lot_id: int) -> str:
    """Return what a process holds for itself while it makes a lot or takes letters out of it (`Database.exclusively`)."""
    return f"lot {lot_id}"


def carry_out(db: Database, policy: Policy, action: Action, wave_id: int | None, actor: str, reason: str, as_of: datetime) -> str:
    """Carry out an order on a wave, or on the whole campaign where `wave_id` is None; return a sentence for whoever gave it.

    Nothing new leaves once it returns. What is cancelled goes back to planning; lots that are handed over already stay with their
    print house. Safe to repeat. Raises: RuleError if there is no such wave, or the order changes nothing there.
    """
    done = steer(db, action, policy.campaign_id, wave_id, actor, reason, as_of)
    if action is not Action.CANCEL:
        return done
    busy = take_back_letters(db, as_of)
    withdrawn = withdraw_gone(db, policy, ["EMAIL", "LETTER"], as_of)
    leaving = (
        f"; {busy} lots were being handed over and leave: `espace-sante letters withdraw --nothing-printed` takes them back" if busy else ""
    )
    return f"{done}: {withdrawn} notices are withdrawn, their people wait for another wave{leaving}"


def take_back_letters(db: Database, as_of: datetime) -> int:
    """Take the letters of cancelled waves, and of people who died, out of lots not handed over; return how many lots another process holds.

    Safe to repeat: a later run finds only what is left.
    """
    with db.transaction() as session:
        lots = [row["lot_id"] for row in session.all("notices/lots_to_take_back_from")]
    busy = 0
    for lot_id in lots:
        try:
            with db.exclusively(making(lot_id)):
                db.once("take_back_letters", f"{lot_id}/{as_of.isoformat()}", as_of, partial(_take_back, lot_id=lot_id))
        except RetryableError:
            busy += 1
    return busy


def _take_back(work: Work, lot_id: int) -> Counts:
    return {"lots": work.run("notices/take_back_letters", lot_id=lot_id)}
