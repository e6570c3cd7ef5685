"""What makes a run red whose last tasks went on after a failure."""

from __future__ import annotations

from airflow.sdk import TriggerRule, task

from pipelines.platform.errors import FinalError


@task(trigger_rule=TriggerRule.ONE_FAILED, retries=0, on_failure_callback=None)
def red_where_one_failed() -> None:
    """Red where a task failed that others do not wait for: Airflow judges a run by its last tasks. Operations were told by that one."""
    raise FinalError("a task of this run failed: look at that one")
