"""When deliveries of insured people, and deaths from the civil register, are taken in."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, TriggerRule, dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable
from watcher import red_where_one_failed

# Whoever puts a delivery down may say so (`POST /api/v2/assets/events`); nobody has to.
DELIVERED = Asset("registry_delivery")


@dag(
    schedule=timetable("*/15 * * * *", DELIVERED),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("registry_intake"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=3)),
    tags=[Tag.REGISTRY],
)
def registry_intake() -> None:
    """Check, quarantine and merge the deliveries that wait, oldest first; report to their senders."""

    @task
    def find_deliveries() -> list[str]:
        """List the deliveries that are complete and not yet settled, but those that wait for a person's decision."""
        from pipelines.installation import Installation
        from pipelines.registry.steps import find_deliveries as find

        here = Installation()
        folders = find(here.db, here.store)
        if not folders:
            raise nothing_due("no delivery waits")
        return folders

    @task(
        pool=Pool.DB_WRITE,
        max_active_tis_per_dagrun=1,
        execution_timeout=timedelta(hours=2),
        map_index_template="{{ task.op_kwargs['folder'] }}",
    )
    def take_in_delivery(folder: str) -> dict[str, int]:
        """Take in one delivery, refuse it whole with a sentence for its sender, or let it wait for a person's decision."""
        from pipelines.installation import Installation
        from pipelines.registry.steps import take_in_delivery as take_in

        here = Installation()
        report = take_in(here.db, here.store, here.settings, folder, run_instant())
        print(f"{report.status}: {report.refusal or report.counts}")
        return report.counts

    @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.ALL_DONE)
    def take_in_deaths() -> dict[str, int]:
        """Match the civil register's files of deaths: a sure match acts, a likeness waits for a person."""
        from pipelines.installation import Installation
        from pipelines.registry.deaths import take_in_death_files

        here = Installation()
        return take_in_death_files(here.db, here.store, run_instant())

    @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.ALL_DONE)
    def let_others_speak() -> int:
        """Take up another body's word for the people whose rights with the one that spoke ended, once a day."""
        from pipelines.installation import Installation
        from pipelines.registry.ended_rights import let_others_speak as elect

        return elect(Installation().db, run_instant())

    @task(pool=Pool.DB_WRITE)
    def note_majorities() -> int:
        """Note who came of age, once a day."""
        from pipelines.installation import Installation
        from pipelines.registry.majority import note_majorities as note

        return note(Installation().db, run_instant())

    # One changes who is insured at a time.
    taken_in, deaths = take_in_delivery.expand(folder=find_deliveries()), take_in_deaths()
    taken_in >> deaths >> let_others_speak()
    [taken_in, deaths, note_majorities()] >> red_where_one_failed()


registry_intake()
