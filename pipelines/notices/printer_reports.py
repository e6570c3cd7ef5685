"""Reports of print houses: small CSV files, decided line by line, each line answered with an outcome from one closed list.

UTF-8, `;`, a header, at most 64 MiB and 100 000 lines. Each print house has inboxes of its own, `printers/<NAME>/<kind>/inbox/`, and
speaks of its own lots only. Contracts: docs/contracts/acceptances.md, printings.md, deposits.md, returned_letters.md.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Generic, TypeVar

from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import BadFileError
from pipelines.platform.faults import Faults
from pipelines.platform.inbox import Inbound, Inbox
from pipelines.platform.object_store import ObjectStore

# A print house that reports its letters one by one reports some lots a file; nobody has so many lots.
MOST_LINES = 100_000
Line = TypeVar("Line")


class Outcome(StrEnum):
    """What was made of one line; only RECORDED has an effect."""

    RECORDED = "RECORDED"
    REPEATED = "REPEATED"
    LATE = "LATE"
    CONTRADICTS = "CONTRADICTS"
    UNKNOWN_LOT = "UNKNOWN_LOT"
    UNKNOWN_LETTER = "UNKNOWN_LETTER"
    UNKNOWN_REASON = "UNKNOWN_REASON"
    LOT_REFUSED = "LOT_REFUSED"
    LOT_WITHDRAWN = "LOT_WITHDRAWN"
    NOT_DEPOSITED = "NOT_DEPOSITED"
    AFTER_OPPOSITION = "AFTER_OPPOSITION"
    COUNT_DIFFERS = "COUNT_DIFFERS"
    DATE_IMPOSSIBLE = "DATE_IMPOSSIBLE"
    BAD_LINE = "BAD_LINE"


@dataclass(frozen=True)
class Decision:
    """What was made of one line, the lot or the attempt that it spoke of where that is known, and what it counted."""

    outcome: Outcome
    lot_id: int | None = None
    person_id: int | None = None
    attempt_no: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reception:
    """A report being decided: its unit of work, the print house that speaks, the present day in Paris."""

    work: Work
    printer: str
    today: date

    def lot(self, lot_id: int) -> Mapping[str, Any] | None:
        """Return a lot of this print house that was handed over to it, None for any other."""
        found = self.work.all("notices/find_lot", lot_id=lot_id)
        known = found and found[0]["printer"] == self.printer and found[0]["pdf_sha256"] is not None
        return dict(found[0]) if known else None


@dataclass(frozen=True)
class ReportKind(Generic[Line]):
    """One kind of report: the columns of its header, how a row becomes a line (ValueError: it is none), what a line does.

    `counted` names what its decisions may count besides outcomes.
    """

    name: str
    columns: tuple[str, ...]
    read: Callable[[list[str]], Line]
    decide: Callable[[Reception, Line], Decision]
    counted: tuple[str, ...] = ()

    def lines(self, content: bytes) -> list[Line | None]:
        """Return the lines of a report, None for one that is none. Raises: BadFileError if it is not such a CSV file, or too long."""
        try:
            text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
            rows = csv.reader(text, delimiter=";", strict=True)
            if next(rows, None) != list(self.columns):
                raise BadFileError(f"the header must be {';'.join(self.columns)}")
            lines = [self._line(row) for row in islice(rows, MOST_LINES + 1)]
        except (UnicodeDecodeError, csv.Error):
            raise BadFileError("the file is not a CSV file in UTF-8") from None
        if len(lines) > MOST_LINES:
            raise BadFileError(f"the file has more than {MOST_LINES} lines: send it in parts")
        return lines

    def _line(self, row: list[str]) -> Line | None:
        try:
            return self.read(row)
        except ValueError:
            return None

    @property
    def nothing(self) -> Counts:
        """What a report without lines counts."""
        return dict.fromkeys(("lines", *self.counted, *map(str, Outcome)), 0)


@dataclass(frozen=True)
class PrinterExchange:
    """Where reports come from: the inboxes of the print houses, by their names."""

    db: Database
    store: ObjectStore
    clock: Clock
    printers: tuple[str, ...]

    def take_in(self, kind: ReportKind[Line], as_of: datetime, faults: Faults) -> Counts:
        """Take in every report of a kind that waits, of every print house; return the sums over all files.

        A report that cannot be taken in stays in its inbox and is told to `faults`; it holds up no other.
        Safe to repeat: a report is decided once, and its answer is made again from what was decided.
        Raises: RuleError if `as_of` lies in the future.
        """
        total = Counter({"files": 0, "files_refused": 0, **kind.nothing})
        today = legal_day(self.clock.present(as_of))
        for printer in self.printers:
            inbox = Inbox(f"printers/{printer}/{kind.name}", self.store)
            with faults.apart(f"a report in {inbox.kind}"):
                for name in inbox.waiting():
                    with faults.apart(f"a report in {inbox.kind}"):
                        inbound = inbox.take_in(self.db, name, as_of, decide=_decider(kind, printer, today), answer=self._answer)
                        total.update({"files": 1, **inbound.counts})
        return dict(total)

    def _answer(self, inbound: Inbound) -> bytes:
        """Return the answer: line, lot and outcome, or the sentence that refused the file."""
        if inbound.refusal:
            return f"file_refused\n{inbound.refusal}\n".encode()
        with self.db.transaction() as session:
            rows = session.all("notices/report_lines", work_id=inbound.work_id)
        lines = [f"{row['line']};{row['lot_id'] or ''};{row['outcome']}" for row in rows]
        return "\n".join(["line;lot_id;outcome", *lines, ""]).encode()


def _decider(kind: ReportKind[Line], printer: str, today: date) -> Callable[[Work, bytes], Counts]:
    def decide(work: Work, content: bytes) -> Counts:
        return _decide_lines(kind, Reception(work, printer, today), kind.lines(content))

    return decide


def _decide_lines(kind: ReportKind[Line], at: Reception, lines: Sequence[Line | None]) -> Counts:
    decisions = [Decision(Outcome.BAD_LINE) if line is None else kind.decide(at, line) for line in lines]
    at.work.run(
        "notices/keep_report_lines",
        work_id=at.work.work_id,
        outcomes=[str(decision.outcome) for decision in decisions],
        lot_ids=[decision.lot_id for decision in decisions],
        person_ids=[decision.person_id for decision in decisions],
        attempt_nos=[decision.attempt_no for decision in decisions],
    )
    counts = Counter(kind.nothing)
    for decision in decisions:
        counts.update({"lines": 1, str(decision.outcome): 1, **decision.counts})
    return dict(counts)
