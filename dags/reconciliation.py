"""When the books are balanced and operations are told."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Tag, ended_within, run_instant, runbook, timetable


@dag(
    schedule=timetable("0 6 * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("reconciliation"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=2)),
    tags=[Tag.REPORTING],
)
def reconciliation() -> None:
    """Compute the equations, write the daily report; fail if an equation does not hold, or if a partner is silent."""

    @task
    def reconcile() -> str:
        """Write the report, then require that every equation holds."""
        from pipelines.installation import Installation
        from pipelines.reporting.daily_report import publish_report
        from pipelines.reporting.equations import require_balance

        here = Installation()
        key = publish_report(here.db, here.store, here.policy, here.settings.home / "templates", run_instant())
        require_balance(here.db)
        return key

    @task
    def find_silent_partners() -> None:
        """Fail where a print house is late with a lot, or no bounce comes: somebody calls."""
        from pipelines.installation import Installation
        from pipelines.notices.silent_partners import find_silent_partners as find

        here = Installation()
        find(here.db, here.policy, run_instant())

    reconcile()
    find_silent_partners()


reconciliation()
