"""When documents are taken in: one DAG for each feed that is declared (`ESPACE_SANTE_FEEDS`), all of one make."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import TriggerRule, dag, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable

from pipelines.documents.feed import BadFeedError, Feed, declarations, load_feed
from pipelines.platform.settings import settings

RUNBOOK = "document_feeds"


def make_feed(feed: Feed) -> None:
    """Make the DAG of one feed."""

    @dag(
        dag_id=feed.dag_id,
        dag_display_name=f"{feed.dag_id} ({feed.sender.name})",
        schedule=timetable(feed.schedule),
        start_date=LAUNCH,
        catchup=False,
        max_active_runs=1,
        doc_md=runbook(RUNBOOK),
        default_args=DEFAULT_ARGS,
        deadline=ended_within(timedelta(hours=1), RUNBOOK),
        tags=[Tag.DOCUMENTS],
    )
    def document_feeds() -> None:
        """Take in what one sender sends: every document stored, told twice, refused with its reason, or waiting for its original."""

        @task
        def find_batches() -> list[dict[str, int]]:
            """Divide what waits into batches, by numbers: names of files may say whose documents they are."""
            from pipelines.documents.routes import route_of
            from pipelines.documents.steps import count_batches
            from pipelines.documents.suspension import Part, standing
            from pipelines.installation import Installation

            here = Installation()
            if suspended := [one for one in standing(here.db, feed.name) if one.part is Part.FEED]:
                raise nothing_due(f"{suspended[0]} (runbook feed_orders)")
            batches = count_batches(feed, route_of(feed, here.store))
            if not batches:
                raise nothing_due("no file waits")
            return [{"batch": batch, "batches": batches} for batch in range(batches)]

        @task(pool=Pool.DB_WRITE, map_index_template="batch {{ task.op_kwargs['part']['batch'] }}")
        def take_in_batch(part: dict[str, int]) -> dict[str, int]:
            """Read, judge, store and answer the files of one batch."""
            from pipelines.installation import Installation

            with Installation().document_intake(feed) as intake:
                return intake.take_in(part["batch"], part["batches"], run_instant())

        @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.ALL_DONE)
        def watch_failures() -> dict[str, int]:
            """Suspend the feed where more of it fails than its declaration allows."""
            from pipelines.documents.steps import number_of
            from pipelines.documents.suspension import watch_failures as watch
            from pipelines.installation import Installation

            here = Installation()
            return watch(here.db, feed, number_of(here.db, feed), run_instant())

        @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.NONE_FAILED)
        def settle_parked() -> dict[str, int]:
            """Decide on versions whose originals have come, or have had their time."""
            from pipelines.installation import Installation

            with Installation().document_intake(feed) as intake:
                return intake.settle(run_instant())

        @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.NONE_FAILED)
        def work_off_quarantine() -> dict[str, int]:
            """Replay and give back what people wished of the quarantine; purge what was held long enough."""
            from pipelines.documents.working_off import work_off
            from pipelines.installation import Installation

            with Installation().document_intake(feed) as intake:
                return work_off(intake, run_instant())

        @task(pool=Pool.DB_WRITE, trigger_rule=TriggerRule.NONE_FAILED)
        def scan_later() -> dict[str, int]:
            """Scan what was taken in while no virus scanner answered."""
            from pipelines.documents.clamd import ScannerAwayError
            from pipelines.documents.later_scan import scan_later as scan
            from pipelines.installation import Installation

            with Installation().document_intake(feed) as intake:
                try:
                    return scan(intake, run_instant())
                except ScannerAwayError as away:
                    raise nothing_due(f"documents wait for their scan: {away}") from None

        @task(pool=Pool.DB_WRITE)
        def sweep_uploads() -> int:
            """Delete the objects that dead runs wrote and that no document names."""
            from pipelines.documents.steps import sweep_uploads as sweep
            from pipelines.installation import Installation

            here = Installation()
            return sweep(here.db, here.store, run_instant())

        taken_in = take_in_batch.expand(part=find_batches())
        taken_in >> watch_failures()
        taken_in >> settle_parked() >> work_off_quarantine() >> scan_later()
        sweep_uploads()

    document_feeds()


def make_fault(file: Path, fault: BadFeedError) -> None:
    """Make the DAG of a declaration that cannot be used: the others run, and this one says what is wrong with it."""

    @dag(
        dag_id=f"document_feed_{''.join(c if c.isascii() and c.isalnum() else '_' for c in file.stem)}",
        schedule=timetable("0 7 * * *"),
        start_date=LAUNCH,
        catchup=False,
        max_active_runs=1,
        doc_md=f"**This feed does not run.** {fault}\n\n{runbook(RUNBOOK)}",
        default_args=DEFAULT_ARGS,
        deadline=ended_within(timedelta(hours=1), RUNBOOK),
        tags=[Tag.DOCUMENTS],
    )
    def bad_declaration() -> None:
        """Say daily what is wrong with the declaration of a feed."""

        @task
        def find_fault() -> None:
            """Red until the declaration is right."""
            raise fault

        find_fault()

    bad_declaration()


for declaration in declarations(settings().feeds_directory):
    try:
        declared = load_feed(declaration)
    except BadFeedError as bad:
        make_fault(declaration, bad)
    else:
        make_feed(declared)
