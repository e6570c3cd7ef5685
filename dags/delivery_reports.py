"""When what partners report about our notices is taken in."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import TriggerRule, dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable
from watcher import red_where_one_failed


@dag(
    schedule=timetable("*/15 * * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("delivery_reports"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=1)),
    tags=[Tag.NOTICES],
)
def delivery_reports() -> None:
    """Turn hard bounces into letters, and what print houses report into lots that advance, windows that run and letters that came back."""

    @task(pool=Pool.DB_WRITE)
    def take_in_bounces() -> dict[str, int]:
        """A bounced e-mail becomes a letter; whatever is not a proven bounce changes nothing."""
        from pipelines.installation import Installation
        from pipelines.notices.bounces import take_in_bounces as take_in

        here = Installation()
        return take_in(here.db, here.store, here.reference_key, here.policy.campaign_id, run_instant())

    @task(pool=Pool.DB_WRITE)
    def take_in_printer_reports() -> dict[str, dict[str, int]]:
        """Lots are accepted, printed, deposited; a deposited one counts as sent, and its six weeks run. Returned letters are kept."""
        from pipelines.installation import Installation
        from pipelines.notices.steps import take_in_printer_reports as take_in

        here = Installation()
        return take_in(here.printer_exchange(), here.reference_key, here.policy, run_instant())

    @task(pool=Pool.RENDER, trigger_rule=TriggerRule.ALL_DONE)
    def settle_refused_lots() -> int:
        """A lot that was damaged on the way is handed over again, identical; any other refusal is red until somebody decides."""
        from pipelines.installation import Installation
        from pipelines.notices.refused_lots import refused_lots
        from pipelines.notices.refused_lots import settle_refused_lots as settle

        here = Installation()
        if not refused_lots(here.db):
            raise nothing_due("no print house refuses a lot")
        return settle(here.letter_dispatch(), run_instant())

    reports = take_in_printer_reports()
    reports >> settle_refused_lots()
    [take_in_bounces(), reports] >> red_where_one_failed()


delivery_reports()
