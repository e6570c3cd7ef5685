"""How a partner's file comes in: read once, decided in one unit of work, answered, moved out of the inbox.

Layout in the bucket `exchanges`: `<kind>/inbox/<name>` comes in, `<kind>/answers/<name>` goes out, `<kind>/taken/<name>` is kept.
Every step can be repeated: the ledger decides once, the answer is made from what the ledger's transaction wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.platform.database import Counts, Database, Done, Work
from pipelines.platform.errors import BadFileError
from pipelines.platform.object_store import ObjectStore

BUCKET = "exchanges"
LARGEST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Inbox:
    """The files of one kind, such as `deposits` or `oppositions/WEB`."""

    kind: str
    store: ObjectStore

    def waiting(self) -> list[str]:
        """List the names of the files that wait, in the order in which they are taken."""
        prefix = f"{self.kind}/inbox/"
        return [key.removeprefix(prefix) for key in self.store.keys(BUCKET, prefix) if not key.endswith("/")]

    def take_in(
        self,
        db: Database,
        name: str,
        as_of: datetime,
        decide: Callable[[Work, bytes], Mapping[str, int]],
        answer: Callable[[int, str | None], bytes] | None,
    ) -> Done:
        """Take in one file: `decide` on its lines in one unit of work, then write what `answer(work_id, refusal)` says.

        A file that `decide` refuses whole (BadFileError) is kept as refused, with its sentence, and answered too.
        Raises: what the database and the object store raise.
        """
        content = self.store.get(BUCKET, f"{self.kind}/inbox/{name}")
        step, unit = f"take_in:{self.kind}", f"{name}:{hashlib.sha256(content).hexdigest()}"
        refusal = None
        try:
            done = db.once(step, unit, as_of, lambda work: self._record(work, name, content, decide))
        except BadFileError as error:
            refusal = str(error)
            done = db.once(step, unit, as_of, lambda work: self._record_refusal(work, name, content, refusal or ""))
        if answer is not None:
            self.store.put(BUCKET, f"{self.kind}/answers/{name}", answer(done.work_id, refusal))
        self.store.move(BUCKET, f"{self.kind}/inbox/{name}", f"{self.kind}/taken/{name}")
        return done

    def _record(self, work: Work, name: str, content: bytes, decide: Callable[[Work, bytes], Mapping[str, int]]) -> Counts:
        if len(content) > LARGEST_FILE:
            raise BadFileError(f"{name} is larger than {LARGEST_FILE // 1024**2} MiB: send it in parts")
        counts = dict(decide(work, content))
        self._keep(work, name, content, counts.get("lines", 0), None)
        return counts

    def _record_refusal(self, work: Work, name: str, content: bytes, refusal: str) -> Counts:
        self._keep(work, name, content, 0, refusal)
        return {"files_refused": 1}

    def _keep(self, work: Work, name: str, content: bytes, lines: int, refusal: str | None) -> None:
        digest = hashlib.sha256(content).hexdigest()
        work.run("platform/keep_inbound_file", work_id=work.work_id, kind=self.kind, name=name, sha256=digest, lines=lines, refusal=refusal)
