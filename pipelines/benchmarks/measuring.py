"""What a piece of work costs: wall time, the CPU time of every process that did it, the most memory that one of ours held.

Work is measured in a fresh process, as a task of Airflow runs in one: what a process did before weighs on nothing that it
does now. Importing the module that holds the function does not count, nor does starting the process.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import psutil

MIB = 2**20
RUNS = 3
SHORT_SECONDS = 10.0
Given = ParamSpec("Given")
Result = TypeVar("Result")
Share = TypeVar("Share")


@dataclass(frozen=True)
class Cost:
    """Wall seconds, user and system seconds of all processes together, and the largest resident memory of one of ours (MiB)."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of both, one after the other."""
        return Cost(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds, max(self.peak_mib, other.peak_mib))


@dataclass(frozen=True)
class Scale:
    """Measures what is done on some servers, each named by the id of its leading process; their CPU time counts, not their memory."""

    leaders: tuple[int, ...] = ()

    def weigh(self, do: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> tuple[Result, Cost]:
        """Do something in a process of its own; return what it returned and its cost. Raises: what it raises."""
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            return apart.submit(_weigh, self.leaders, do, given, named).result()

    def weigh_side_by_side(self, do: Callable[[Share], Result], shares: Iterable[Share]) -> tuple[list[Result], Cost]:
        """Do something with each share, as many at once as there are cores, each in a process of its own whose start counts.

        Return what was returned, and the cost of all together. Raises: what it raises.
        """
        before, begun = _spent(self.leaders), time.perf_counter()
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), max_tasks_per_child=1) as apart:
            done = list(apart.map(partial(_weigh, (), do), ((share,) for share in shares), repeat({})))
        seconds = time.perf_counter() - begun
        cost = Cost(seconds, _spent(self.leaders) - before, max((cost.peak_mib for _, cost in done), default=0.0))
        return [result for result, _ in done], cost

    def weigh_again(self, do: Callable[[], Result], before: Callable[[], None]) -> tuple[Result, Cost]:
        """Do something three times where it is short, once otherwise, each time after `before`, which costs nothing.

        Return the last result and the cost of the median run.
        """
        costs: list[Cost] = []
        while len(costs) < RUNS and (not costs or costs[0].seconds < SHORT_SECONDS):
            before()
            result, cost = self.weigh(do)
            costs.append(cost)
        return result, median(costs)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the cost of the run in the middle, by wall time."""
    return sorted(costs, key=lambda cost: cost.seconds)[len(costs) // 2]


def _weigh(leaders: tuple[int, ...], do: Callable[..., Result], given: tuple[object, ...], named: dict[str, object]) -> tuple[Result, Cost]:
    before, begun = _spent(leaders), time.perf_counter()
    result = do(*given, **named)
    seconds = time.perf_counter() - begun
    return result, Cost(seconds, _spent(leaders) - before, peak_mib())


def _spent(leaders: Iterable[int]) -> float:
    """Return the CPU seconds of this process and of the servers so far, with those of the children that have ended."""
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system + sum(map(family_seconds, leaders))


def family_seconds(leader: int) -> float:
    """Return the CPU seconds of a process and of all that it started, those that have ended included."""
    spent = 0.0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(leader)
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = member.cpu_times()
                spent += times.user + times.system + times.children_user + times.children_system
    return spent


def peak_mib() -> float:
    """Return the largest resident memory that this process, or one that it started and that has ended, ever had."""
    status = Path("/proc/self/status").read_text()
    own_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    # Of a child the kernel counts what its parent held when it was started, which is never more than the parent's own.
    return max(own_kib, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024 / MIB
