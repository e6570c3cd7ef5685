"""The systems behind the spaces as tests play them: they read the files that are written for them and answer, by the contracts alone."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.accounts.acknowledgements import take_in_acknowledgements
from pipelines.accounts.existing_records import take_in_existing_records
from pipelines.accounts.outbound import plan_outbound, write_outbound
from pipelines.accounts.systems import System
from pipelines.platform.database import Counts
from tests.campaign_driver import Campaign
from tests.registry_builder import Person

BUCKET = "exchanges"


@dataclass
class SystemsBehind:
    """The three systems, and the runs that speak with them."""

    campaign: Campaign

    # What operations run.

    def tell(self, at: datetime) -> list[int]:
        """Plan what is new and write it; return the numbers of the files."""
        home = self.campaign.home
        tasks = plan_outbound(home.db, home.settings.shard_size, home.clock, at)
        for files in tasks:
            write_outbound(home.db, home.store, home.policy, files, at)
        return [file for files in tasks for file in files]

    def take_in(self, at: datetime) -> Counts:
        """Take in every acknowledgement that waits."""
        home = self.campaign.home
        return take_in_acknowledgements(home.db, home.store, home.policy, home.clock, at)

    def bring_records(self, *lines: tuple[str, str, str], at: datetime, name: str = "1.parquet") -> list[str]:
        """Put down a file of existing records (matricule, number, state) and take it in; return the lines of its answer."""
        table = pa.table(dict(zip(("matricule", "record_no", "state"), map(list, zip(*lines, strict=True)), strict=True)))
        sink = io.BytesIO()
        pq.write_table(table, sink)
        home = self.campaign.home
        home.store.put(BUCKET, f"systems/RECORDS/existing/inbox/{name}", sink.getvalue())
        take_in_existing_records(home.db, home.store, home.clock, at)
        return home.store.get(BUCKET, f"systems/RECORDS/existing/answers/{name}").decode().splitlines()[1:]

    # What systems see and say.

    def manifest(self, system: System, file_no: int) -> dict[str, Any]:
        """Return the manifest of a file."""
        manifest: dict[str, Any] = json.loads(
            self.campaign.home.store.get(BUCKET, f"systems/{system}/outbound/{file_no:010d}/manifest.json")
        )
        return manifest

    def files(self, system: System) -> list[int]:
        """Return the numbers of the files that a system was ever given."""
        keys = self.campaign.home.store.keys(BUCKET, f"systems/{system}/outbound/")
        return [int(key.split("/")[3]) for key in keys if key.endswith("manifest.json")]

    def records(self, system: System, file_no: int) -> list[dict[str, Any]]:
        """Return the records of a file."""
        content = self.campaign.home.store.get(BUCKET, f"systems/{system}/outbound/{file_no:010d}/records.parquet")
        rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
        return rows

    def told(self, system: System) -> list[dict[str, Any]]:
        """Return all that a system was ever told, in the order of its files."""
        return [record for file_no in self.files(system) for record in self.records(system, file_no)]

    def events(self, system: System, person: Person) -> list[tuple[str, int]]:
        """Return the events of a person that a system was told, each with the number of its attempt."""
        return [(told["event"], told["attempt"]) for told in self.told(system) if told["matricule"] == person.matricule]

    def answer(self, system: System, file_no: int, at: datetime, refusing: Mapping[int, str] | None = None, **said: Any) -> str | None:
        """Answer a file: refuse some lines for reasons, accept the others; return the sentence that refuses the answer, if any."""
        lines = [{"line": line, "reason": reason} for line, reason in (refusing or {}).items()]
        manifest = self.manifest(system, file_no)
        answer = {"file": file_no, "sha256": manifest["sha256"], "accepted": manifest["records"] - len(lines), "refused": lines}
        return self.say(system, json.dumps(answer | said).encode(), f"{file_no}-{at:%Y%m%d%H%M}.json", at)

    def say(self, system: System, content: bytes, name: str, at: datetime) -> str | None:
        """Put down an acknowledgement and take it in; return the sentence that refuses it, if any."""
        store = self.campaign.home.store
        store.put(BUCKET, f"systems/{system}/acknowledgements/inbox/{name}", content)
        self.take_in(at)
        answer: dict[str, Any] = json.loads(store.get(BUCKET, f"systems/{system}/acknowledgements/answers/{name}"))
        return answer.get("file_refused")

    def answer_all(self, at: datetime, refused: Mapping[System, str] | None = None) -> None:
        """Let every system answer its last file: accept it whole, or refuse every record of it for the reason given."""
        for system in System:
            file_no = self.files(system)[-1]
            reason = (refused or {}).get(system)
            lines = range(1, self.manifest(system, file_no)["records"] + 1) if reason else ()
            self.answer(system, file_no, at, dict.fromkeys(lines, reason or ""))
