"""Operations staff at Airflow's screens, played through its public API: they trigger runs, wait for them, approve waves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from pipelines.platform.errors import FinalError, RetryableError

POLL_SECONDS = 0.5
# Airflow 3.3.2 may fail a task whose question is answered right after it was asked; it then asks again.
APPROVAL_PAUSE_SECONDS = 9.0
PATIENCE_SECONDS = 600.0
LOOK_AFTER_SECONDS = 20.0
WAITING = "awaiting_input"
ENDED = ("success", "failed")
DECIDED = ("success", "skipped", "failed", "upstream_failed")


@dataclass
class Operator:
    """One person signed in to Airflow."""

    address: str
    name: str
    password: str
    keep_alive: Callable[[], None]
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the connection; signing in happens with the first call."""
        self.client = httpx.Client(base_url=self.address, timeout=30, trust_env=False)

    def close(self) -> None:
        """Let the connection go."""
        self.client.close()

    def start(self, dag_id: str, at: datetime) -> str:
        """Trigger the run of a DAG for an instant, unless it exists; return its id."""
        run_id = f"{at:%Y-%m-%dT%H%M}"
        answer = self.call(
            "POST", f"/api/v2/dags/{dag_id}/dagRuns", json={"dag_run_id": run_id, "logical_date": at.astimezone(UTC).isoformat()}
        )
        if answer.status_code not in (200, 409):
            raise FinalError(f"Airflow did not start {dag_id} (HTTP {answer.status_code}): look at its screens")
        return run_id

    def wait(self, dag_id: str, run_id: str) -> str:
        """Wait until a run has ended; return its state. Raises: RetryableError when it does not end."""

        def ended() -> str | None:
            answer = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")
            state = answer.json().get("state") if answer.status_code == 200 else None
            return str(state) if state in ENDED else None

        return self.until(ended, f"{dag_id} of {run_id} has not ended")

    def approve(self, dag_id: str, run_id: str, task_id: str) -> bool:
        """Approve what a run asks, as often as it asks; return whether it went on approved."""
        task = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"

        def decided() -> str | None:
            state = self.call("GET", task).json().get("state")
            if state == WAITING:
                self.answer(dag_id, run_id, task_id, "Approve")
            return str(state) if state in DECIDED else None

        return self.until(decided, f"{dag_id} of {run_id} has not asked for approval") == "success"

    def answer(self, dag_id: str, run_id: str, task_id: str, choice: str) -> None:
        """Answer a question that waits."""
        time.sleep(APPROVAL_PAUSE_SECONDS)
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        self.call("PATCH", path, json={"chosen_options": [choice], "params_input": {}})

    def until(self, found: Callable[[], str | None], what_is_awaited: str) -> str:
        """Ask again and again until there is an answer, waking servers that were killed."""
        begun = looked_after = time.monotonic()
        while (now := time.monotonic()) < begun + PATIENCE_SECONDS:
            answer = found()
            if answer is not None:
                return answer
            if now > looked_after + LOOK_AFTER_SECONDS:
                self.keep_alive()
                looked_after = now
            time.sleep(POLL_SECONDS)
        raise RetryableError(f"{what_is_awaited} after {PATIENCE_SECONDS:.0f} s: look at Airflow's screens")

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Call the API, signing in again and waking a server that was killed as often as needed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.client.request(method, path, **arguments)
                if answer.status_code == 401:
                    self._sign_in()
                    answer = self.client.request(method, path, **arguments)
                if answer.status_code < 500:
                    return answer
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise RetryableError("Airflow does not answer: `espace-sante status` tells which server is away")
            self.keep_alive()
            time.sleep(POLL_SECONDS)

    def _sign_in(self) -> None:
        answer = self.client.post("/auth/token", json={"username": self.name, "password": self.password})
        if answer.status_code != 201:
            raise FinalError(f"{self.name} cannot sign in to Airflow (HTTP {answer.status_code})")
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
