"""When people are told that their records received something."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable


@dag(
    schedule=timetable("0 9 * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("document_alerts"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=4)),
    tags=[Tag.DOCUMENTS],
)
def document_alerts() -> None:
    """Tell people by one e-mail that their record received something the day before."""

    @task(pool=Pool.SMTP)
    def tell_of_documents() -> dict[str, int]:
        """Write to each person once, without a word about the documents."""
        from pipelines.documents.alerts import tell_of_documents as tell
        from pipelines.installation import Installation

        here = Installation()
        if not here.policy.tells_of_documents:
            raise nothing_due("the policy tells nobody of documents (tells_of_documents)")
        with here.email_dispatch() as dispatch:
            return tell(dispatch, run_instant())

    tell_of_documents()


document_alerts()
