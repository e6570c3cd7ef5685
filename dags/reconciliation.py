"""When the books are balanced and operations are told."""

from __future__ import annotations

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Tag, run_instant, runbook, timetable


@dag(
    schedule=timetable("0 6 * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("reconciliation"),
    default_args=DEFAULT_ARGS,
    tags=[Tag.REPORTING],
)
def reconciliation() -> None:
    """Compute the equations, write the daily report, fail if an equation does not hold."""

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

    reconcile()


reconciliation()
