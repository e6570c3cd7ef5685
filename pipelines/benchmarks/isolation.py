"""What it costs to examine documents in a process that can be killed, beside examining the same ones here.

The start of that process does not count: it lives as long as a batch does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from pipelines.benchmarks.measuring import Cost, family_seconds, peak_mib
from pipelines.documents.bounded_reader import BoundedReader
from pipelines.documents.conformance import Conformance
from pipelines.documents.document import Reason
from pipelines.documents.examination import Examination, Examined


def examine_here(folder: Path, count: int) -> tuple[int, Cost]:
    """Examine `count` documents of a folder, in turns, in this process; return how many were found right, and the cost."""
    return _examine(folder, count, Examination(Conformance()).examine)


def examine_apart(folder: Path, count: int) -> tuple[int, Cost]:
    """Do the same in a bounded process."""
    with BoundedReader() as reader:
        return _examine(folder, count, reader.read)


def _examine(folder: Path, count: int, examine: Callable[[bytes], Examined]) -> tuple[int, Cost]:
    contents = [file.read_bytes() for file in sorted(folder.iterdir())]
    examine(contents[0])
    before, begun = family_seconds(os.getpid()), time.perf_counter()
    taken = sum(document.verdict is Reason.OK for data in islice(cycle(contents), count) for document in examine(data).documents)
    return taken, Cost(time.perf_counter() - begun, family_seconds(os.getpid()) - before, peak_mib())
