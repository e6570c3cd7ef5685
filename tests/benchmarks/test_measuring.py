"""A cost counts every process that did the work, and starts from nothing each time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial

import pytest

from pipelines.benchmarks.measuring import Cost, Scale, family_seconds, median
from pipelines.platform.errors import RuleError

BURN = "import time\nwhile time.process_time() < {seconds}: pass"


def burn(seconds: float) -> int:
    """Let another process work, and return who asked it to."""
    subprocess.run([sys.executable, "-c", BURN.format(seconds=seconds)], check=True)
    return os.getpid()


def hold(mebibytes: int) -> int:
    """Hold memory for a moment."""
    return len(bytearray(os.urandom(2**20)) * mebibytes)


def refuse() -> None:
    raise RuleError("no")


def test_costs_add_up_and_the_peak_is_the_higher_one() -> None:
    assert Cost(1.0, 2.0, 300.0) + Cost(0.5, 1.0, 200.0) == Cost(1.5, 3.0, 300.0)


@pytest.mark.parametrize(("seconds", "middle"), [([3.0], 3.0), ([3.0, 1.0, 2.0], 2.0)])
def test_the_median_is_the_run_in_the_middle(seconds: list[float], middle: float) -> None:
    assert median([Cost(each) for each in seconds]).seconds == middle


def test_work_is_done_in_a_process_of_its_own_and_its_children_count() -> None:
    pid, cost = Scale().weigh(burn, 0.5)
    assert pid != os.getpid()
    assert cost.cpu_seconds >= 0.4


def test_the_peak_is_that_of_the_work_and_not_of_what_was_done_before() -> None:
    much, less = (Scale().weigh(hold, mebibytes)[1].peak_mib for mebibytes in (300, 10))
    assert much >= 300
    assert less < 150


def test_a_server_counts_with_what_it_started() -> None:
    server = subprocess.Popen([sys.executable, "-c", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}])"
                               .format(seconds=0.5) + "\nsys.stdin.read()"], stdin=subprocess.PIPE)  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while family_seconds(server.pid) < 0.3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert family_seconds(server.pid) >= 0.3
    finally:
        server.communicate(timeout=30)
    assert family_seconds(server.pid) == 0


def test_what_is_short_is_done_three_times_each_time_afresh() -> None:
    afresh: list[int] = []
    Scale().weigh_again(partial(hold, 1), lambda: afresh.append(1))
    assert len(afresh) == 3


def test_an_error_of_the_work_is_the_caller_s() -> None:
    with pytest.raises(RuleError):
        Scale().weigh(refuse)
