"""When feeds of documents are compared with their own habits."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Tag, ended_within, run_instant, runbook, timetable


@dag(
    schedule=timetable("0 8 * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("document_quality"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=1)),
    tags=[Tag.DOCUMENTS],
)
def document_quality() -> None:
    """Tell of each feed that is silent, or fails, beyond its own habit."""

    @task
    def find_unusual() -> int:
        """Compare each feed with its own last eight weeks; return how many were."""
        from pipelines.documents.quality import find_unusual as compare
        from pipelines.installation import Installation

        return compare(Installation().reporting_db, run_instant())

    find_unusual()


document_quality()
