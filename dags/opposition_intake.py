"""When opposition files are taken in."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, run_instant, runbook, timetable


@dag(
    schedule=timetable("*/5 * * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("opposition_intake"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=1)),
    tags=[Tag.OPPOSITIONS],
)
def opposition_intake() -> None:
    """Verify, record and answer the oppositions that every channel has put down."""

    @task(pool=Pool.DB_WRITE)
    def take_in_oppositions() -> dict[str, int]:
        """Decide each line of each file: the time of receipt counts, whatever the time of processing."""
        from pipelines.installation import Installation
        from pipelines.oppositions.steps import take_in_oppositions as take_in

        here = Installation()
        return take_in(here.db, here.store, here.policy, here.code_keys, here.clock, run_instant())

    @task
    def find_opened_all_the_same() -> None:
        """Red where somebody opposed in time and had a space opened all the same."""
        from pipelines.installation import Installation
        from pipelines.oppositions.opened_all_the_same import require_nobody_opened_all_the_same

        require_nobody_opened_all_the_same(Installation().db, run_instant())

    take_in_oppositions() >> find_opened_all_the_same()


opposition_intake()
