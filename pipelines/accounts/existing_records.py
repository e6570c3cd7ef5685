"""Medical records that were there before the campaign, which their holders' spaces take over: docs/contracts/existing_records.md."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.platform.clock import Clock
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import BadFileError
from pipelines.platform.inbox import Inbound, Inbox
from pipelines.platform.object_store import ObjectStore
from pipelines.registry.copying import copy_table

KIND = "systems/RECORDS/existing"
MOST_LINES = 1_000_000
COLUMNS = ("matricule", "record_no", "state")
STATES = ("ACTIVE", "LOCKED", "CLOSED")
_MATRICULE = r"^(?:[0-9][0-9AB]{14}|[0-9]{13})$"
_RECORD_NO = r"^[0-9A-Za-z.-]{1,64}$"


def take_in_existing_records(db: Database, store: ObjectStore, clock: Clock, as_of: datetime) -> Counts:
    """Take in every file of the record system that waits, then open the spaces that waited for a record that was locked.

    Returns the sums over all files, and how many spaces were `opened`.
    Safe to repeat: a file is decided once; a space opens once. Raises: RuleError if `as_of` lies in the future.
    Source: CSP R1111-40 (an existing record is integrated into the space).
    """
    clock.present(as_of)
    total = {"files": 0, "files_refused": 0, "lines": 0, "kept": 0}
    inbox = Inbox(KIND, store)
    for name in inbox.waiting():
        inbound = inbox.take_in(db, name, as_of, decide=_decide, answer=lambda inbound: _answer(db, inbound))
        total["files"] += 1
        for what, count in inbound.counts.items():
            total[what] += count
    return total | db.once("open_possible", as_of.isoformat(), as_of, lambda work: {"opened": work.run("accounts/open_possible")}).counts


def _decide(work: Work, content: bytes) -> Counts:
    lines = _lines(content)
    work.run("accounts/make_incoming_records")
    copy_table(work, "incoming_record", lines)
    work.run("accounts/free_records")
    return work.one("accounts/keep_records", work_id=work.work_id)


def _lines(content: bytes) -> pa.Table:
    """Return the lines as text, their state null where anything in them is not as the contract says. Raises: BadFileError."""
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            if file.metadata.num_rows > MOST_LINES:
                raise BadFileError(f"the file has more than {MOST_LINES} lines: send it in parts")
            if tuple(file.schema_arrow.names) != COLUMNS:
                raise BadFileError(f"the columns must be {', '.join(COLUMNS)}")
            table = file.read().cast(pa.schema([(name, pa.string()) for name in COLUMNS]))
    except (pa.ArrowException, OSError):
        raise BadFileError("the file is not Parquet with three columns of text, or is damaged") from None
    matricule, record_no, state = (_text(table, name) for name in COLUMNS)
    good = pc.and_(
        pc.and_(pc.match_substring_regex(matricule, _MATRICULE), pc.match_substring_regex(record_no, _RECORD_NO)),
        pc.is_in(state, value_set=pa.array(STATES)),
    )
    blank = pa.scalar("", pa.string())
    return pa.table(
        {
            "line": pa.array(range(1, len(table) + 1), pa.int32()),
            "matricule": pc.if_else(good, matricule, blank),
            "record_no": pc.if_else(good, record_no, blank),
            "state": pc.if_else(good, state, pa.scalar(None, pa.string())),
        }
    )


def _text(table: pa.Table, name: str) -> pa.StringArray:
    column: Any = table[name].combine_chunks()
    filled: pa.StringArray = pc.fill_null(column, "")
    return filled


def _answer(db: Database, inbound: Inbound) -> bytes:
    if inbound.refusal:
        return f"file_refused\n{inbound.refusal}\n".encode()
    with db.transaction() as session:
        rows = session.all("accounts/record_faults", work_id=inbound.work_id)
    return "\n".join(["line;fault", *(f"{row['line']};{row['fault']}" for row in rows), ""]).encode()
