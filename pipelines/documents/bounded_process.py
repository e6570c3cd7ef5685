"""The process in which strangers' bytes are parsed: it holds no key of ours, and is stopped when an item asks too much of it.

`python -m pipelines.documents.bounded_process MODULE:FUNCTION SECONDS BYTES` reads frames (8 bytes of length, then that many) from its
standard input and answers each with one, in which a byte before the content says how it went. The first frame is handed to the function,
which returns what answers all others.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from pipelines.platform.errors import FinalError

LENGTH_BYTES = 8
# How it went.
DONE, OUT_OF_MEMORY, UNFIT = b"+", b"m", b"!"
_OPEN_FILES = 64

Answer = Callable[[bytes], bytes]


def main(entry: str, seconds: float, memory_bytes: int, source: BinaryIO, target: int) -> None:
    """Answer frames until there are no more; an item that wants too much memory is the last."""
    module, _, function = entry.partition(":")
    try:
        answer: Answer = getattr(import_module(module), function)(_read(source))
    except Exception as error:
        _send(target, UNFIT, str(error).encode())
        return
    _bind(memory_bytes)
    _send(target, DONE)
    while True:
        try:
            data = _read(source)
            if data is None:
                return
            # Should whoever started this be gone, and so not stop it in time, the kernel does.
            signal.setitimer(signal.ITIMER_REAL, 2 * seconds)
            said = answer(data)
        except MemoryError:
            _send(target, OUT_OF_MEMORY)
            return
        except FinalError as error:
            _send(target, UNFIT, str(error).encode())
            return
        _send(target, DONE, said)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _read(source: BinaryIO) -> bytes | None:
    length = source.read(LENGTH_BYTES)
    return source.read(int.from_bytes(length, "little")) if len(length) == LENGTH_BYTES else None


def frame(content: bytes, how: bytes = b"") -> list[memoryview]:
    """Return a frame in parts: they are written at once, so that who waits for it is woken once."""
    return [memoryview(len(content).to_bytes(LENGTH_BYTES, "little") + how), memoryview(content)]


def write_some(end: int, parts: list[memoryview]) -> list[memoryview]:
    """Write as much of the parts as a pipe takes; return what is left. Raises: BrokenPipeError."""
    written, left = os.writev(end, parts), []
    for part in parts:
        taken = min(written, len(part))
        written -= taken
        if taken < len(part):
            left.append(part[taken:])
    return left


def _send(target: int, how: bytes, content: bytes = b"") -> None:
    left = frame(content, how)
    while left:
        left = write_some(target, left)


def _bind(memory_bytes: int) -> None:
    """Let this process grow so much and no more, write no file, leave no core: that would hold what it was reading."""
    sizes = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    for limit, size in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        most = int(sizes[size].split()[0]) * 1024 + memory_bytes
        resource.setrlimit(limit, (most, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    # A library that prints would be taken for an answer.
    answers = os.dup(sys.stdout.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.stdin.buffer, answers)
