"""Everything that comes in is handed to clamd before it is kept: the file, the documents out of it, every piece packed in them.

clamd decodes no Base64, and what is above its size limits it calls clean: so pieces are scanned by themselves, none above a size that
each scanner must first prove to look into. What cannot be scanned is never called clean.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from threading import Lock
from typing import Protocol, Self

from pipelines.documents.clamd import Address, ScannerAwayError, ScanTooLongError, Session
from pipelines.documents.document import Fault, IncomingDocument, Reason
from pipelines.documents.examination import Examined
from pipelines.documents.pieces import Piece
from pipelines.documents.scan_policy import ScanPolicy
from pipelines.platform.errors import FinalError

CLEAN = ""
_FOUND = re.compile(r"(?P<signature>\S+) FOUND")
_LIMITS = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
_REMEMBERED = 100_000
# The file by which scanners are tested (EICAR, 2003), in parts: whole, this file or its compiled form would be taken for a virus.
_HARMLESS_TEST = b"".join((rb"X5O!P%@AP[4\PZX54(P^)7CC)7}", rb"$EICAR-STANDARD-", rb"ANTIVIRUS-TEST-FILE!$H+H*"))


class UnscannedError(Exception):
    """A piece that a scanner does not look into as it should."""


class NoVerdictError(ScannerAwayError):
    """A scanner says that it cannot scan: this piece, or anything."""


class Verdict(StrEnum):
    """What is known of an item after the scan."""

    CLEAN = "CLEAN"
    INFECTED = "INFECTED"
    NOT_SCANNED = "NOT_SCANNED"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of a scan: where something was found, the signature's name, and the version of program and signatures that looked."""

    verdict: Verdict
    where: str
    signature: str
    version: str


class VerdictMemory(Protocol):
    """Remembers the verdicts of a version of signatures by SHA-256: the name of what was found, or nothing (clean)."""

    def known(self, version: str, digests: Sequence[bytes]) -> Mapping[bytes, str]:
        """Return the verdicts that are known."""

    def remember(self, version: str, verdicts: Mapping[bytes, str]) -> None:
        """Keep verdicts."""


class RecentVerdicts:
    """The last verdicts of this process; safe between threads."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self.most, self._held, self._lock = most, OrderedDict[tuple[str, bytes], str](), Lock()

    def known(self, version: str, digests: Sequence[bytes]) -> Mapping[bytes, str]:
        """Return the verdicts that are known."""
        with self._lock:
            return {digest: self._held[version, digest] for digest in digests if (version, digest) in self._held}

    def remember(self, version: str, verdicts: Mapping[bytes, str]) -> None:
        """Keep verdicts, and forget the oldest."""
        with self._lock:
            for digest, found in verdicts.items():
                self._held[version, digest] = found
            while len(self._held) > self.most:
                self._held.popitem(last=False)


class Scanner:
    """One clamd or several that take turns; safe between threads, each of which has a connection of its own while it scans.

    `most_bytes` is the largest piece that is handed over: no more than the limits of each clamd, which must prove it.
    """

    def __init__(self, addresses: Sequence[str], most_bytes: int, memory: VerdictMemory | None = None, seconds: float = 60) -> None:
        self.addresses, self.most_bytes, self.seconds = [Address.parse(text) for text in addresses], most_bytes, seconds
        self.memory = memory or RecentVerdicts()
        self._idle: list[Session] = []
        self._proven: set[Address] = set()
        self._turn, self._lock, self._proving = 0, Lock(), Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._idle:
            session.close()

    def scan(self, data: bytes, pieces: Iterable[Piece] = ()) -> Scanned:
        """Scan a file and the pieces in it; the first that is not clean is told.

        Raises: ScannerAwayError where no clamd answers; FinalError where one does not find what it is proven with.
        """
        todo = [(piece, hashlib.sha256(piece.content).digest()) for piece in (Piece("the file", data), *pieces)]
        version = ""
        try:
            with self._session() as (session, version):
                known = dict(self.memory.known(version, [digest for _, digest in todo]))
                for piece, digest in todo:
                    if digest not in known:
                        known[digest] = self._signature(session, piece)
                        self.memory.remember(version, {digest: known[digest]})
                    if known[digest] != CLEAN:
                        return Scanned(Verdict.INFECTED, piece.where, known[digest], version)
        except UnscannedError as error:
            return Scanned(Verdict.NOT_SCANNED, str(error), "", version)
        return Scanned(Verdict.CLEAN, "", "", version)

    def _signature(self, session: Session, piece: Piece) -> str:
        """Return the name of what is found in a piece, nothing where it is clean. Raises: UnscannedError, ScannerAwayError."""
        if len(piece.content) > self.most_bytes:
            raise UnscannedError(f"{piece.where} has more than {self.most_bytes:,} bytes")
        try:
            return signature_of(session.scan(piece.content), piece.where)
        except ScanTooLongError:
            why = f"takes the scanner more than {self.seconds:g} seconds"
        except NoVerdictError:
            why = "is what the scanner cannot scan: its log says why"
        # Either it is this piece, or nothing is answered any more.
        with Session(session.address, self.seconds) as other:
            other.version()
        raise UnscannedError(f"{piece.where} {why}")

    @contextmanager
    def _session(self) -> Iterator[tuple[Session, str]]:
        """Lend a connection, with the version that answers on it; one on which anything went wrong is let go."""
        session, version = self._reused() or self._opened()
        try:
            yield session, version
        except BaseException:
            session.close()
            raise
        with self._lock:
            self._idle.append(session)

    def _reused(self) -> tuple[Session, str] | None:
        """Return a connection that is open; clamd itself closes one on which nothing was asked for a while."""
        while True:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            if session is None:
                return None
            with suppress(ScannerAwayError):
                return session, session.version()
            session.close()

    def _opened(self) -> tuple[Session, str]:
        """Open a connection to the next clamd that answers. Raises: ScannerAwayError, FinalError."""
        with self._lock:
            self._turn += 1
            turn = self._turn % max(len(self.addresses), 1)
        away = ScannerAwayError("no virus scanner is named: set ESPACE_SANTE_CLAMD")
        for address in (*self.addresses[turn:], *self.addresses[:turn]):
            try:
                return self._proven_at(address)
            except ScannerAwayError as error:
                away = error
        raise away

    def _proven_at(self, address: Address) -> tuple[Session, str]:
        """Open a connection to one clamd, which is proven the first time. Raises: ScannerAwayError, FinalError."""
        session = Session(address, self.seconds)
        try:
            version = session.version()
            with self._proving:
                if address not in self._proven:
                    self._require_proof(session)
                    self._proven.add(address)
        except BaseException:
            session.close()
            raise
        return session, version

    def _require_proof(self, session: Session) -> None:
        """Have a clamd find the harmless test file behind as many bytes as any piece may have. Raises: FinalError where it does not."""
        try:
            found = signature_of(session.scan(_proof(self.most_bytes)), "the proof")
        except (UnscannedError, ScanTooLongError):
            found = CLEAN
        if found == CLEAN:
            raise FinalError(
                f"the virus scanner lets the EICAR test file through behind {self.most_bytes:,} bytes: give clamd its signatures, and set "
                "MaxFileSize, StreamMaxLength and MaxScanSize above ESPACE_SANTE_CLAMD_BYTES, or set that lower"
            )


def signature_of(said: str, where: str) -> str:
    """Read what clamd says. Raises: UnscannedError where it is over a limit, NoVerdictError where it is no verdict."""
    if said == "OK":
        return CLEAN
    found = _FOUND.fullmatch(said)
    if found and not found["signature"].startswith(_LIMITS):
        return found["signature"]
    if found or "size limit exceeded" in said:
        raise UnscannedError(f"{where} is over a limit of the scanner, or encrypted")
    raise NoVerdictError("the virus scanner says that it cannot scan: look at its log")


@cache
def _proof(size: int) -> bytes:
    """Return a small zip of a file of that size, which ends with the test file: a scanner that skips what is larger never comes to it."""
    empty = len(_zip({"zeros": b"", "test": _HARMLESS_TEST}, zipfile.ZIP_STORED))
    inner = _zip({"zeros": bytes(size - empty), "test": _HARMLESS_TEST}, zipfile.ZIP_STORED)
    return _zip({"inner": inner}, zipfile.ZIP_DEFLATED)


def _zip(members: Mapping[str, bytes], compression: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class ScannedItem:
    """The documents of an item with what the scan found; `version` is None where they pass without one, to be scanned later."""

    documents: list[IncomingDocument]
    version: str | None


def scan_item(scanner: Scanner, policy: ScanPolicy, data: bytes, examined: Examined) -> ScannedItem:
    """Scan an item, the documents out of it and the pieces in them, and refuse what is infected or cannot be scanned.

    Raises: ScannerAwayError where none answers and the feed waits for it.
    """
    contents = [
        Piece(f"document {number}", document.content)
        for number, document in enumerate(examined.documents, start=1)
        if document.content is not None and document.content is not data
    ]
    try:
        scanned = scanner.scan(data, [*contents, *examined.pieces])
    except ScannerAwayError:
        if policy is ScanPolicy.REQUIRED:
            raise
        return ScannedItem([_noted(document) for document in examined.documents], None)
    if scanned.verdict is Verdict.CLEAN:
        return ScannedItem(examined.documents, scanned.version)
    if scanned.verdict is Verdict.INFECTED:
        fault = Fault(Reason.INFECTED, f"{scanned.where}: {scanned.signature}")
    else:
        fault = Fault(Reason.NOT_SCANNED, scanned.where)
    return ScannedItem([replace(document, faults=(fault, *document.faults)) for document in examined.documents], scanned.version)


def _noted(document: IncomingDocument) -> IncomingDocument:
    return replace(document, notes=(*document.notes, "taken without a virus scan, which is made up for later"))
