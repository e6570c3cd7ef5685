"""Approval by a second person: Airflow asks, the campaign records who decided, and refuses whoever started the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context, Param
from conventions import NOTHING_PERSONAL

COMMENT = "comment"


class SecondPersonApproval(ApprovalOperator):
    """Asks for approval; an answer of the person who started the run is refused, and the question asked again.

    `record(approved, decided_by, comment, context)` keeps the decision before anything follows from it.
    """

    def __init__(self, *, record: Callable[[bool, str, str, Context], None], **kwargs: Any) -> None:
        comment = Param(
            default=None,
            type=["null", "string"],
            title="Comment (commentaire)",
            description="Kept with your decision. No name, no matricule, no address.",
            maxLength=300,
            pattern=NOTHING_PERSONAL,
        )
        # What the run was started with is no field of the answer.
        kwargs.pop("params", None)
        super().__init__(params={COMMENT: comment}, **kwargs)
        self.record = record

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Record the decision, or ask again."""
        answer = event.get("responded_by_user") or {}
        decided_by = answer.get("name") or answer.get("id") or "response time elapsed"
        run: Any = context["dag_run"]
        if run.triggering_user_name and run.triggering_user_name in (answer.get("id"), answer.get("name")):
            self.log.warning("%s started this run and may not decide on it: somebody else is asked", decided_by)
            return self.execute(context)
        if "error" not in event:
            comment = (event.get("params_input") or {}).get(COMMENT) or ""
            self.record(event["chosen_options"] == [self.APPROVE], decided_by, comment, context)
        return super().execute_complete(context, event)
