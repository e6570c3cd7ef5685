"""Where people decide on what the registry asks them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from conventions import DEFAULT_ARGS, LAUNCH, Pool, Tag, ended_within, reason, run_instant, run_person, runbook

CHOICES = {
    "accept": "delivery: accept (accepter la livraison), its bad rows stay in the quarantine",
    "refuse": "delivery: refuse whole (refuser la livraison)",
    "abandon": "delivery that was interrupted: give it up (abandonner la livraison), what of it is in stays",
    "same": "doubt: same person (même personne)",
    "different": "doubt: different people (personnes différentes)",
}


@dag(
    schedule=None,
    start_date=LAUNCH,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    doc_md=runbook("registry_decisions"),
    default_args=DEFAULT_ARGS,
    deadline=ended_within(timedelta(hours=1)),
    tags=[Tag.REGISTRY],
    params={
        "on": Param(
            type="string",
            title="Delivery or doubt",
            description="The folder of a delivery (deliveries/MSA/2026-01-05-full), or the number of a doubt.",
            pattern=r"^(deliveries/[A-Z0-9]+/[a-z0-9-]+|[0-9]{1,12})$",
        ),
        "decision": Param(
            type="string",
            title="Decision (décision)",
            description="It is recorded in your name and stands: a second one is refused.",
            enum=list(CHOICES),
            values_display=CHOICES,
        ),
        "reason": reason("Kept for years; the sender reads why a delivery was refused. No name, no matricule, no address."),
    },
)
def registry_decisions() -> None:
    """Record a person's decision on a delivery that waits or was interrupted, or on a doubt about identity."""

    @task(pool=Pool.DB_WRITE)
    def record_decision() -> None:
        """Record the decision of whoever started the run."""
        from pipelines.installation import Installation
        from pipelines.registry.decisions import Decision, decide

        here, given = Installation(), _given()
        decision = Decision(given["decision"])
        print(decide(here.db, here.store, here.settings, given["on"], decision, run_person(), given["reason"], run_instant()))

    record_decision()


def _given() -> dict[str, Any]:
    """Return what was typed into the form."""
    return dict(get_current_context()["params"])


registry_decisions()
