"""Where two people decide to go on in spite of an equation that does not hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Context, Param, dag, get_current_context, task
from approval import SecondPersonApproval
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, reason, run_instant, run_person, runbook


def record_decision(approved: bool, decided_by: str, comment: str, context: Context) -> None:
    """Keep who decided on the request of this run; the comment stays with the answer."""
    from pipelines.audit.findings import decide_override
    from pipelines.installation import Installation

    here = Installation()
    request = context["ti"].xcom_pull(task_ids="ask_override")["request"]
    decide_override(here.db, request, approved, decided_by, here.policy.override_days, run_instant())


@dag(
    schedule=None,
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    doc_md=runbook("finding_override"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=24)),
    tags=[Tag.REPORTING],
    params={
        "finding": Param(
            type="integer",
            title="Finding (constat)",
            description="Its number, as the daily report and `espace-sante reconcile` tell it.",
            minimum=1,
        ),
        "reason": reason("Why openings and purges may go on although the equation does not hold. Kept for years; nothing personal."),
    },
)
def finding_override() -> None:
    """Let openings and purges go on for some days in spite of a finding, once a second person agrees."""

    @task(pool=Pool.DB_WRITE)
    def ask_override() -> dict[str, Any]:
        """Keep who asks and why, and tell the second person what stands."""
        from pipelines.audit.findings import ask_override as ask
        from pipelines.audit.findings import describe_finding
        from pipelines.installation import Installation

        here = Installation()
        given: dict[str, Any] = dict(get_current_context()["params"])
        summary = describe_finding(here.db, given["finding"], run_instant())
        return given | {"request": ask(here.db, given["finding"], run_person(), given["reason"], run_instant()), "summary": summary}

    approve = SecondPersonApproval(
        task_id="approve",
        subject="Go on in spite of finding {{ ti.xcom_pull(task_ids='ask_override')['finding'] }}?",
        body="{{ ti.xcom_pull(task_ids='ask_override')['summary'] }}\n\n"
        "Why, says whoever asks: {{ ti.xcom_pull(task_ids='ask_override')['reason'] }}",
        record=record_decision,
        defaults=SecondPersonApproval.REJECT,
        response_timeout=timedelta(hours=12),
        execution_timeout=None,
    )
    ask_override() >> approve


finding_override()
