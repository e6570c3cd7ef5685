"""When the next people to tell are chosen, and a second person approves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Context, dag, task
from approval import SecondPersonApproval
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, run_person, runbook, timetable


def record_decision(approved: bool, decided_by: str, comment: str, context: Context) -> None:
    """Keep who decided on the wave of this run, and what they say of it."""
    from pipelines.campaign.waves import Answer, decide_wave
    from pipelines.installation import Installation

    here = Installation()
    wave_id = context["ti"].xcom_pull(task_ids="plan_notices")["wave_id"]
    decide_wave(here.db, wave_id, Answer(approved, decided_by, here.content, comment), run_instant())


@dag(
    schedule=timetable("0 4 * * 1-5"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual", "scheduled"],
    doc_md=runbook("notice_planning"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=24)),
    tags=[Tag.CAMPAIGN],
)
def notice_planning() -> None:
    """Choose who is told next within the caps of the day, have it approved by a second person, then start the dispatch."""

    @task(pool=Pool.DB_WRITE)
    def plan_notices() -> dict[str, Any]:
        """Propose the next wave: departments in ascending order, channel by person."""
        from pipelines.campaign.steps import plan_notices as plan
        from pipelines.campaign.waves import describe_wave
        from pipelines.campaign.working_days import is_working_day
        from pipelines.installation import Installation
        from pipelines.platform.clock import legal_day

        here, instant = Installation(), run_instant()
        if not is_working_day(legal_day(instant)):
            raise nothing_due(f"{legal_day(instant).isoformat()} is no working day")
        wave = plan(here.db, here.policy, here.content, instant, run_person())
        if wave.is_empty:
            raise nothing_due(f"nobody is left to tell; {wave.excluded} people newly excluded")
        return {"wave_id": wave.wave_id, "summary": describe_wave(wave)}

    approve = SecondPersonApproval(
        task_id="approve",
        subject="Send wave {{ ti.xcom_pull(task_ids='plan_notices')['wave_id'] }}?",
        body="What would leave, letter by letter: the tab *What would leave* of this run, or "
        "[this page](/campaign/waves/{{ ti.xcom_pull(task_ids='plan_notices')['wave_id'] }}).\n\n"
        "{{ ti.xcom_pull(task_ids='plan_notices')['summary'] }}",
        record=record_decision,
        defaults=SecondPersonApproval.REJECT,
        response_timeout=timedelta(days=2),
        execution_timeout=None,
    )
    dispatch = TriggerDagRunOperator(
        task_id="start_dispatch",
        trigger_dag_id="notice_dispatch",
        trigger_run_id="after_{{ run_id }}",
        logical_date="{{ dag_run.logical_date or dag_run.run_after }}",
        skip_when_already_exists=True,
    )
    plan_notices() >> approve >> dispatch


notice_planning()
