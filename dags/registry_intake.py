"""When deliveries of insured people are taken in."""

from __future__ import annotations

from airflow.sdk import dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, nothing_due, run_instant, runbook, timetable


@dag(
    schedule=timetable("*/15 * * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("registry_intake"),
    default_args=DEFAULT_ARGS,
    tags=[Tag.REGISTRY],
)
def registry_intake() -> None:
    """Check, quarantine and merge the deliveries that wait, oldest first; report to their senders."""

    @task
    def find_deliveries() -> list[str]:
        """List the deliveries that are complete and not yet reported on."""
        from pipelines.installation import Installation
        from pipelines.registry.steps import find_deliveries as find

        here = Installation()
        folders = find(here.db, here.store)
        if not folders:
            raise nothing_due("no delivery waits")
        return folders

    @task(pool=Pool.DB_WRITE, max_active_tis_per_dagrun=1, map_index_template="{{ task.op_kwargs['folder'] }}")
    def take_in_delivery(folder: str) -> dict[str, int]:
        """Take in one delivery, or refuse it whole with a sentence for its sender."""
        from pipelines.installation import Installation
        from pipelines.registry.steps import take_in_delivery as take_in

        here = Installation()
        report = take_in(here.db, here.store, here.settings, folder, run_instant())
        print(report.refusal or f"{folder}: {report.counts}")
        return report.counts

    take_in_delivery.expand(folder=find_deliveries())


registry_intake()
