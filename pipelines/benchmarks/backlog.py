"""A backlog drained slice by slice on servers of its own: the last slice is to be as fast as the first, in as much memory.

Small documents, so that what grows with their number would show. Each slice is drained as a task does, in a process of its own.
Before any figure every document must be stored and accounted for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from pipelines.benchmarks.feeds import FEED, RECEIVED, ROOM, fill, open_everybody, require_stored
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import Cost
from pipelines.benchmarks.servers import Servers, servers
from pipelines.documents.backlog import drain
from pipelines.installation import Installation
from pipelines.platform.database import Counts
from pipelines.platform.settings import Settings

BODY_BYTES, ROOM_A_DOCUMENT = 1_000, 40_000
SLICES = 10
SIZE_PROMISED = 1_000_000


def run(count: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Drain a backlog of so many documents in ten slices. Raises: RuleError where one was not stored."""
    with servers(under, ROOM + count * ROOM_A_DOCUMENT, False, say) as own:
        say(f"{count:,} small documents in the backlog")
        size = fill(own.settings, open_everybody(own), count, "backlog", BODY_BYTES)
        own.tidy()
        done, stages = _drain(own, -(-count // SLICES), say)
        require_stored(own, count, done)
    cost = sum((stage.cost for stage in stages.values()), Cost())
    first, *_, last = stages.values()
    measured = count >= SIZE_PROMISED
    targets = [
        Target("rate of the last slice against the first", last.per_second / first.per_second if measured else None, at_least=0.9),
        Target("memory of the last slice against the first", last.cost.peak_mib / first.cost.peak_mib if measured else None, at_most=1.1),
    ]
    return Figures("documents of a backlog", Stage(count, cost), {}, [f"a CDA has {size:,} bytes"], stages, targets)


def _drain(own: Servers, files: int, say: Callable[[str], None]) -> tuple[list[Counts], dict[str, Stage]]:
    """Drain slice after slice; return what became of their documents, and the cost of each."""
    done: list[Counts] = []
    stages: dict[str, Stage] = {}
    while not done or done[-1]["left"]:
        counts, cost = own.scale.weigh(drain_slice, own.settings, files, len(done))
        done.append(counts)
        stages[f"slice {len(done)}"] = Stage(counts["stored"], cost)
        say(f"slice {len(done)}: {counts['stored']:,} stored in {cost.seconds:,.0f} s, {counts['left']:,} left")
    return done, stages


def drain_slice(settings: Settings, files: int, slice_no: int) -> Counts:
    """Drain one slice, as one task does; return its counts."""
    feed = FEED.model_copy(update={"limits": FEED.limits.model_copy(update={"backlog_files": files})})
    with closing(Installation(settings)) as here, here.document_intake(feed) as intake:
        return drain(intake, RECEIVED + timedelta(minutes=slice_no))
