"""The print house's word on a lot that it received: accepted, or refused with a reason. See docs/contracts/acceptances.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipelines.notices.printer_reports import Decision, Outcome, Reception, ReportKind
from pipelines.notices.report_fields import whole_number

# A lot of which nothing may be printed, and what a report is that says otherwise; where a lot is of which something is printed.
NOT_TO_PRINT = {"REFUSED": Outcome.LOT_REFUSED, "WITHDRAWN": Outcome.LOT_WITHDRAWN}
BEYOND = ("PRINTED", "DEPOSITED")


class Verdict(StrEnum):
    """What becomes of the lot at the print house."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"


class Refusal(StrEnum):
    """Why a lot is refused whole."""

    FILE_MISSING = "FILE_MISSING"
    CANNOT_DECRYPT = "CANNOT_DECRYPT"
    DIGEST_DIFFERS = "DIGEST_DIFFERS"
    TOTALS_DIFFER = "TOTALS_DIFFER"
    PDF_UNREADABLE = "PDF_UNREADABLE"
    NOT_PRINTABLE = "NOT_PRINTABLE"


REFUSALS = frozenset(map(str, Refusal))
# What another copy of the same lot may cure: something happened on the way. The others lie in the lot itself.
ON_THE_WAY = (Refusal.FILE_MISSING, Refusal.CANNOT_DECRYPT, Refusal.DIGEST_DIFFERS)


@dataclass(frozen=True)
class Acceptance:
    """What is said of one lot; the reason is empty where it is accepted."""

    lot_id: int
    verdict: Verdict
    reason: str


def _read(row: list[str]) -> Acceptance:
    lot_id, verdict, reason = row
    if verdict == Verdict.ACCEPTED and reason:
        raise ValueError("a lot that is accepted has no reason")
    return Acceptance(whole_number(lot_id), Verdict(verdict), reason)


def _decide(at: Reception, said: Acceptance) -> Decision:
    lot = at.lot(said.lot_id)
    if lot is None:
        return Decision(Outcome.UNKNOWN_LOT)
    refusal = said.reason if said.verdict is Verdict.REFUSED else None
    if refusal is not None and refusal not in REFUSALS:
        return Decision(Outcome.UNKNOWN_REASON, said.lot_id)
    if lot["status"] == "HANDED_OVER":
        at.work.run("notices/record_acceptance", lot_id=said.lot_id, status=str(said.verdict), refusal=refusal)
        return Decision(Outcome.RECORDED, said.lot_id)
    return Decision(_said_already(lot["status"], lot["refusal"], refusal), said.lot_id)


def _said_already(status: str, refused_for: str | None, refusal: str | None) -> Outcome:
    if status == "WITHDRAWN":
        return Outcome.LOT_WITHDRAWN
    if refusal is None and status in BEYOND:
        return Outcome.LATE
    same = (status == Verdict.ACCEPTED and refusal is None) or (status == Verdict.REFUSED and refusal == refused_for)
    return Outcome.REPEATED if same else Outcome.CONTRADICTS


ACCEPTANCES = ReportKind("acceptances", ("lot_id", "verdict", "reason"), _read, _decide)
