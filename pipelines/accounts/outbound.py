"""What happened to spaces, told to the systems behind: one Parquet file a system, range of people and round, its manifest last.

Contract: docs/contracts/accounts_out.md. Which records a file has is fixed in the transaction that plans it: it is written the same again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from pipelines.accounts.systems import COLUMNS, System
from pipelines.campaign.policy import Policy
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RuleError
from pipelines.platform.inbox import BUCKET
from pipelines.platform.object_store import ObjectStore

CONTRACT = "accounts_out/1"
# The columns of `accounts/outbound_records`, in their order.
_TYPES: dict[str, pa.DataType] = {
    "line": pa.int32(),
    "account_id": pa.string(),
    "event": pa.string(),
    "happened_on": pa.date32(),
    "attempt": pa.int16(),
    "matricule": pa.string(),
    "managed_by": pa.string(),
    "consents": pa.int16(),
    "mailbox": pa.string(),
    "record_no": pa.string(),
    "is_taken_over": pa.bool_(),
}
_CONVERT = pa_csv.ConvertOptions(
    column_types=_TYPES, null_values=[""], strings_can_be_null=True, true_values=["t"], false_values=["f"]
)  # fmt: skip


class LostRecordsError(RuleError):
    """A file has other records than it was planned with."""


def object_keys(system: System, file_no: int) -> tuple[str, str]:
    """Return the keys of a file and of its manifest, the same each time."""
    folder = f"systems/{system}/outbound/{file_no:010d}"
    return f"{folder}/records.parquet", f"{folder}/manifest.json"


def plan_outbound(db: Database, shard_size: int, clock: Clock, as_of: datetime) -> list[list[int]]:
    """Begin a round with all that was recorded since the last one, and what systems refused; return the files to write, by task.

    Safe to repeat: a run begins one round (unit: its instant). Files that an earlier, killed run left are returned too.
    Raises: RuleError if `as_of` lies in the future.
    """
    clock.present(as_of)

    def plan(work: Work) -> Counts:
        begun = work.one("accounts/begin_round", work_id=work.work_id)
        overtaken = work.run("accounts/overtake_refusals")
        planned = work.one("accounts/plan_files", **begun, shard_size=shard_size, systems=list(map(str, System)))
        return {**planned, "overtaken": overtaken}

    db.once("plan_outbound", as_of.isoformat(), as_of, plan)
    with db.transaction() as session:
        return [list(row["files"]) for row in session.all("accounts/files_to_write")]


def write_outbound(db: Database, store: ObjectStore, policy: Policy, files: Sequence[int], as_of: datetime) -> Counts:
    """Write files into the object store, the manifest of each last; return how many files and records.

    Safe to repeat, and to kill: a file is written over itself until it is noted as written, then left alone.
    Raises: LostRecordsError where a file has other records than it was planned with.
    """
    total = {"files": 0, "records": 0}
    for file_no in files:
        records = _write(db, store, policy, file_no, as_of)
        total["files"] += records > 0
        total["records"] += records
    return total


def _write(db: Database, store: ObjectStore, policy: Policy, file_no: int, as_of: datetime) -> int:
    with db.transaction() as session:
        planned = session.one("accounts/find_file", file_no=file_no)
        if planned["status"] != "PLANNED":
            return 0
        system, rows = System(planned["system"]), BytesIO()
        session.copy_out("accounts/outbound_records", rows, file_no=file_no, mailbox_domain=policy.mailbox_domain)
        table = pa_csv.read_csv(BytesIO(rows.getbuffer()), pa_csv.ReadOptions(column_names=list(_TYPES)), convert_options=_CONVERT)
        if len(table) != planned["records"]:
            raise LostRecordsError(f"file {file_no} for {system} was planned with {planned['records']} records and has {len(table)}")
        content = _parquet(table.select(COLUMNS[system]))
        key, manifest_key = object_keys(system, file_no)
        store.put(BUCKET, key, content)
        store.put(BUCKET, manifest_key, _manifest(system, file_no, table, content))
        session.run("accounts/note_written", file_no=file_no, sha256=hashlib.sha256(content).hexdigest(), day=legal_day(as_of))
    return len(table)


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def _manifest(system: System, file_no: int, table: pa.Table, content: bytes) -> bytes:
    manifest = {
        "contract": CONTRACT,
        "system": system,
        "file": file_no,
        "records": len(table),
        "events": dict(sorted(Counter(table["event"].to_pylist()).items())),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return json.dumps(manifest, indent=2).encode() + b"\n"
