"""When what has been kept long enough is deleted."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, nothing_due, run_instant, runbook, timetable


@dag(
    schedule=timetable("0 3 * * 0"),
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    doc_md=runbook("retention"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=6)),
    tags=[Tag.PLATFORM],
    params={
        "plan_only": Param(
            False,
            type="boolean",
            title="Show the plan only (à blanc)",
            description="What would be deleted is shown in the log of plan_retention; nothing is deleted.",
        )
    },
)
def retention() -> None:
    """Show what every rule would delete, then delete it, a rule a task."""

    @task
    def plan_retention() -> list[str]:
        """Show the plan; return the rules that have something to delete."""
        from pipelines.installation import Installation
        from pipelines.retention.steps import plan_retention as plan

        found = plan(Installation().retention, run_instant())
        print("\n".join(map(str, found)))
        due = [swept.rule for swept in found if swept.due]
        if not due:
            raise nothing_due("no rule has anything to delete")
        if get_current_context()["params"]["plan_only"]:
            raise nothing_due("the plan was asked for only")
        return due

    @task(pool=Pool.DB_WRITE, map_index_template="{{ task.op_kwargs['rule'] }}")
    def delete_due(rule: str) -> dict[str, int]:
        """Delete what the time of one rule is over for."""
        from pipelines.installation import Installation
        from pipelines.retention.steps import delete_due as delete

        swept = delete(Installation().retention, rule, run_instant())
        print(swept)
        return {"deleted": swept.due, "held_back": swept.held}

    delete_due.expand(rule=plan_retention())


retention()
