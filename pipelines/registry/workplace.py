"""A directory in which personal data may lie while one process works on them; what a killed process left is removed by the next one."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

PREFIX = "work-"
LOCK = "lock"


@contextmanager
def workplace(var: Path) -> Iterator[Path]:
    """Give a directory under `var` that only this account may read, for as long as the block runs.

    Its lock is held meanwhile: a directory whose lock is free was left behind.
    """
    var.mkdir(parents=True, exist_ok=True)
    with (var / f"{PREFIX}{LOCK}").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        _clear(var)
        directory = TemporaryDirectory(dir=var, prefix=PREFIX)
        lock = (Path(directory.name) / LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with directory as name, lock:
        yield Path(name)


def _clear(var: Path) -> None:
    """Remove the directories that nobody holds."""
    for left in var.glob(f"{PREFIX}*/"):
        try:
            with (left / LOCK).open("a") as lock:
                held = not _taken(lock)
        except FileNotFoundError:
            held = False
        if not held:
            shutil.rmtree(left, ignore_errors=True)


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
