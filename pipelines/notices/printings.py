"""The print house's printing report: a lot is printed, and which damaged letters were printed again. See docs/contracts/printings.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.notices.acceptances import NOT_TO_PRINT
from pipelines.notices.printer_reports import Decision, Outcome, Reception, ReportKind
from pipelines.notices.report_fields import calendar_day, whole_number
from pipelines.platform.clock import legal_day


@dataclass(frozen=True)
class Printing:
    """One lot that is printed, all of its letters; `reprinted` are the sequences of those that were damaged first."""

    lot_id: int
    printed_on: date
    letters: int
    reprinted: tuple[int, ...]


def _read(row: list[str]) -> Printing:
    lot_id, printed_on, letters, reprinted = row
    sequences = tuple(map(whole_number, reprinted.split(" "))) if reprinted else ()
    return Printing(whole_number(lot_id), calendar_day(printed_on), whole_number(letters), sequences)


def _decide(at: Reception, printing: Printing) -> Decision:
    lot = at.lot(printing.lot_id)
    if lot is None:
        return Decision(Outcome.UNKNOWN_LOT)
    if lot["status"] in NOT_TO_PRINT:
        return Decision(NOT_TO_PRINT[lot["status"]], printing.lot_id)
    if lot["printed_on"] is not None:
        repeated = lot["printed_on"] == printing.printed_on
        return Decision(Outcome.REPEATED if repeated else Outcome.CONTRADICTS, printing.lot_id)
    if lot["status"] == "DEPOSITED":
        return Decision(Outcome.LATE, printing.lot_id)
    sequences = set(printing.reprinted)
    if lot["letters"] != printing.letters or not sequences <= set(range(1, lot["letters"] + 1)):
        return Decision(Outcome.COUNT_DIFFERS, printing.lot_id)
    if not legal_day(lot["handed_over_at"]) <= printing.printed_on <= at.today:
        return Decision(Outcome.DATE_IMPOSSIBLE, printing.lot_id)
    at.work.run("notices/record_printing", lot_id=printing.lot_id, printed_on=printing.printed_on)
    at.work.run("notices/keep_reprints", lot_id=printing.lot_id, sequences=sorted(sequences), work_id=at.work.work_id)
    return Decision(Outcome.RECORDED, printing.lot_id, counts={"reprinted": len(sequences)})


PRINTINGS = ReportKind("printings", ("lot_id", "printed_on", "letters", "reprinted"), _read, _decide, counted=("reprinted",))
