"""Where operations stop, resume or end what leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, reason, run_instant, run_person, runbook

CHOICES = {
    "PAUSE": "pause (suspendre): nothing leaves, nothing is lost",
    "RESUME": "resume (reprendre): from the next dispatch on",
    "CANCEL": "cancel (annuler): for good, whoever was not told goes back to planning",
}


@dag(
    schedule=None,
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    doc_md=runbook("campaign_steering"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=1)),
    tags=[Tag.CAMPAIGN],
    params={
        "action": Param(type="string", title="Order (ordre)", enum=list(CHOICES), values_display=CHOICES),
        "wave": Param(
            default=None,
            type=["null", "integer"],
            title="Wave (vague)",
            description="The number of a wave. Empty: the whole campaign.",
            minimum=1,
        ),
        "reason": reason("Kept for years, with your name. No name, no matricule, no address."),
    },
)
def campaign_steering() -> None:
    """Pause, resume or cancel the campaign or one of its waves."""

    @task(pool=Pool.DB_WRITE)
    def steer() -> None:
        """Carry out the order of whoever started the run."""
        from pipelines.campaign.steering import Action
        from pipelines.installation import Installation
        from pipelines.notices.cancellation import carry_out

        here = Installation()
        given: dict[str, Any] = dict(get_current_context()["params"])
        action = Action(given["action"])
        print(carry_out(here.db, here.policy, action, given["wave"], run_person(), given["reason"], run_instant()))

    steer()


campaign_steering()
