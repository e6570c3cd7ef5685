"""When what partners report about our notices is taken in."""

from __future__ import annotations

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, run_instant, runbook, timetable


@dag(
    schedule=timetable("*/15 * * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("delivery_reports"),
    default_args=DEFAULT_ARGS,
    tags=[Tag.NOTICES],
)
def delivery_reports() -> None:
    """Turn hard bounces into letters, and deposits into windows that run."""

    @task(pool=Pool.DB_WRITE)
    def take_in_bounces() -> dict[str, int]:
        """A bounced e-mail becomes a letter; whatever is not a proven bounce changes nothing."""
        from pipelines.installation import Installation
        from pipelines.notices.bounces import take_in_bounces as take_in

        here = Installation()
        return take_in(here.db, here.store, here.reference_key, here.policy.campaign_id, run_instant())

    @task(pool=Pool.DB_WRITE)
    def take_in_deposits() -> dict[str, int]:
        """A deposited lot counts as sent: the six weeks of its letters run from the day of the deposit."""
        from pipelines.installation import Installation
        from pipelines.notices.deposits import take_in_deposits as take_in

        here = Installation()
        return take_in(here.db, here.store, here.clock, run_instant())

    take_in_bounces()
    take_in_deposits()


delivery_reports()
