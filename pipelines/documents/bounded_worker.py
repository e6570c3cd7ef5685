"""A process that can be killed, and what it may take for one item. One that hangs, bloats or dies costs that item only.

It is started as a program of its own, not forked: a task of Airflow may be a process that may have no children, or may hold locks and
connections that a fork would copy. Its environment holds none of our keys, and its words go nowhere: they might quote a document.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from fcntl import F_SETPIPE_SZ, fcntl
from typing import Self

from pipelines.documents.bounded_process import DONE, LENGTH_BYTES, OUT_OF_MEMORY, frame, write_some
from pipelines.documents.document import Reason, RefusedDocumentError
from pipelines.documents.limits import MILLION
from pipelines.platform.errors import FinalError, RetryableError

_START_SECONDS = 60
_ANSWER_BYTES = 600 * MILLION
_PIPE_BYTES = 1 << 20
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "PYTHONHOME", "PYTHONUTF8")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one item may take: seconds of wall time, bytes of memory beside those of the process when it is ready."""

    seconds: float = 20
    memory_bytes: int = 1 << 30


class _LostError(Exception):
    """The process ended, or says what it should not."""


class BoundedWorker:
    """One process that answers bytes with bytes, started at its first item and again after each that it does not survive.

    `entry` is the `module:function` that is handed `given` in that process and returns what answers. For one thread at a time.
    """

    def __init__(self, entry: str, given: bytes, bounds: Bounds) -> None:
        self.entry, self.given, self.bounds = entry, given, bounds
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, data: bytes) -> memoryview:
        """Return the answer to an item.

        Raises: RefusedDocumentError (TIME_LIMIT, MEMORY_LIMIT; READER_FAILED where two processes died of it: one may die by chance);
        FinalError where the function cannot do its work, whatever the item; RetryableError where no process can be started.
        """
        for _ in range(2):
            process = self.process or self._start()
            try:
                return self._exchange(process, data)
            except _LostError:
                self.stop()
            except TimeoutError:
                self.stop()
                raise RefusedDocumentError(Reason.TIME_LIMIT, f"reading it takes more than {self.bounds.seconds:g} seconds") from None
            except BaseException:  # whatever interrupts: the answer to this item must never be taken for that to the next
                self.stop()
                raise
        raise RefusedDocumentError(Reason.READER_FAILED, "the process that reads it dies of it")

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process and wait until it is ready."""
        bounds = self.bounds
        command = [sys.executable, "-m", "pipelines.documents.bounded_process", self.entry, str(bounds.seconds), str(bounds.memory_bytes)]
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        for end in _ends(self.process):
            os.set_blocking(end, False)
            with suppress(OSError):  # an unprivileged user may have used up the pages of its pipes: the usual size does too
                fcntl(end, F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            deadline = time.monotonic() + _START_SECONDS
            _send(self.process, self.given, deadline)
            said = _receive(self.process, deadline)
        except (_LostError, TimeoutError):
            self.stop()
            raise RetryableError("the process that reads documents does not start: look at the memory of this machine") from None
        self._require_fit(*said)
        return self.process

    def _exchange(self, process: subprocess.Popen[bytes], data: bytes) -> memoryview:
        deadline = time.monotonic() + self.bounds.seconds
        with suppress(_LostError):  # it may have said why before it ended
            _send(process, data, deadline)
        how, said = _receive(process, deadline)
        if how == OUT_OF_MEMORY:
            self.stop()
            megabytes = self.bounds.memory_bytes // MILLION
            raise RefusedDocumentError(Reason.MEMORY_LIMIT, f"reading it takes more than {megabytes:,} MB of memory")
        self._require_fit(how, said)
        return said

    def _require_fit(self, how: bytes, why: memoryview) -> None:
        """Raise FinalError where the process says that it cannot do its work, whatever the item."""
        if how != DONE:
            self.stop()
            raise FinalError(f"documents cannot be read as they should: {bytes(why).decode(errors='replace')}")


def _ends(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Return the descriptors by which the process is written to and read from."""
    if process.stdin is None or process.stdout is None:
        raise _LostError
    return process.stdin.fileno(), process.stdout.fileno()


def _send(process: subprocess.Popen[bytes], content: bytes, deadline: float) -> None:
    end = _ends(process)[0]
    left = frame(content)
    while left:
        _wait(end, select.POLLOUT, deadline)
        try:
            left = write_some(end, left)
        except BrokenPipeError:
            raise _LostError from None


def _receive(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, memoryview]:
    """Return how it went, and the content of the answer."""
    head = _read(process, LENGTH_BYTES + 1, deadline)
    length = int.from_bytes(head[:LENGTH_BYTES], "little")
    if length > _ANSWER_BYTES:
        raise _LostError
    return bytes(head[LENGTH_BYTES:]), _read(process, length, deadline)


def _read(process: subprocess.Popen[bytes], length: int, deadline: float) -> memoryview:
    end = _ends(process)[1]
    content = memoryview(bytearray(length))
    left = content
    while left:
        _wait(end, select.POLLIN, deadline)
        taken = os.readv(end, [left])
        if taken == 0:
            raise _LostError
        left = left[taken:]
    return content


def _wait(end: int, what: int, deadline: float) -> None:
    """Wait until a pipe may be used. Raises: TimeoutError."""
    poll = select.poll()
    poll.register(end, what)
    if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
        raise TimeoutError
