"""The print house's deposit report: which lots the post received, and when. See docs/contracts/deposits.md.

CSV, UTF-8, `;`, header `lot_id;deposited_on;letters`: one line a lot, the legal day of the deposit as YYYY-MM-DD.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipelines.campaign.window import last_day
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import BadFileError
from pipelines.platform.inbox import Inbound, Inbox
from pipelines.platform.object_store import ObjectStore

COLUMNS = ["lot_id", "deposited_on", "letters"]


class DepositOutcome(StrEnum):
    """What was made of one line of a report."""

    RECORDED = "RECORDED"
    ALREADY_DEPOSITED = "ALREADY_DEPOSITED"
    UNKNOWN_LOT = "UNKNOWN_LOT"
    COUNT_DIFFERS = "COUNT_DIFFERS"
    DATE_IMPOSSIBLE = "DATE_IMPOSSIBLE"
    BAD_LINE = "BAD_LINE"


@dataclass(frozen=True)
class Deposit:
    """One lot that the post received."""

    lot_id: int
    deposited_on: date
    letters: int


def read_report(content: bytes) -> Iterator[Deposit | None]:
    """Yield the deposits of a report, None for a line that is not one. Raises: BadFileError if it is not such a CSV file."""
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";", strict=True)
        header = next(rows, None)
        if header != COLUMNS:
            raise BadFileError(f"the header must be {';'.join(COLUMNS)}")
        for row in rows:
            yield _deposit(row)
    except (UnicodeDecodeError, csv.Error):
        raise BadFileError("the file is not a CSV file in UTF-8") from None


def _deposit(row: list[str]) -> Deposit | None:
    try:
        lot_id, deposited_on, letters = row
        return Deposit(int(lot_id), date.fromisoformat(deposited_on), int(letters))
    except ValueError:
        return None


def take_in_deposits(db: Database, store: ObjectStore, clock: Clock, as_of: datetime) -> Counts:
    """Take in every deposit report that waits: the letters of each lot count as sent, and their six weeks run.

    Safe to repeat: a report is decided once, and a lot is deposited once.
    """
    inbox = Inbox("deposits", store)
    total = {"files": 0, "files_refused": 0, "lines": 0, "sent": 0, "notified": 0, **{str(o): 0 for o in DepositOutcome}}
    today = legal_day(clock.present(as_of))
    for name in inbox.waiting():
        inbound = inbox.take_in(
            db, name, as_of, decide=lambda work, content: _decide(work, content, today), answer=lambda done: _answer(db, done)
        )
        total["files"] += 1
        for what, count in inbound.counts.items():
            total[what] += count
    return total


def _decide(work: Work, content: bytes, today: date) -> Mapping[str, int]:
    counts = {"lines": 0, "sent": 0, "notified": 0, **{str(o): 0 for o in DepositOutcome}}
    for line, deposit in enumerate(read_report(content), 1):
        outcome, recorded = _record(work, deposit, today)
        counts["lines"] += 1
        counts[outcome] += 1
        counts["sent"] += recorded.get("sent", 0)
        counts["notified"] += recorded.get("notified", 0)
        lot_id = deposit.lot_id if deposit and outcome is not DepositOutcome.UNKNOWN_LOT else None
        work.run(
            "notices/keep_report_line",
            work_id=work.work_id, line=line, outcome=str(outcome), person_id=None, attempt_no=None, lot_id=lot_id,
        )  # fmt: skip
    return counts


def _record(work: Work, deposit: Deposit | None, today: date) -> tuple[DepositOutcome, Counts]:
    if deposit is None:
        return DepositOutcome.BAD_LINE, {}
    found = work.all("notices/find_lot", lot_id=deposit.lot_id)
    if not found or found[0]["status"] == "PLANNED":
        return DepositOutcome.UNKNOWN_LOT, {}
    lot = found[0]
    if lot["status"] == "DEPOSITED":
        return DepositOutcome.ALREADY_DEPOSITED, {}
    if lot["letters"] != deposit.letters:
        return DepositOutcome.COUNT_DIFFERS, {}
    if not legal_day(lot["as_of"]) <= deposit.deposited_on <= today:
        return DepositOutcome.DATE_IMPOSSIBLE, {}
    recorded = work.one(
        "notices/record_deposit",
        lot_id=deposit.lot_id, deposited_on=deposit.deposited_on, last_day=last_day(deposit.deposited_on),
    )  # fmt: skip
    return DepositOutcome.RECORDED, recorded


def _answer(db: Database, inbound: Inbound) -> bytes:
    """Return the answer: line, lot and outcome, or the sentence that refused the file."""
    if inbound.refusal:
        return f"file_refused\n{inbound.refusal}\n".encode()
    with db.transaction() as session:
        rows = session.all("notices/report_lines", work_id=inbound.work_id)
    lines = [f"{row['line']};{row['lot_id'] or ''};{row['outcome']}" for row in rows]
    return "\n".join(["line;lot_id;outcome", *lines, ""]).encode()
