"""Where two people give a refused document to the person whom it is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Context, Param, dag, get_current_context, task
from approval import SecondPersonApproval
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, reason, run_instant, run_person, runbook


def record_decision(approved: bool, decided_by: str, comment: str, context: Context) -> None:
    """Keep who decided on the correction of this run; the comment stays with the answer."""
    from pipelines.documents.identity_correction import decide_correction
    from pipelines.installation import Installation

    request = context["ti"].xcom_pull(task_ids="ask_correction")["request"]
    decide_correction(Installation().db, request, approved, decided_by, run_instant())


@dag(
    schedule=None,
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    doc_md=runbook("identity_correction"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=24)),
    tags=[Tag.DOCUMENTS],
    params={
        "file": Param(type="string", title="File (fichier)", description="Its number, as the page Quarantine shows it.", format="uuid"),
        "document": Param(0, type="integer", title="Document", description="Which one of the file, as its page tells.", minimum=0),
        "person": Param(
            type="integer",
            title="Person (personne)",
            description="The number of the person in the registry, which means nothing elsewhere. Never a matricule.",
            minimum=1,
            maximum=999_999_999,
        ),
        "reason": reason("How it is known whose document this is. Kept in the person's journey; no name, no matricule, no address."),
    },
)
def identity_correction() -> None:
    """Name whom a refused document is about, and replay its file once a second person agrees."""

    @task(pool=Pool.DB_WRITE)
    def ask_correction() -> dict[str, Any]:
        """Keep who asks, for whom and why."""
        from uuid import UUID

        from pipelines.documents.identity_correction import ask_correction as ask
        from pipelines.installation import Installation

        given: dict[str, Any] = dict(get_current_context()["params"])
        file = UUID(given["file"])
        request = ask(Installation().db, file, given["document"], given["person"], run_person(), given["reason"], run_instant())
        return given | {"request": request}

    approve = SecondPersonApproval(
        task_id="approve",
        subject="Give document {{ ti.xcom_pull(task_ids='ask_correction')['document'] }} of the file "
        "{{ ti.xcom_pull(task_ids='ask_correction')['file'] }} to person {{ ti.xcom_pull(task_ids='ask_correction')['person'] }}?",
        body="Look at the document first (page Quarantine), and at the person: `espace-sante person`.\n\n"
        "Why, says whoever asks: {{ ti.xcom_pull(task_ids='ask_correction')['reason'] }}",
        record=record_decision,
        defaults=SecondPersonApproval.REJECT,
        response_timeout=timedelta(hours=12),
        execution_timeout=None,
    )
    ask_correction() >> approve


identity_correction()
