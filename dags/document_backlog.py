"""When backlogs of documents are drained: a slice of each feed in turn, beside the live feeds."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable


@dag(
    schedule=timetable("*/2 * * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("document_backlog"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=3)),
    tags=[Tag.DOCUMENTS],
)
def document_backlog() -> None:
    """Drain one slice of the backlog of each feed that has one and is not suspended."""

    @task
    def find_backlogs() -> list[str]:
        """Name the feeds whose backlog has a file."""
        from pipelines.documents.backlog import feeds_to_drain
        from pipelines.installation import Installation

        here = Installation()
        feeds = feeds_to_drain(here.db, here.store)
        if not feeds:
            raise nothing_due("no backlog has a file")
        return feeds

    @task(pool=Pool.BACKLOG, priority_weight=1, weight_rule="absolute", map_index_template="{{ task.op_kwargs['feed'] }}")
    def drain_backlog(feed: str) -> dict[str, int]:
        """Drain one slice, and say how far it is."""
        from pipelines.documents.backlog import drain, progress
        from pipelines.documents.feed import named_feed
        from pipelines.installation import Installation

        here = Installation()
        with here.document_intake(named_feed(here.settings.feeds_directory, feed)) as intake:
            counts = drain(intake, run_instant())
        for one in progress(here.db, run_instant()):
            print(one)
        return counts

    drain_backlog.expand(feed=find_backlogs())


document_backlog()
