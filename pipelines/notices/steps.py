"""The verb of what print houses report: everything that waits, in the order in which a lot advances."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pipelines.campaign.policy import Policy
from pipelines.notices.acceptances import ACCEPTANCES
from pipelines.notices.deposits import DEPOSITS
from pipelines.notices.printer_reports import PrinterExchange, ReportKind
from pipelines.notices.printings import PRINTINGS
from pipelines.notices.returned_letters import returned_letters, tell_again
from pipelines.platform.database import Counts
from pipelines.platform.faults import Faults


def take_in_printer_reports(exchange: PrinterExchange, reference_key: bytes, policy: Policy, as_of: datetime) -> dict[str, Counts]:
    """Take in every report of every print house that waits: acceptances, printings, deposits, returned letters; return counts by kind.

    Then the people whose letter came back and whose address was corrected are given back to planning (`told_again`).
    Safe to repeat: a report is decided once.
    Raises, after all that could be taken in: RetryableError or FinalError, with every fault; RuleError if `as_of` lies in the future.
    """
    faults = Faults()
    kinds: tuple[ReportKind[Any], ...] = (ACCEPTANCES, PRINTINGS, DEPOSITS, returned_letters(reference_key, policy))
    taken = {kind.name: exchange.take_in(kind, as_of, faults) for kind in kinds}
    with faults.apart("telling again whose letter came back"):
        taken["told_again"] = {"people": tell_again(exchange.db, policy, as_of)}
    faults.require_none()
    return taken
