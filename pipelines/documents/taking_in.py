"""Files of a feed taken in: read, judged, recorded, answered, and only then removed from where they arrived.

Every step can be repeated. A file is decided once, by its name and content; its answer is made again from what was decided. A run
that dies leaves at worst objects that nothing names, which the sweep deletes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

from sqlalchemy.engine import RowMapping

from pipelines.documents.acknowledgements.answer import Form, acknowledge
from pipelines.documents.acknowledgements.outcome import Answerer, Outcome, Reception, Status
from pipelines.documents.bounded_reader import BoundedReader
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, refused
from pipelines.documents.examination import Examined
from pipelines.documents.feed import Feed
from pipelines.documents.judgement import Received
from pipelines.documents.recording import Recorder
from pipelines.documents.routes import ANSWERS, INBOX, PARKED, Route
from pipelines.documents.virus_scan import ScannedItem, Scanner, scan_item
from pipelines.platform.database import Counts, Database, Work

# What one transaction takes: many documents for one commit, few enough to be held in memory.
FILES_AT_ONCE, BYTES_AT_ONCE = 100, 32_000_000
SCANS_AT_ONCE = 4
COUNTED = ("files", "received", *(str(status).lower() for status in Status))


@dataclass(frozen=True, slots=True)
class Arrived:
    """One file as it arrived: its key on its route, its bytes, its documents."""

    delivery_id: UUID
    key: str
    content: bytes
    documents: list[IncomingDocument]
    scanned_with: str | None

    @property
    def name(self) -> str:
        """What its sender calls it."""
        folder, _, name = self.key.partition("/")
        return name if folder == INBOX else name.partition("/")[2]

    @property
    def parked_key(self) -> str:
        """Where it waits for another document."""
        return f"{PARKED}/{self.delivery_id}/{self.name}"

    def received(self) -> list[Received]:
        """Return its documents to be judged."""
        return [Received(self.delivery_id, place, document, self.scanned_with) for place, document in enumerate(self.documents)]


class Decided(NamedTuple):
    """What was decided on a file: when for the first time, and each document's outcome and code."""

    decided_at: dt.datetime
    outcomes: list[tuple[Status, Reason]]

    @property
    def waits(self) -> bool:
        """Whether a document of it waits for another one."""
        return any(status is Status.PARKED for status, _ in self.outcomes)


@dataclass(frozen=True)
class Intake:
    """Takes in the files of one feed."""

    feed: Feed
    db: Database
    route: Route
    recorder: Recorder
    reader: BoundedReader
    scanner: Scanner
    answerer: Answerer

    def take_in(self, batch: int, batches: int, as_of: dt.datetime) -> Counts:
        """Take in the files of one of so many batches, as many as the feed's limits allow; return what became of their documents."""
        waiting = {key: size for key, size in self.route.waiting(INBOX).items() if crc32(key.encode()) % batches == batch}
        total = dict.fromkeys(COUNTED, 0)
        for arrived in self._portions(dict(list(waiting.items())[: self.feed.limits.files_a_batch])):
            self._decide(arrived, as_of)
            self._finish(arrived, self._decisions(arrived), total)
        return total

    def settle(self, as_of: dt.datetime) -> Counts:
        """Decide again on parked files whose originals have come or had their time; answer those again that are settled."""
        total = dict.fromkeys(COUNTED, 0)
        since = as_of - dt.timedelta(days=self.feed.limits.parked_days)
        with self.db.transaction() as session:
            rows = session.all("documents/to_settle", feed_id=self.recorder.feed_id, since=since)
        due = {row["delivery_id"]: row["is_overdue"] for row in rows}
        parked = {key: size for key, size in self.route.waiting(PARKED).items() if _parked_id(key) in due}
        for arrived in self._portions(parked):
            for is_overdue in (False, True):
                some = [file for file in arrived if due.get(file.delivery_id) is is_overdue]
                if some:
                    self._settle(some, as_of, may_wait=not is_overdue)
                    self._finish(some, self._decisions(some), total)
        return total

    def _portions(self, waiting: dict[str, int]) -> Iterator[list[Arrived]]:
        """Give files, read, by as many as are decided at once."""
        held: list[str] = []
        weight = 0
        for key, size in waiting.items():
            if held and (len(held) == FILES_AT_ONCE or weight + size > BYTES_AT_ONCE):
                yield self._read(held, waiting)
                held, weight = [], 0
            held.append(key)
            weight += min(size, self.feed.limits.file_bytes)
        if held:
            yield self._read(held, waiting)

    def _read(self, keys: Sequence[str], sizes: dict[str, int]) -> list[Arrived]:
        """Read files, one after the other, while those that are read are scanned."""
        small = [key for key in keys if sizes[key] <= self.feed.limits.file_bytes]
        contents = dict(zip(small, self.route.read(small), strict=True))
        with ThreadPoolExecutor(SCANS_AT_ONCE) as threads:
            scans = {key: threads.submit(self._scan, content, self.reader.read(content)) for key, content in contents.items()}
            return [
                self._arrived(key, contents[key], scans[key].result())
                if key in contents
                else self._arrived(key, b"%d bytes, not read" % sizes[key], ScannedItem([self._too_big()], None))
                for key in keys
            ]

    def _scan(self, content: bytes, examined: Examined) -> ScannedItem:
        return scan_item(self.scanner, self.feed.scan, content, examined)

    def _too_big(self) -> IncomingDocument:
        return refused(DocumentFormat.UNKNOWN, Fault(Reason.TOO_BIG, f"the file has more than {self.feed.limits.file_bytes:,} bytes"))

    def _arrived(self, key: str, content: bytes, scanned: ScannedItem) -> Arrived:
        documents = [self._of_this_feed(document) for document in scanned.documents]
        arrived = Arrived(UUID(int=0), key, content, documents, scanned.version)
        named = f"{self.feed.name}\0{arrived.name}\0".encode() + sha256(content).digest()
        return replace(arrived, delivery_id=UUID(bytes=sha256(named).digest()[:16]))

    def _of_this_feed(self, document: IncomingDocument) -> IncomingDocument:
        """Refuse a document in an envelope that the feed does not declare."""
        if document.format in self.feed.envelopes or document.format is DocumentFormat.UNKNOWN:
            return document
        fault = Fault(Reason.BAD_FORMAT, f"this feed takes {', '.join(sorted(self.feed.envelopes))}, and no {document.format}")
        return replace(document, faults=(fault, *document.faults))

    def _decide(self, arrived: Sequence[Arrived], as_of: dt.datetime) -> None:
        """Decide on the files that are not decided yet, in one unit of work."""
        known = self._decisions(arrived)
        new = list({file.delivery_id: file for file in arrived if file.delivery_id not in known}.values())
        if not new:
            return
        received = [document for file in new for document in file.received()]
        written = self.recorder.write_objects(received, as_of, may_wait=self._may_wait)

        def decide(work: Work) -> Counts:
            claimed = work.all(
                "documents/claim_deliveries",
                delivery_ids=[file.delivery_id for file in new],
                documents=[len(file.documents) for file in new],
                feed_id=self.recorder.feed_id,
                work_id=work.work_id,
            )
            ours = {row["delivery_id"] for row in claimed}
            return self.recorder.record(work, [item for item in received if item.delivery_id in ours], written, as_of, self._may_wait)

        self.db.once(f"take_in:documents/{self.feed.name}", _unit(new), as_of, decide)

    @property
    def _may_wait(self) -> bool:
        return self.feed.limits.parked_days > 0

    def _settle(self, arrived: Sequence[Arrived], as_of: dt.datetime, may_wait: bool) -> None:
        """Decide again on the documents of parked files that are parked."""
        decided = self._decisions(arrived)
        received = [
            document
            for file in arrived
            for document, (status, _) in zip(file.received(), decided[file.delivery_id].outcomes, strict=False)
            if status is Status.PARKED
        ]
        written = self.recorder.write_objects(received, as_of, may_wait)

        def decide(work: Work) -> Counts:
            claimed = work.all("documents/claim_parked", delivery_ids=sorted({item.delivery_id for item in received}))
            ours = {row["delivery_id"] for row in claimed}
            again = [item for item in received if item.delivery_id in ours]
            counts = self.recorder.record(work, again, written, as_of, may_wait)
            waiting = {item.delivery_id for item in again if item.decided.status is Status.PARKED}
            work.run("documents/unpark", delivery_ids=sorted(ours - waiting))
            return counts

        self.db.once(f"settle:documents/{self.feed.name}", f"{as_of.isoformat()}/{_unit(arrived)}", as_of, decide)

    def _decisions(self, arrived: Sequence[Arrived]) -> dict[UUID, Decided]:
        """Return what was decided on files, of those on which something was."""
        with self.db.transaction() as session:
            rows = session.all("documents/decisions", delivery_ids=[file.delivery_id for file in arrived])
        return {delivery_id: _decided(list(found)) for delivery_id, found in groupby(rows, key=lambda row: row["delivery_id"])}

    def _finish(self, arrived: Sequence[Arrived], decided: dict[UUID, Decided], total: Counts) -> None:
        """Answer files, then let them go: those that wait for another document to the parked ones, the others for good."""
        answers: dict[str, bytes] = {}
        for file in arrived:
            answers |= self._answers(file, decided[file.delivery_id])
            total["files"] += 1
            for status, _ in decided[file.delivery_id].outcomes:
                total["received"] += 1
                total[str(status).lower()] += 1
        self.route.write(answers)
        waiting = [file for file in arrived if decided[file.delivery_id].waits]
        for file in waiting:
            if file.key != file.parked_key:
                self.route.move(file.key, file.parked_key)
        self.route.remove([file.key for file in arrived if file not in waiting])

    def _answers(self, file: Arrived, decided: Decided) -> dict[str, bytes]:
        """Return the answers to a file, one in each form of its feed, by their keys."""
        outcomes = _outcomes(file.documents, decided)
        reception = Reception(file.content, file.name, decided.decided_at)
        answers = {}
        for form in sorted(self.feed.acknowledgements):
            if answer := acknowledge(form, reception, outcomes, self.answerer):
                kind = "zam" if form is Form.ZAM else "answer"
                answers[f"{ANSWERS}/{file.name}.{kind}{PurePosixPath(answer.name).suffix}"] = answer.content
        return answers


def _parked_id(key: str) -> UUID | None:
    """Return the delivery whose file a key of the parked ones is; None of a file that somebody else put there."""
    try:
        return UUID(key.split("/")[1])
    except ValueError:
        return None


def _decided(rows: Sequence[RowMapping]) -> Decided:
    return Decided(rows[0]["decided_at"], [(Status(row["outcome"]), Reason(row["code"] or Reason.OK)) for row in rows])


def _outcomes(documents: Sequence[IncomingDocument], decided: Decided) -> list[Outcome]:
    """Return what is told of each document: what was decided, even where the file cannot be read any more as it was then."""
    if len(documents) != len(decided.outcomes):
        return [Outcome(status, code) for status, code in decided.outcomes]
    return [Outcome.of(document, *outcome) for document, outcome in zip(documents, decided.outcomes, strict=True)]


def _unit(arrived: Sequence[Arrived]) -> str:
    """Name a set of files, whatever their order."""
    return sha256(b"".join(sorted(file.delivery_id.bytes for file in arrived))).hexdigest()
