"""How a partner's file comes in: decided once in one unit of work, or refused whole; answered; moved out of the inbox.

Layout in the bucket `exchanges`: `<kind>/inbox/<name>` comes in, `<kind>/answers/<name>` goes out, `<kind>/taken/<name>` is kept.
Every step can be repeated: the ledger decides once, the answer is made from what the ledger's transaction wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import BadFileError, RetryableError
from pipelines.platform.object_store import MissingObjectError, ObjectStore

BUCKET = "exchanges"
LARGEST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Inbound:
    """What became of one file: its unit of work, its counts, and the sentence that refused it whole, if any."""

    work_id: int
    counts: Counts
    refusal: str | None


def decide_once(
    db: Database, kind: str, name: str, content: bytes, as_of: datetime, decide: Callable[[Work], Mapping[str, int]]
) -> Inbound:
    """Decide on a file in one unit of work; one that `decide` refuses whole (BadFileError) is kept as refused, with its sentence.

    `content` identifies the file: a delivery's manifest stands for the delivery, the size of a file for one that is too large. The
    counts of `decide` name `lines`.
    """
    digest = hashlib.sha256(content).hexdigest()
    step, unit = f"take_in:{kind}", f"{name}:{digest}"

    def keep(work: Work, counts: Counts, refusal: str | None) -> Counts:
        work.run(
            "platform/keep_inbound_file",
            work_id=work.work_id, kind=kind, name=name, sha256=digest, lines=counts.get("lines", 0), refusal=refusal,
        )  # fmt: skip
        return counts

    try:
        done = db.once(step, unit, as_of, lambda work: keep(work, dict(decide(work)), None))
    except BadFileError as error:
        sentence = str(error)
        done = db.once(step, unit, as_of, lambda work: keep(work, {"files_refused": 1}, sentence))
    with db.transaction() as session:
        kept = session.one("platform/find_inbound_file", work_id=done.work_id)
    return Inbound(done.work_id, done.counts, kept["refusal"])


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
        answer: Callable[[Inbound], bytes] | None = None,
    ) -> Inbound:
        """Take in one file: decide on it once, write the answer where the kind has one, move the file out of the inbox.

        One that is too large is refused without being read.
        Raises: RetryableError if another run took it in since it was listed: what is left is taken in by the next try.
        """
        waiting = f"{self.kind}/inbox/{name}"
        try:
            size = self.store.size(BUCKET, waiting)
            content = self.store.get(BUCKET, waiting) if size <= LARGEST_FILE else b""
        except MissingObjectError:
            raise RetryableError(f"a file of {self.kind} was taken in by another run since it was listed: it is tried again") from None
        if size > LARGEST_FILE:
            inbound = decide_once(db, self.kind, name, f"{size} bytes, not read".encode(), as_of, _refuse_as_too_large)
        else:
            inbound = decide_once(db, self.kind, name, content, as_of, lambda work: decide(work, content))
        if answer is not None:
            self.store.put(BUCKET, f"{self.kind}/answers/{name}", answer(inbound))
        self.store.move(BUCKET, waiting, f"{self.kind}/taken/{name}")
        return inbound


def _refuse_as_too_large(_: Work) -> Mapping[str, int]:
    raise BadFileError(f"the file is larger than {LARGEST_FILE // 1024**2} MiB: send it in parts")
