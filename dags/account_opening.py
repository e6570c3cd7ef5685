"""When accounts are opened."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from airflow.sdk import TriggerRule, dag, task
from conventions import DEFAULT_ARGS, LAUNCH, WHOLE_TABLES, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable


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
    """Open an account for every person whose six weeks have passed without opposition; tell the systems behind, and hear their answers."""

    @task(pool=Pool.DB_WRITE)
    def close_on_late_oppositions() -> int:
        """Take in the oppositions that wait, then close the accounts of those that came after the opening."""
        from pipelines.accounts.steps import close_on_late_oppositions as close
        from pipelines.installation import Installation
        from pipelines.oppositions.steps import take_in_oppositions

        here, as_of = Installation(), run_instant()
        take_in_oppositions(here.db, here.store, here.policy, here.code_keys, here.clock, as_of)
        return close(here.db, here.policy, as_of)

    @task
    def find_opened_all_the_same() -> None:
        """Red where somebody opposed in time and had a space opened all the same."""
        from pipelines.installation import Installation
        from pipelines.oppositions.opened_all_the_same import require_nobody_opened_all_the_same

        require_nobody_opened_all_the_same(Installation().db, run_instant())

    @task(pool=Pool.DB_WRITE)
    def take_in_existing_records() -> dict[str, int]:
        """Learn which medical records are there already, for spaces to take over; open those that waited for one."""
        from pipelines.accounts.existing_records import take_in_existing_records as take_in
        from pipelines.installation import Installation

        here = Installation()
        return take_in(here.db, here.store, here.clock, run_instant())

    @task
    def plan_openings() -> list[dict[str, int]]:
        """List the shards in which a window has ended."""
        from pipelines.accounts.steps import plan_openings as plan
        from pipelines.installation import Installation

        here = Installation()
        shards = plan(here.db, here.policy, here.settings.shard_size, here.clock, run_instant())
        if not shards:
            raise nothing_due("no window ended before today, days of grace included")
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

    @task(pool=Pool.DB_WRITE)
    def take_in_acknowledgements() -> dict[str, int]:
        """Learn what the systems behind accepted and refused; a space that they refuse is impossible for now, and its holder is told."""
        from pipelines.accounts.acknowledgements import take_in_acknowledgements as take_in
        from pipelines.installation import Installation

        here = Installation()
        return take_in(here.db, here.store, here.policy, here.clock, run_instant())

    @task
    def find_silent_systems() -> None:
        """Red where a system behind owes an answer, or refuses something for good."""
        from pipelines.accounts.silent_systems import find_silent_systems as find
        from pipelines.installation import Installation

        here = Installation()
        find(here.db, here.policy, run_instant())

    @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.ALL_DONE)
    def plan_outbound() -> list[list[int]]:
        """Plan the files that tell the systems behind what was recorded, whatever else failed."""
        from pipelines.accounts.outbound import plan_outbound as plan
        from pipelines.installation import Installation

        here = Installation()
        files = plan(here.db, here.settings.shard_size, here.clock, run_instant())
        if not files:
            raise nothing_due("no space was opened or closed since the last files")
        return files

    @task(pool=Pool.DB_WRITE, map_index_template="files {{ task.op_kwargs['files'] | join(', ') }}")
    def write_outbound(files: list[int]) -> dict[str, int]:
        """Write the files of a range of people, the manifest of each last."""
        from pipelines.accounts.outbound import write_outbound as write
        from pipelines.installation import Installation

        here = Installation()
        return write(here.db, here.store, here.policy, files, run_instant())

    @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS, execution_timeout=WHOLE_TABLES)
    def balance() -> None:
        """The equations must hold."""
        from pipelines.installation import Installation
        from pipelines.reporting.equations import reconcile

        here = Installation()
        reconcile(here.reporting_db, here.db, run_instant())

    shards, answered, outbound = plan_openings(), take_in_acknowledgements(), plan_outbound()
    opened, written = open_accounts.expand(shard=shards), write_outbound.expand(files=outbound)
    close_on_late_oppositions() >> [shards, find_open_days(), find_opened_all_the_same()]
    take_in_existing_records() >> shards
    answered >> find_silent_systems()
    [opened, answered] >> outbound
    [opened, written] >> balance()


account_opening()
