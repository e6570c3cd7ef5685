"""The print house's deposit report: which lots the post received, and when; nothing else starts a window.

Contract: docs/contracts/deposits.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.campaign.window import last_day
from pipelines.notices.acceptances import REFUSED
from pipelines.notices.printer_reports import Decision, Outcome, Reception, ReportKind


@dataclass(frozen=True)
class Deposit:
    """One lot that the post received: the legal day of the deposit, and how many letters."""

    lot_id: int
    deposited_on: date
    letters: int


def _read(row: list[str]) -> Deposit:
    lot_id, deposited_on, letters = row
    return Deposit(int(lot_id), date.fromisoformat(deposited_on), int(letters))


def _decide(at: Reception, deposit: Deposit) -> Decision:
    lot = at.lot(deposit.lot_id)
    if lot is None:
        return Decision(Outcome.UNKNOWN_LOT)
    if lot["status"] == "DEPOSITED":
        repeated = lot["deposited_on"] == deposit.deposited_on
        return Decision(Outcome.REPEATED if repeated else Outcome.CONTRADICTS, deposit.lot_id)
    if lot["status"] in REFUSED:
        return Decision(Outcome.LOT_REFUSED, deposit.lot_id)
    if lot["letters"] != deposit.letters:
        return Decision(Outcome.COUNT_DIFFERS, deposit.lot_id)
    if not max(lot["prepared_for"], lot["printed_on"] or date.min) <= deposit.deposited_on <= at.today:
        return Decision(Outcome.DATE_IMPOSSIBLE, deposit.lot_id)
    recorded = at.work.one(
        "notices/record_deposit",
        lot_id=deposit.lot_id, deposited_on=deposit.deposited_on, last_day=last_day(deposit.deposited_on),
    )  # fmt: skip
    counts = {what: recorded[what] for what in DEPOSITS.counted}
    return Decision(Outcome.RECORDED, deposit.lot_id, counts=counts)


DEPOSITS = ReportKind("deposits", ("lot_id", "deposited_on", "letters"), _read, _decide, counted=("sent", "notified"))
