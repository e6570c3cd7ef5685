"""When the books are balanced and operations are told."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, run_instant, runbook, timetable


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
    """Compute the equations, write the daily report, seal the audit trail; fail where an equation, a partner or the trail is not right."""

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

    @task(pool=Pool.DB_WRITE)
    def seal_audit() -> dict[str, int]:
        """Seal what the audit trail recorded since the last run, and keep the head out of the database's reach."""
        from pipelines.audit.sealing import seal_audit as seal
        from pipelines.installation import Installation

        here = Installation()
        return dict(seal(here.db, here.store, here.policy.archive_years, run_instant()))

    @task(pool=Pool.DB_WRITE)
    def verify_audit() -> dict[str, int]:
        """Require that the trail of the last month is as it was sealed; `espace-sante audit verify` reads it whole."""
        from dataclasses import asdict

        from pipelines.audit.verification import DAILY_SEALS
        from pipelines.audit.verification import verify_audit as verify
        from pipelines.installation import Installation

        here = Installation()
        return asdict(verify(here.db, here.store, DAILY_SEALS))

    reconcile()
    find_silent_partners()
    seal_audit() >> verify_audit()


reconciliation()
