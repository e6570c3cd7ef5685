"""Requests on this machine's disk until they lie in the inbox of the intake: nobody gets a receipt before their line is safe.

The file that is being written **is** the file of the contract: a request is one line appended and forced to disk. It is handed over
once its minute is over, and deleted here once the object store has it. After a crash the next process hands over what lies there.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from pipelines.campaign.opposition_code import ALPHABET
from pipelines.oppositions.contract import Kind
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.portal.follow_up import MOST_LINES, SUFFIX, FileName, Receipt
from pipelines.portal.person_form import Insured

_OURS = "*Z-*.jsonl"


@dataclass
class _Open:
    """The file that takes requests now; `size` bytes and `lines` lines of it are safe."""

    name: FileName
    descriptor: int
    size: int = 0
    lines: int = 0


class Spool:
    """A folder of files of requests, written by one process at a time; its threads may receive at once, and one of them hand over.

    Raises: FinalError on start where another process writes there.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._clock, self._lock = folder, clock, Lock()
        self._file: _Open | None = None
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._guard = os.open(folder / ".writer", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._guard)
            raise FinalError(f"another portal writes to {folder}: stop it, or choose another ESPACE_SANTE_VAR") from None

    def close(self) -> None:
        """End the file that is being written, and let another process in."""
        with self._lock:
            self._end_file()
        os.close(self._guard)

    def receive(self, people: Sequence[Insured]) -> list[Receipt]:
        """Keep the requests of one form, received now, in one piece; return their receipts once all are safe on disk.

        Raises: RetryableError if the disk does not take them; nothing is promised then.
        """
        with self._lock:
            received_at = self._now()
            try:
                file = self._file_of(_minute(received_at), len(people))
                receipts = [Receipt(file.name, file.lines + rank) for rank in range(1, len(people) + 1)]
                self._append(file, "".join(map(request_line, receipts, people, [received_at] * len(people))).encode())
            except OSError as error:
                self._give_file_up()
                told = f"the spool {self._folder} does not take a request ({error.strerror}); free or repair its disk"
                raise RetryableError(told) from None
            file.lines += len(people)
        return receipts

    def waiting(self) -> list[FileName]:
        """Return the files that are not handed over yet, the oldest first."""
        return sorted(FileName.read(path.name) for path in self._folder.glob(_OURS))

    def hand_over(self, put: Callable[[FileName, bytes], object], *, everything: bool = False) -> datetime:
        """Give `put` every file whose minute is over (or `everything`, when no request comes any more), then delete it.

        Return the present minute: every request of an earlier one is handed over. Safe to repeat: after a kill between the two, the same
        file is put again under the same name.
        """
        with self._lock:
            present = _minute(self._now())
            before = present + timedelta(minutes=1) if everything else present
            if self._file and self._file.name.minute < before:
                self._end_file()
        for name in self.waiting():
            if name.minute >= before:
                break
            path = self._folder / str(name)
            # A line that a crash cut short was never confirmed to anybody.
            whole = path.read_bytes()
            whole = whole[: whole.rfind(b"\n") + 1]
            if whole:
                put(name, whole)
            path.unlink()
        return present

    def _now(self) -> datetime:
        """Return the time, never earlier than the last one: a clock that is set back must not reopen a minute that was handed over."""
        self._latest = max(self._latest, self._clock())
        return self._latest

    def _file_of(self, minute: datetime, lines: int) -> _Open:
        file = self._file
        if file and file.name.minute == minute and file.lines + lines <= MOST_LINES:
            return file
        self._end_file()
        name = FileName(minute, "".join(secrets.choice(ALPHABET) for _ in range(SUFFIX)))
        descriptor = os.open(self._folder / str(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._file = _Open(name, descriptor)
        _force_folder(self._folder)
        return self._file

    def _append(self, file: _Open, content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[os.write(file.descriptor, left) :]
        os.fsync(file.descriptor)
        file.size += len(content)

    def _give_file_up(self) -> None:
        """Cut what is not safe off the file, and write no more to it: after a failed `fsync` its state is not known."""
        if self._file:
            with suppress(OSError):
                os.ftruncate(self._file.descriptor, self._file.size)
        self._end_file()

    def _end_file(self) -> None:
        if self._file:
            os.close(self._file.descriptor)
        self._file = None


def request_line(receipt: Receipt, person: Insured, received_at: datetime) -> str:
    """Return the line of one request, as the contract wants it."""
    line = {
        "kind": Kind.OPPOSE if person.code else Kind.NEW_CODE,
        "request_ref": receipt.request_ref,
        "received_at": received_at.isoformat(),
        "matricule": person.matricule,
        "birth_date": person.birth_date,
        "code": person.code or None,
    }
    return json.dumps(line) + "\n"


def _minute(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(second=0, microsecond=0)


def _force_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
