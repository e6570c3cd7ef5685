"""Where people make a feed of documents stand still, or let it go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, reason, run_instant, run_person, runbook

PARTS = {"FEED": "all that it sends (tout le flux)", "BACKLOG": "its backlog only (la reprise de stock)"}
ORDERS = {"SUSPEND": "stand still (suspendre): its files wait", "RESUME": "go on (reprendre) with its next run"}


@dag(
    schedule=None,
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    doc_md=runbook("feed_orders"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=1)),
    tags=[Tag.DOCUMENTS],
    params={
        "feed": Param(
            type="string", title="Feed (flux)", description="Its name, without document_feed_.", pattern=r"^[a-z][a-z0-9_]{1,39}$"
        ),
        "order": Param(type="string", title="Order (décision)", enum=list(ORDERS), values_display=ORDERS),
        "part": Param("FEED", type="string", title="What (quoi)", enum=list(PARTS), values_display=PARTS),
        "reason": reason("Kept for years with your name. No name, no matricule, no address."),
    },
)
def feed_orders() -> None:
    """Make a feed stand still, or let one go on that was suspended."""

    @task(pool=Pool.DB_WRITE)
    def record_order() -> None:
        """Keep the order of whoever started the run."""
        from pipelines.documents.suspension import Part, resume, suspend
        from pipelines.installation import Installation

        given: dict[str, Any] = dict(get_current_context()["params"])
        carry_out = suspend if given["order"] == "SUSPEND" else resume
        carry_out(Installation().db, given["feed"], run_person(), given["reason"], run_instant(), Part(given["part"]))

    record_order()


feed_orders()
