"""When approved notices leave."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import TriggerRule, dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable
from watcher import red_where_one_failed


@dag(
    schedule=timetable("0 8 * * 1-5"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual", "scheduled", "operator_triggered"],
    doc_md=runbook("notice_dispatch"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=8)),
    tags=[Tag.NOTICES],
)
def notice_dispatch() -> None:
    """Send the e-mails and make the print lots of approved waves, and of letters that replace failed e-mails."""

    @task(pool=Pool.DB_WRITE)
    def plan_emails() -> list[dict[str, int]]:
        """Withdraw the notices of people who died or left since the planning, address messages, list the shards in which e-mails wait."""
        from pipelines.campaign.steps import withdraw_gone
        from pipelines.installation import Installation
        from pipelines.notices.email_dispatch import plan_emails as plan
        from pipelines.notices.messages import address_messages

        here = Installation()
        withdraw_gone(here.db, here.policy, ["EMAIL"], run_instant())
        address_messages(here.db, here.policy, run_instant())
        shards = plan(here.db, here.content, here.settings.shard_size)
        if not shards:
            raise nothing_due("no e-mail waits in an approved wave")
        return [shard.as_dict() for shard in shards]

    @task(pool=Pool.SMTP, map_index_template="people {{ task.op_kwargs['shard']['first_id'] }} to {{ task.op_kwargs['shard']['last_id'] }}")
    def send_emails(shard: dict[str, int]) -> dict[str, int]:
        """Send the e-mails of one shard; each starts its window."""
        from pipelines.installation import Installation
        from pipelines.notices.email_dispatch import send_emails as send
        from pipelines.platform.shards import Shard

        with Installation().email_dispatch() as dispatch:
            return send(dispatch, Shard(**shard), run_instant())

    @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.ALL_DONE)
    def assign_lots() -> list[list[int]]:
        """Gather the letters that wait, those that replace refused e-mails included, into presorted lots, and announce these."""
        from pipelines.installation import Installation
        from pipelines.notices.letter_dispatch import assign_lots as assign

        lots = assign(Installation().letter_dispatch(), run_instant())
        if not lots:
            raise nothing_due("no letter waits in an approved wave")
        return lots

    @task(pool=Pool.RENDER)
    def prove_version(lots: list[list[int]]) -> dict[str, int]:
        """Make the first lot of a new version of the template and read every letter of it, before any other lot is made."""
        from itertools import chain

        from pipelines.installation import Installation
        from pipelines.notices.lot_production import prove_version as prove

        return prove(Installation().letter_dispatch(), chain.from_iterable(lots), run_instant())

    @task(pool=Pool.RENDER, map_index_template="lots {{ task.op_kwargs['lots'][0] }} to {{ task.op_kwargs['lots'][-1] }}")
    def produce_lots(lots: list[int]) -> dict[str, int]:
        """Compose, seal and hand over some lots, one after the other; the window of each starts with its deposit."""
        from pipelines.installation import Installation
        from pipelines.notices.lot_production import produce_lots as produce

        return produce(Installation().letter_dispatch(), lots, run_instant())

    sent = send_emails.expand(shard=plan_emails())
    lots = assign_lots()
    sent >> [lots, red_where_one_failed()]
    prove_version(lots) >> produce_lots.expand(lots=lots)


notice_dispatch()
