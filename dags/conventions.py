"""What all DAGs share: owner, tags, calendar, retries by kind of error, whom to tell when a task fails, and the instant of a run."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import (
    Asset,
    AssetOrTimeSchedule,
    AsyncCallback,
    CronTriggerTimetable,
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    get_current_context,
)
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowSkipException

from pipelines.platform.clock import PARIS, ClockMode
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.settings import settings

LAUNCH = datetime(2022, 1, 1, tzinfo=PARIS)
OPERATIONS = "operations@espace-sante.example"
# Where people look at Airflow; a DAG's own page shows its runbook.
SCREENS = str(conf.get("api", "base_url", fallback="")).rstrip("/")
RUNBOOKS = Path(__file__).resolve().parents[1] / "docs" / "runbooks"

# Neither 13 characters that could be a matricule nor an e-mail address: what is typed into a form is kept by Airflow.
NOTHING_PERSONAL = r"^(?!.*[0-9](?:[ ._-]?[0-9ABab]){12})(?!.*\S@\S).*\S.*$"


def reason(description: str) -> Param:
    """Return the field of a form that asks why."""
    return Param(type="string", title="Reason (motif)", description=description, minLength=3, maxLength=300, pattern=NOTHING_PERSONAL)


class Tag(StrEnum):
    """The only tags a DAG may have."""

    REGISTRY = "registry"
    CAMPAIGN = "campaign"
    NOTICES = "notices"
    OPPOSITIONS = "oppositions"
    ACCOUNTS = "accounts"
    DOCUMENTS = "documents"
    REPORTING = "reporting"
    PLATFORM = "platform"


class Pool(StrEnum):
    """The scarce things: connections that write, connections to the relay, processes that compose letters, backlogs that are drained."""

    DB_WRITE = "db_write"
    SMTP = "smtp"
    RENDER = "render"
    BACKLOG = "backlog"


# How long a task may take that counts every person of the nation.
WHOLE_TABLES = timedelta(minutes=90)


# A runbook is called as the file of its DAG: one file may make many DAGs.
_PAGE = "{{ dag.fileloc.rpartition('/')[2].removesuffix('.py') }}"


def _what_to_do(dag_id: str, page: str) -> str:
    return f"What to do: the runbook docs/runbooks/{page}.md, which Airflow shows at {SCREENS}/dags/{dag_id} too."


DEFAULT_ARGS = {
    "owner": "operations",
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(exception=FinalError, action=RetryAction.FAIL, reason="trying again cannot help: somebody must act"),
            RetryRule(exception=RetryableError, retry_delay=timedelta(seconds=30), reason="a server was away or busy"),
        ]
    ),
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": SmtpNotifier(
        from_email=OPERATIONS,
        to=OPERATIONS,
        subject="{{ dag.dag_id }}: the task {{ ti.task_id }} failed",
        html_content="Run {{ run_id }}, try {{ ti.try_number }}. Why: {{ ti.log_url }} " + _what_to_do("{{ dag.dag_id }}", _PAGE),
    ),
}


def ended_within(most: timedelta, page: str = "{{ dag_run.dag_id }}") -> DeadlineAlert:
    """Return what tells operations of a run that has not ended so long after it began to wait; `page` is its runbook. It stops nothing."""
    return DeadlineAlert(
        DeadlineReference.DAGRUN_QUEUED_AT,
        most,
        AsyncCallback(
            SmtpNotifier,
            kwargs={
                "from_email": OPERATIONS,
                "to": OPERATIONS,
                "subject": "{{ dag_run.dag_id }}: a run has not ended in time",
                "html_content": "Run {{ dag_run.dag_run_id }} should have ended by now. " + _what_to_do("{{ dag_run.dag_id }}", page),
            },
        ),
    )


def timetable(cron: str, event: Asset | None = None) -> CronTriggerTimetable | AssetOrTimeSchedule | None:
    """Return the calendar of a DAG, in Paris; with `event`, also a run for each event of that asset: the calendar is the sweep.

    None in replay, where the calendar is an argument of each run.
    """
    if settings().clock is ClockMode.REPLAY:
        return None
    calendar = CronTriggerTimetable(cron, timezone="Europe/Paris")
    return AssetOrTimeSchedule(timetable=calendar, assets=event) if event else calendar


def runbook(dag_id: str) -> str:
    """Return the runbook of a DAG, which its screen shows."""
    return (RUNBOOKS / f"{dag_id}.md").read_text()


def run_instant() -> datetime:
    """Return the instant of the current run: its logical date, or when it was asked for if it has none."""
    run: Any = get_current_context()["dag_run"]
    instant: datetime = run.logical_date or run.run_after
    return instant


def run_person() -> str:
    """Return who started the current run, `schedule` where nobody did."""
    run: Any = get_current_context()["dag_run"]
    return run.triggering_user_name or "schedule"


def nothing_due(what: str) -> AirflowSkipException:
    """Return what a planning task raises when there is nothing to do: the screen shows it skipped, its log says why."""
    return AirflowSkipException(f"nothing due: {what}")
