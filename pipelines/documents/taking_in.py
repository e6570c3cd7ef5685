"""Files of a feed taken in: read, judged, recorded, answered, and only then removed from where they arrived.

Every step can be repeated. A file is decided once, by its name and content; its answer is made again from what was decided. One that was
refused for good and comes again is decided again. A run that dies leaves at worst objects that nothing names, which the sweep deletes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

from sqlalchemy.engine import RowMapping

from pipelines.documents.acknowledgements.answer import acknowledge_in
from pipelines.documents.acknowledgements.form import Form
from pipelines.documents.acknowledgements.outcome import Answerer, Outcome, Reception, Status
from pipelines.documents.bounded_reader import BoundedReader
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, refused
from pipelines.documents.examination import Examined
from pipelines.documents.feed import Feed
from pipelines.documents.judgement import Received
from pipelines.documents.quality import note_quality
from pipelines.documents.recording import Recorder
from pipelines.documents.routes import ANSWERS, BACKLOG, INBOX, PARKED, QUARANTINE, Read, Route
from pipelines.documents.virus_scan import ScannedItem, Scanner, scan_item
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.faults import Faults

# What one transaction takes: many documents for one commit, few enough to be held in memory.
FILES_AT_ONCE, BYTES_AT_ONCE = 100, 32_000_000
SCANS_AT_ONCE, ANSWERED_AT_ONCE = 4, 8
# What is read of a file that is too big: the header of its mail or of its first messages, to which it is answered.
HEAD_BYTES = 64 * 1024
# A name of a file has 255 bytes at most, and a key of a bucket 1,024: beyond this one there is no room for what an answer's name adds.
NAME_BYTES = 200
COUNTED = ("files", "received", *(str(status).lower() for status in Status))


Named = Mapping[tuple[UUID, int], int]
"""Delivery and place of a document -> the person whom two people named as the one whom it is about."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One file as it arrived: its key on its route, its bytes with their SHA-256, its documents; `is_whole`: not only its beginning."""

    delivery_id: UUID
    key: str
    content: bytes
    stamp: str
    is_whole: bool
    digest: bytes
    documents: list[IncomingDocument]
    scanned_with: str | None

    @property
    def name(self) -> str:
        """What its sender calls it."""
        folder, _, name = self.key.partition("/")
        return name if folder in (INBOX, BACKLOG) else name.partition("/")[2]

    @property
    def kept_name(self) -> str:
        """What it is called where it is kept, and its answers with it: its name, or where that is long, a digest of it."""
        name = _bytes(self.name)
        return self.name if len(name) <= NAME_BYTES else sha256(name).hexdigest()

    def received(self, named: Named | None = None) -> list[Received]:
        """Return its documents to be judged."""
        people = named or {}
        return [
            Received(self.delivery_id, place, document, self._sha256(document), self.scanned_with, people.get((self.delivery_id, place)))
            for place, document in enumerate(self.documents)
        ]

    def _sha256(self, document: IncomingDocument) -> bytes:
        whole = document.content is None or document.content is self.content
        return self.digest if whole else sha256(document.content or b"").digest()


class Decided(NamedTuple):
    """What was decided on a file: when for the first time, each document's outcome and code, and whether it is in the quarantine."""

    decided_at: dt.datetime
    outcomes: list[tuple[Status, Reason]]
    is_held: bool

    @property
    def folder(self) -> str | None:
        """Where the file stays, None where it goes."""
        if any(status is Status.PARKED for status, _ in self.outcomes):
            return PARKED
        return QUARANTINE if self.is_held else None

    @property
    def is_refused_for_good(self) -> bool:
        """Whether nothing of it was taken in, or is kept to be mended."""
        return not self.is_held and all(status is Status.REFUSED for status, _ in self.outcomes)


def parked_documents(file: Arrived, decided: Decided, named: Named) -> list[Received]:
    """Return the documents of a parked file that are decided again: those that wait; none where a mended reader finds another number."""
    if len(file.documents) != len(decided.outcomes):
        return []
    return [item for item, (status, _) in zip(file.received(named), decided.outcomes, strict=True) if status is Status.PARKED]


class Again(NamedTuple):
    """A way of deciding again: its step, the statement that claims the files, which documents of a file."""

    step: str
    claim: str
    which: Callable[[Arrived, Decided, Named], list[Received]]


def all_documents(file: Arrived, decided: Decided, named: Named) -> list[Received]:
    """Return the documents of a file that comes again: all of them."""
    return file.received(named)


SETTLING = Again("settle", "documents/claim_parked", parked_documents)
RETURNING = Again("take_in_again", "documents/claim_refused", all_documents)


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
        waiting = {key: size for key, size in self.route.waiting(INBOX).items() if crc32(_bytes(key)) % batches == batch}
        total = dict.fromkeys(COUNTED, 0)
        self.take(dict(list(waiting.items())[: self.feed.limits.files_a_batch]), as_of, total)
        return total

    def take(self, waiting: Mapping[str, int], as_of: dt.datetime, total: Counts) -> None:
        """Take in files (key -> bytes), and add what became of their documents to `total`.

        Raises: RetryableError or FinalError at the end, where a file could not be answered: it stays, and the others are done.
        """
        faults = Faults()
        for arrived in _one_ahead(self.portions(waiting)):
            self._decide(arrived, as_of)
            self.finish(arrived, total, faults)
        faults.require_none()

    def settle(self, as_of: dt.datetime) -> Counts:
        """Decide again on parked files whose originals have come or had their time; answer those again that are settled."""
        total, faults = dict.fromkeys(COUNTED, 0), Faults()
        since = as_of - dt.timedelta(days=self.feed.limits.parked_days)
        with self.db.transaction() as session:
            rows = session.all("documents/to_settle", feed_id=self.recorder.feed_id, since=since)
        due = {row["delivery_id"]: row["is_overdue"] for row in rows}
        parked = {key: size for key, size in self.route.waiting(PARKED).items() if delivery_of(key) in due}
        for arrived in self.portions(parked):
            for is_overdue in (False, True):
                some = [file for file in arrived if due.get(file.delivery_id) is is_overdue]
                if some:
                    self.decide_again(SETTLING, some, as_of.isoformat(), as_of, may_wait=not is_overdue)
                    self.finish(some, total, faults)
        faults.require_none()
        return total

    def portions(self, waiting: Mapping[str, int]) -> Iterator[list[Arrived]]:
        """Give files, read, by as many as are decided at once."""
        held: list[str] = []
        weight = 0
        for key, size in waiting.items():
            if held and (len(held) == FILES_AT_ONCE or weight + size > BYTES_AT_ONCE):
                yield from self._read(held, waiting)
                held, weight = [], 0
            held.append(key)
            weight += min(size, self.feed.limits.file_bytes)
        if held:
            yield from self._read(held, waiting)

    def _read(self, keys: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[Arrived]]:
        """Read files, one after the other, while those that are read are scanned; give those that are still there, if any."""
        most = self.feed.limits.file_bytes
        small = [key for key in keys if sizes[key] <= most]
        read = self.route.read(small, most + 1) | self.route.read([key for key in keys if sizes[key] > most], HEAD_BYTES)
        whole = {key: read[key].content for key in small if key in read and len(read[key].content) <= most}
        with ThreadPoolExecutor(SCANS_AT_ONCE) as threads:
            scans = {key: threads.submit(self._scan, content, self.reader.read(content)) for key, content in whole.items()}
            arrived = [
                self._arrived(key, read[key], scans[key].result()) if key in whole else self._too_big(key, read[key])
                for key in keys
                if key in read
            ]
        if arrived:
            yield arrived

    def _scan(self, content: bytes, examined: Examined) -> ScannedItem:
        return scan_item(self.scanner, self.feed.scan, content, examined)

    def _too_big(self, key: str, read: Read) -> Arrived:
        fault = Fault(Reason.TOO_BIG, f"the file has more than {self.feed.limits.file_bytes:,} bytes")
        head = read._replace(content=read.content[:HEAD_BYTES])
        return self._arrived(key, head, ScannedItem([refused(DocumentFormat.UNKNOWN, fault)], None), is_whole=False)

    def _arrived(self, key: str, read: Read, scanned: ScannedItem, is_whole: bool = True) -> Arrived:
        documents = [self._of_this_feed(document) for document in scanned.documents]
        digest = sha256(read.content if is_whole else b"the beginning of\0" + read.content).digest()
        arrived = Arrived(UUID(int=0), key, read.content, read.stamp, is_whole, digest, documents, scanned.version)
        named = _bytes(f"{self.feed.name}\0{arrived.name}\0") + arrived.digest
        return replace(arrived, delivery_id=_kept_as(key) or UUID(bytes=sha256(named).digest()[:16]))

    def _of_this_feed(self, document: IncomingDocument) -> IncomingDocument:
        """Refuse a document in an envelope that the feed does not declare."""
        if document.format in self.feed.envelopes or document.format is DocumentFormat.UNKNOWN:
            return document
        fault = Fault(Reason.BAD_FORMAT, f"this feed takes {', '.join(sorted(self.feed.envelopes))}, and no {document.format}")
        return replace(document, faults=(fault, *document.faults))

    def _decide(self, arrived: Sequence[Arrived], as_of: dt.datetime) -> None:
        """Decide on the files that are not decided yet, in one unit of work; again on those that were refused for good."""
        known = self.decisions(arrived)
        if back := [file for file in arrived if file.delivery_id in known and known[file.delivery_id].is_refused_for_good]:
            self.decide_again(RETURNING, back, as_of.isoformat(), as_of, self._may_wait)
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
            decided = [item for item in received if item.delivery_id in ours]
            counts = self.recorder.record(work, decided, written, as_of, self._may_wait)
            note_quality(work, decided, self.recorder.feed_id, as_of)
            return counts

        self.db.once(f"take_in:documents/{self.feed.name}", f"{as_of.isoformat()}/{_unit(new)}", as_of, decide)

    @property
    def _may_wait(self) -> bool:
        return self.feed.limits.parked_days > 0

    def decide_again(self, again: Again, arrived: Sequence[Arrived], occasion: str, as_of: dt.datetime, may_wait: bool) -> None:
        """Decide again, once an occasion, on documents that waited or were refused."""
        decided, named = self.decisions(arrived), self._named(arrived)
        received = [item for file in arrived for item in again.which(file, decided[file.delivery_id], named)]
        if not received:
            return
        written = self.recorder.write_objects(received, as_of, may_wait)
        files = sorted({item.delivery_id for item in received})

        def decide(work: Work) -> Counts:
            ours = {row["delivery_id"] for row in work.all(again.claim, delivery_ids=files)}
            claimed = [item for item in received if item.delivery_id in ours]
            counts = self.recorder.record(work, claimed, written, as_of, may_wait)
            work.run("documents/recount_deliveries", delivery_ids=sorted(ours))
            waiting = {item.delivery_id for item in claimed if item.decided.status is Status.PARKED}
            work.run("documents/unpark", delivery_ids=sorted(ours - waiting))
            return counts

        self.db.once(f"{again.step}:documents/{self.feed.name}", f"{occasion}/{_unit(arrived)}", as_of, decide)

    def _named(self, arrived: Sequence[Arrived]) -> Named:
        with self.db.transaction() as session:
            rows = session.all("documents/named_people", delivery_ids=[file.delivery_id for file in arrived])
        return {(row["delivery_id"], row["place"]): row["person_id"] for row in rows}

    def decisions(self, arrived: Sequence[Arrived]) -> dict[UUID, Decided]:
        """Return what was decided on files, of those on which something was."""
        with self.db.transaction() as session:
            rows = session.all("documents/decisions", delivery_ids=[file.delivery_id for file in arrived])
        return {delivery_id: _decided(list(found)) for delivery_id, found in groupby(rows, key=lambda row: row["delivery_id"])}

    def finish(self, arrived: Sequence[Arrived], total: Counts, faults: Faults) -> list[Arrived]:
        """Answer files as was decided, then let them go: to the parked ones, into the quarantine, or for good; return those that are done.

        Each by itself: one that cannot be answered stays where it is, and is told in `faults` by its number.
        """
        decided, done = self.decisions(arrived), []
        with ThreadPoolExecutor(ANSWERED_AT_ONCE) as threads:
            ends = [threads.submit(self._finish, file, decided[file.delivery_id]) for file in arrived]
        for file, end in zip(arrived, ends, strict=True):
            with faults.apart(f"the file {file.delivery_id} is decided, and not answered"):
                end.result()
                done.append(file)
        total["files"] += len(done)
        for status in (status for file in done for status, _ in decided[file.delivery_id].outcomes):
            total["received"] += 1
            total[str(status).lower()] += 1
        return done

    def _finish(self, file: Arrived, decided: Decided) -> None:
        """Answer a file, keep it where it is to be kept, as it was read, and remove what was read from where it arrived."""
        self.route.write(self._answers(file, decided))
        kept = f"{decided.folder}/{file.delivery_id}/{file.kept_name}" if decided.folder else None
        if kept != file.key:
            if kept:
                self.route.write({kept: file.content})
            self.route.remove(file.key, file.stamp)

    def _answers(self, file: Arrived, decided: Decided) -> dict[str, bytes]:
        """Return the answers to a file, one in each form of its feed, by their keys: two files of one name are answered apart."""
        reception = Reception(file.content, _bytes(file.name).decode(errors="replace"), decided.decided_at, file.is_whole)
        answers = acknowledge_in(self.feed.acknowledgements, reception, _outcomes(file.documents, decided), self.answerer)
        begins = f"{ANSWERS}/{file.kept_name}.{file.delivery_id.hex[:8]}"
        return {
            f"{begins}.{'zam' if form is Form.ZAM else 'answer'}{PurePosixPath(answer.name).suffix}": answer.content
            for form, answer in answers.items()
        }


def _one_ahead(portions: Iterator[list[Arrived]]) -> Iterator[list[Arrived]]:
    """Give portions, the next of which is read while one is worked on."""
    with ThreadPoolExecutor(1) as thread:
        following: Future[list[Arrived] | None] = thread.submit(next, portions, None)
        while portion := following.result():
            following = thread.submit(next, portions, None)
            yield portion


def delivery_of(key: str) -> UUID | None:
    """Return the delivery whose file a key of the parked or held ones is; None of a file that somebody else put there."""
    try:
        return UUID(key.split("/")[1])
    except ValueError:
        return None


def _bytes(name: str) -> bytes:
    """Return the name of a file as a disk has it, which need not be UTF-8."""
    return name.encode(errors="surrogateescape")


def _kept_as(key: str) -> UUID | None:
    """Return under which number a file is kept, None of one that has just come."""
    return delivery_of(key) if key.partition("/")[0] in (PARKED, QUARANTINE) else None


def _decided(rows: Sequence[RowMapping]) -> Decided:
    outcomes = [(Status(row["outcome"]), Reason(row["code"] or Reason.OK)) for row in rows]
    return Decided(rows[0]["decided_at"], outcomes, rows[0]["is_held"])


def _outcomes(documents: Sequence[IncomingDocument], decided: Decided) -> list[Outcome]:
    """Return what is told of each document: what was decided, even where the file cannot be read any more as it was then."""
    if len(documents) != len(decided.outcomes):
        return [Outcome(status, code) for status, code in decided.outcomes]
    return [Outcome.of(document, *outcome) for document, outcome in zip(documents, decided.outcomes, strict=True)]


def _unit(arrived: Sequence[Arrived]) -> str:
    """Name a set of files, whatever their order."""
    return sha256(b"".join(sorted(file.delivery_id.bytes for file in arrived))).hexdigest()
