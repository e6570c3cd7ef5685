"""When the books are balanced and operations are told."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, OPERATIONS, WHOLE_TABLES, Pool, Tag, ended_within, run_instant, runbook, timetable


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
    """Compute the equations, write the daily report, seal the audit trail; fail where somebody is to be called."""

    @task(pool=Pool.DB_WRITE, execution_timeout=WHOLE_TABLES)
    def publish_report() -> str:
        """Write the report of the day, its tables and the forecast into the bucket `reports`."""
        from pipelines.installation import Installation
        from pipelines.reporting.daily_report import publish_report as publish

        here = Installation()
        return publish(here.reporting_db, here.store, here.policy, here.settings.home / "templates", run_instant())

    @task(pool=Pool.SMTP)
    def mail_report() -> None:
        """Send the report to operations, without what is told by department."""
        from pipelines.installation import Installation
        from pipelines.reporting.daily_report import BUCKET, MAIL, folder_of
        from pipelines.reporting.report_mail import send_mail

        here, as_of = Installation(), run_instant()
        mail = here.store.get(BUCKET, f"{folder_of(as_of)}/{MAIL}")
        send_mail(here.db, here.settings.relays, mail, OPERATIONS, as_of)

    @task(pool=Pool.DB_WRITE, execution_timeout=WHOLE_TABLES)
    def reconcile() -> None:
        """Require that every equation holds; while one does not, openings and purges wait."""
        from pipelines.installation import Installation
        from pipelines.reporting.equations import reconcile as balance

        here = Installation()
        balance(here.reporting_db, here.db, run_instant())

    @task
    def find_silent_partners() -> None:
        """Fail where a print house is late with a lot, or no bounce comes: somebody calls."""
        from pipelines.installation import Installation
        from pipelines.notices.silent_partners import find_silent_partners as find

        here = Installation()
        find(here.reporting_db, here.policy, run_instant())

    @task(pool=Pool.DB_WRITE)
    def settle_stuck() -> None:
        """Settle what does not move and can be settled; fail where somebody must be called."""
        from pipelines.installation import Installation
        from pipelines.reporting.stuck import settle_stuck as settle

        here = Installation()
        print(*settle(here.reporting_db, here.db, here.store, run_instant()), sep="\n")

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

    publish_report() >> mail_report()
    reconcile()
    find_silent_partners()
    settle_stuck()
    seal_audit() >> verify_audit()


reconciliation()
