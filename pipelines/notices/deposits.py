"""The print house's deposit report: which lots the post received, and when; nothing else starts a window.

A deposit before the day printed on the letters counts, as `early`: the last day that they promise is kept. See docs/contracts/deposits.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.campaign.window import last_day_by_letter
from pipelines.notices.acceptances import NOT_TO_PRINT
from pipelines.notices.printer_reports import Decision, Outcome, Reception, ReportKind
from pipelines.notices.report_fields import calendar_day, whole_number
from pipelines.platform.clock import legal_day


@dataclass(frozen=True)
class Deposit:
    """One lot that the post received: the legal day of the deposit, and how many letters."""

    lot_id: int
    deposited_on: date
    letters: int


def _read(row: list[str]) -> Deposit:
    lot_id, deposited_on, letters = row
    return Deposit(whole_number(lot_id), calendar_day(deposited_on), whole_number(letters))


def _decide(at: Reception, deposit: Deposit) -> Decision:
    lot = at.lot(deposit.lot_id)
    if lot is None:
        return Decision(Outcome.UNKNOWN_LOT)
    if lot["status"] == "DEPOSITED":
        repeated = lot["deposited_on"] == deposit.deposited_on
        return Decision(Outcome.REPEATED if repeated else Outcome.CONTRADICTS, deposit.lot_id)
    if lot["status"] in NOT_TO_PRINT:
        return Decision(NOT_TO_PRINT[lot["status"]], deposit.lot_id)
    if lot["letters"] != deposit.letters:
        return Decision(Outcome.COUNT_DIFFERS, deposit.lot_id)
    if not (lot["printed_on"] or legal_day(lot["handed_over_at"])) <= deposit.deposited_on <= at.today:
        return Decision(Outcome.DATE_IMPOSSIBLE, deposit.lot_id)
    recorded = at.work.one(
        "notices/record_deposit",
        lot_id=deposit.lot_id, deposited_on=deposit.deposited_on,
        last_day=last_day_by_letter(deposit.deposited_on, dated=lot["prepared_for"]),
    )  # fmt: skip
    early = int(deposit.deposited_on < lot["prepared_for"])
    return Decision(Outcome.RECORDED, deposit.lot_id, counts={"sent": recorded["sent"], "notified": recorded["notified"], "early": early})


DEPOSITS = ReportKind("deposits", ("lot_id", "deposited_on", "letters"), _read, _decide, counted=("sent", "notified", "early"))
