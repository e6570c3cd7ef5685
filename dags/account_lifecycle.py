"""When spaces are closed, re-opened, archived and destroyed."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import TriggerRule, dag, task
from conventions import DEFAULT_ARGS, LAUNCH, WHOLE_TABLES, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable


@dag(
    schedule=timetable("0 2 * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("account_lifecycle"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=4)),
    tags=[Tag.ACCOUNTS],
)
def account_lifecycle() -> None:
    """Do what was asked for spaces and what the registry and the calendar tell, then destroy the archives that are over."""

    @task(pool=Pool.DB_WRITE)
    def take_in_life_events() -> dict[str, int]:
        """Decide and answer every file of life events that waits."""
        from pipelines.installation import Installation
        from pipelines.lifecycle.steps import take_in_life_events as take_in

        here = Installation()
        return take_in(here.db, here.store, here.policy, here.clock, run_instant())

    @task(pool=Pool.DB_WRITE)
    def follow_registry() -> dict[str, int]:
        """Close by deaths and ends of rights, re-open where a death was wrong, tell who came of age."""
        from pipelines.installation import Installation
        from pipelines.lifecycle.steps import follow_registry as follow

        here = Installation()
        return follow(here.db, here.policy, here.clock, run_instant())

    @task(pool=Pool.DB_WRITE)
    def close_unopposed_suspensions() -> int:
        """Close the suspended spaces whose people did not object within six weeks."""
        from pipelines.installation import Installation
        from pipelines.lifecycle.steps import close_unopposed_suspensions as close

        here = Installation()
        return close(here.db, here.policy, here.clock, run_instant())

    @task(pool=Pool.DB_WRITE)
    def end_announcement_delays() -> dict[str, int]:
        """Warn people of documents that wait since two weeks, show those of a month ago."""
        from pipelines.installation import Installation
        from pipelines.lifecycle.steps import end_announcement_delays as end

        here = Installation()
        return end(here.db, here.policy, here.clock, run_instant())

    @task
    def plan_archives() -> list[dict[str, int]]:
        """Find the ranges of people with archives that the object store does not retain yet."""
        from pipelines.installation import Installation
        from pipelines.lifecycle.archive_retention import plan_archives as plan

        here = Installation()
        shards = plan(here.db, here.settings.shard_size)
        if not shards:
            raise nothing_due("every archive is under retention")
        return [shard.as_dict() for shard in shards]

    @task(
        pool=Pool.DB_WRITE,
        map_index_template="people {{ task.op_kwargs['shard']['first_id'] }} to {{ task.op_kwargs['shard']['last_id'] }}",
    )
    def retain_archives(shard: dict[str, int]) -> int:
        """Put the documents of a range of people's archives under retention."""
        from pipelines.installation import Installation
        from pipelines.lifecycle.archive_retention import retain_archives as retain
        from pipelines.platform.shards import Shard

        here = Installation()
        return retain(here.db, here.store, Shard(**shard), run_instant())

    @task
    def plan_purge() -> list[dict[str, int]]:
        """Find the ranges of people with archives to destroy, or batches to finish."""
        from pipelines.installation import Installation

        here = Installation()
        shards = here.purge(run_instant()).plan(here.settings.shard_size)
        if not shards:
            raise nothing_due("no archive is over, and no destruction was asked for")
        return [shard.as_dict() for shard in shards]

    @task(
        pool=Pool.DB_WRITE,
        map_index_template="people {{ task.op_kwargs['shard']['first_id'] }} to {{ task.op_kwargs['shard']['last_id'] }}",
    )
    def purge_archives(shard: dict[str, int]) -> dict[str, int]:
        """Destroy the archives of a range of people, batch by batch, each with its certificate."""
        from pipelines.installation import Installation
        from pipelines.platform.shards import Shard

        return Installation().purge(run_instant()).destroy(Shard(**shard))

    @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.NONE_FAILED, execution_timeout=WHOLE_TABLES)
    def balance() -> None:
        """The equations must hold."""
        from pipelines.installation import Installation
        from pipelines.reporting.equations import reconcile

        here = Installation()
        reconcile(here.reporting_db, here.db, run_instant())

    events = [follow_registry(), close_unopposed_suspensions(), end_announcement_delays()]
    archives, over = plan_archives(), plan_purge()
    take_in_life_events() >> events
    events >> archives
    events >> over
    retain_archives.expand(shard=archives)
    purge_archives.expand(shard=over) >> balance()


account_lifecycle()
