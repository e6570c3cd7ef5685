"""One step in a process of its own, that stops at a marker so that the test can kill it there.

Run as a module: `python -m tests.faults.victim STEP METHOD CALL MOMENT MARKER`, the instance in the environment.
Before or after the CALL-th call of METHOD, the process writes MARKER and waits to be killed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.accounts.steps import open_accounts
from pipelines.installation import Installation
from pipelines.notices.email_dispatch import send_emails
from pipelines.notices.emails.relay import Relay
from pipelines.notices.letter_dispatch import assign_lots, produce_lot
from pipelines.platform.database import Session
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.shards import Shard
from pipelines.registry.steps import take_in_delivery
from tests.campaign_driver import OPENING, SENT, paris

SHARD = Shard(0, 63)
FOLDER = "deliveries/CPAM/2022-01-03-delta"
METHODS: dict[str, type[Any]] = {"submit": Relay, "put": ObjectStore, "run": Session, "one": Session}


def send(home: Installation) -> None:
    with home.email_dispatch() as dispatch:
        send_emails(dispatch, SHARD, SENT)


def produce(home: Installation) -> None:
    dispatch = home.letter_dispatch()
    for lot in assign_lots(dispatch, SENT):
        produce_lot(dispatch, lot, SENT)


def open_(home: Installation) -> None:
    open_accounts(home.db, home.policy, SHARD, home.clock, OPENING)


def take_in(home: Installation) -> None:
    take_in_delivery(home.db, home.store, FOLDER, paris(2022, 1, 3, 4))


STEPS: dict[str, Callable[[Installation], None]] = {"send": send, "produce": produce, "open": open_, "take_in": take_in}


def stop_at(method: str, call: int, moment: str, marker: Path) -> None:
    """Make the call-th call of a method stop before or after it has its effect."""
    owner = METHODS[method]
    original = getattr(owner, method)
    calls = 0

    def stopping(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and moment == "before":
            wait_for_the_end(marker)
        result = original(*arguments, **named)
        if calls == call and moment == "after":
            wait_for_the_end(marker)
        return result

    setattr(owner, method, stopping)


def wait_for_the_end(marker: Path) -> None:
    """Say that the marker is reached, and do nothing more."""
    marker.touch()
    threading.Event().wait()


if __name__ == "__main__":
    step, method, call, moment, marker = sys.argv[1:]
    stop_at(method, int(call), moment, Path(marker))
    STEPS[step](Installation())
