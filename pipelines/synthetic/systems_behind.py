"""The invented systems behind the spaces: which records they have already, and what they answer, through the public file contracts only."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.accounts.existing_records import COLUMNS, KIND
from pipelines.accounts.outbound import object_keys
from pipelines.accounts.systems import Reason, System
from pipelines.platform.inbox import BUCKET
from pipelines.platform.object_store import ObjectStore
from pipelines.synthetic.residents import Resident

# Of a thousand people, those who have a record already, the first few of whose records are locked until a day.
WITH_RECORD, LOCKED = 150, 2
# Of a thousand openings, those that a system refuses the first time, and the first few of them the second time too.
REFUSED, REFUSED_TWICE = 6, 2


@dataclass(frozen=True)
class SystemsBehind:
    """The three systems; `draw` gives each person and each record its fate, from 0 to 999."""

    store: ObjectStore
    draw: Callable[[str], int]

    def bring_records(self, day: date, people: Iterable[Resident], locked: bool) -> None:
        """Put down which of these people have a record already, some `locked` or all of them free."""
        fates = [(person.matricule, self.draw(f"record {person.matricule}")) for person in people]
        lines = [
            (matricule, f"DMP-{number:08d}", "LOCKED" if locked and fate < LOCKED else "ACTIVE")
            for number, (matricule, fate) in enumerate(fates)
            if fate < WITH_RECORD
        ]
        table = pa.table(dict(zip(COLUMNS, map(list, zip(*lines, strict=True)), strict=True)))
        sink = io.BytesIO()
        pq.write_table(table, sink)
        self._put(KIND, f"{day.isoformat()}.parquet", sink.getvalue())

    def answer(self) -> int:
        """Answer every file that is not answered yet; return how many."""
        answers = 0
        for system in System:
            for file_no in self._files(system):
                records, manifest = (self.store.get(BUCKET, key) for key in object_keys(system, file_no))
                acknowledgement = self._acknowledge(system, json.loads(manifest), records)
                answers += self._put(f"systems/{system}/acknowledgements", f"{file_no:010d}.json", acknowledgement)
        return answers

    def _files(self, system: System) -> Iterator[int]:
        taken = {key.rpartition("/")[2] for key in self.store.keys(BUCKET, f"systems/{system}/acknowledgements/taken/")}
        for key in self.store.keys(BUCKET, f"systems/{system}/outbound/"):
            file_no = key.split("/")[3]
            if key.endswith("manifest.json") and f"{file_no}.json" not in taken:
                yield int(file_no)

    def _acknowledge(self, system: System, manifest: dict[str, object], content: bytes) -> bytes:
        records = pq.read_table(io.BytesIO(content)).to_pylist()
        refused = [{"line": record["line"], "reason": Reason.UNAVAILABLE} for record in records if self._is_refused(system, record)]
        said = {"file": manifest["file"], "sha256": manifest["sha256"], "accepted": len(records) - len(refused), "refused": refused}
        return json.dumps(said).encode()

    def _is_refused(self, system: System, record: dict[str, object]) -> bool:
        fate = self.draw(f"{system} {record['account_id']} {record['happened_on']}")
        return record["event"] == "OPENED" and fate < (REFUSED, REFUSED_TWICE, 0)[min(int(str(record["attempt"])), 3) - 1]

    def _put(self, kind: str, name: str, content: bytes) -> bool:
        """Put a file down, unless it was taken already; tell whether it was put."""
        if self.store.keys(BUCKET, f"{kind}/taken/{name}"):
            return False
        self.store.put(BUCKET, f"{kind}/inbox/{name}", content)
        return True
