"""When accounts are opened."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from airflow.sdk import TriggerRule, dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable


@dag(
    schedule=timetable("30 0 * * *"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("account_opening"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=4)),
    tags=[Tag.ACCOUNTS],
)
def account_opening() -> None:
    """Open an account for every person whose six weeks have passed without opposition."""

    @task(pool=Pool.DB_WRITE)
    def close_on_late_oppositions() -> int:
        """Take in the oppositions that wait, then close the accounts of those that came after the opening."""
        from pipelines.accounts.steps import close_on_late_oppositions as close
        from pipelines.installation import Installation
        from pipelines.oppositions.steps import take_in_oppositions

        here, as_of = Installation(), run_instant()
        take_in_oppositions(here.db, here.store, here.policy, here.code_key, here.clock, as_of)
        return close(here.db, here.policy, as_of)

    @task
    def plan_openings() -> list[dict[str, int]]:
        """List the shards in which a window has ended."""
        from pipelines.accounts.steps import plan_openings as plan
        from pipelines.installation import Installation

        here = Installation()
        shards = plan(here.db, here.settings.shard_size, here.clock, run_instant())
        if not shards:
            raise nothing_due("no window ended before today")
        return [shard.as_dict() for shard in shards]

    @task(
        pool=Pool.DB_WRITE,
        map_index_template="people {{ task.op_kwargs['shard']['first_id'] }} to {{ task.op_kwargs['shard']['last_id'] }}",
    )
    def open_accounts(shard: dict[str, int]) -> dict[str, int]:
        """Open the accounts of one shard in one transaction that checks oppositions again."""
        from pipelines.accounts.steps import open_accounts as open_due
        from pipelines.installation import Installation
        from pipelines.platform.shards import Shard

        here = Installation()
        return asdict(open_due(here.db, here.policy, Shard(**shard), here.clock, run_instant()))

    @task
    def find_open_days() -> None:
        """Red where openings wait because a channel's day is not known whole."""
        from pipelines.accounts.held_back import require_whole_days
        from pipelines.installation import Installation

        here = Installation()
        require_whole_days(here.db, here.policy, run_instant())

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def balance() -> None:
        """The equations must hold."""
        from pipelines.installation import Installation
        from pipelines.reporting.equations import require_balance

        require_balance(Installation().db)

    shards = plan_openings()
    close_on_late_oppositions() >> [shards, find_open_days()]
    open_accounts.expand(shard=shards) >> balance()


account_opening()
