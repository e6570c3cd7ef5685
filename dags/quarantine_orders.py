"""Where people say what becomes of refused documents that are held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, reason, run_instant, run_person, runbook

ORDERS = {
    "REPLAY": "decide again (rejouer): what refused them is mended",
    "RETURN": "give back (rendre à l'émetteur): they are put beside the inbox, and forgotten",
}


@dag(
    schedule=None,
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    doc_md=runbook("quarantine_orders"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=1)),
    tags=[Tag.DOCUMENTS],
    params={
        "order": Param(type="string", title="Order (décision)", enum=list(ORDERS), values_display=ORDERS),
        "feed": Param(
            default=None,
            type=["null", "string"],
            title="Feed (flux)",
            description="Only files of this feed; empty for every feed.",
            pattern=r"^[a-z][a-z0-9_]{1,39}$",
        ),
        "code": Param(
            default=None,
            type=["null", "string"],
            title="Reason of the refusal (motif)",
            description="Only files with a document refused for it, such as INS_MISMATCH; empty for every reason.",
            pattern=r"^[A-Z_]{2,40}$",
        ),
        "files": Param(
            default=None,
            type=["null", "array"],
            title="Files (fichiers)",
            description="Only these, by the numbers that the page Quarantine shows, a line each; empty for all.",
            items={"type": "string", "format": "uuid"},
        ),
        "reason": reason("Kept for years with your name. No name, no matricule, no address."),
    },
)
def quarantine_orders() -> None:
    """Replay or give back files of the quarantine, with the next run of their feeds."""

    @task(pool=Pool.DB_WRITE)
    def record_order() -> int:
        """Keep what whoever started the run wishes; return for how many files."""
        from uuid import UUID

        from pipelines.documents.document import Reason
        from pipelines.documents.quarantine import Chosen, Wish, wish
        from pipelines.installation import Installation

        given: dict[str, Any] = dict(get_current_context()["params"])
        files = [UUID(number) for number in given["files"] or ()] or None
        chosen = Chosen(run_instant(), given["feed"] or None, Reason(given["code"]) if given["code"] else None, files)
        return wish(Installation().db, chosen, Wish(given["order"]), run_person(), given["reason"], run_instant())

    record_order()


quarantine_orders()
