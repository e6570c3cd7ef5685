"""What a bounded process may be asked to run in tests: readers that hang, bloat, die, or do what they should."""

from __future__ import annotations

import os
import signal
from multiprocessing.queues import Queue
from pathlib import Path

from pipelines.documents.bounded_process import Answer
from pipelines.documents.bounded_worker import BoundedWorker, Bounds


def obedient(given: bytes) -> Answer:
    """Do what an item says."""
    return lambda data: _done(given, data)


def unfit(given: bytes) -> Answer:
    raise ValueError("no rules in " + given.decode())


def _done(given: bytes, data: bytes) -> bytes:
    match data:
        case b"hang":
            signal.pause()
        case b"bloat":
            return b"x" * (1 << 40)
        case b"die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"print":
            os.write(1, b"to nobody")
        case b"environment":
            return "\n".join(sorted(os.environ)).encode()
        case b"write":
            Path(given.decode()).write_bytes(b"x")
    # The first of two processes dies, as if somebody had killed it.
    if data == b"die once" and not (mark := Path(given.decode())).exists():
        mark.mkdir()
        os.kill(os.getpid(), signal.SIGKILL)
    return given + b":" + data


def answer_into(answers: Queue[bytes], entry: str) -> None:
    """Use a bounded process from another process."""
    with BoundedWorker(entry, b"", Bounds()) as worker:
        answers.put(bytes(worker.answer(b"a")))
