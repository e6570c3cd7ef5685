"""One step in a process of its own, that stops at a marker so that the test can kill it there.

Run as a module: `python -m tests.faults.victim STEP METHOD CALL MOMENT MARKER`, the instance in the environment.
Before or after the CALL-th call of METHOD, or of a statement named as in the code, the process writes MARKER and waits to be killed.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.installation import Installation
from pipelines.notices.emails.relay import Relay
from pipelines.platform.clock import PARIS
from pipelines.platform.database import Session
from pipelines.platform.many_objects import ManyObjects
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.shards import Shard
from pipelines.registry.digests import DeliveryDigests

SHARD = Shard(0, 63)
METHODS: dict[str, type[Any]] = {
    "submit": Relay, "put": ObjectStore, "keep": ObjectStore, "destroy": ObjectStore, "upload": ObjectStore,
    "run": Session, "one": Session, "compare": DeliveryDigests,
    "put_all": ManyObjects, "delete_as_read": ObjectStore,
}  # fmt: skip


# A step imports what it needs: a process is started for every marker.


def send(home: Installation) -> None:
    from pipelines.notices.email_dispatch import send_emails
    from tests.campaign_driver import SENT

    with home.email_dispatch() as dispatch:
        send_emails(dispatch, SHARD, SENT)


def produce(home: Installation) -> None:
    from pipelines.notices.letter_dispatch import assign_lots
    from pipelines.notices.lot_production import produce_lots
    from tests.campaign_driver import SENT

    dispatch = home.letter_dispatch()
    for share in assign_lots(dispatch, SENT):
        produce_lots(dispatch, share, SENT)


def open_(home: Installation) -> None:
    from pipelines.accounts.steps import open_accounts
    from tests.campaign_driver import OPENING

    open_accounts(home.db, home.policy, SHARD, home.clock, OPENING)


def tell_systems(home: Installation) -> None:
    from pipelines.accounts.outbound import plan_outbound, write_outbound
    from tests.campaign_driver import OPENING

    for files in plan_outbound(home.db, home.settings.shard_size, home.clock, OPENING):
        write_outbound(home.db, home.store, home.policy, files, OPENING)


def take_in(home: Installation) -> None:
    from pipelines.registry import intake
    from pipelines.registry.steps import find_deliveries, take_in_delivery

    intake.WORTH_DEFERRING = int(os.environ.get("WORTH_DEFERRING", intake.WORTH_DEFERRING))
    (folder,) = find_deliveries(home.db, home.store)
    take_in_delivery(home.db, home.store, home.settings, folder, datetime(2022, 1, 31, 4, tzinfo=PARIS))


def feed(home: Installation) -> None:
    from pipelines.documents.feed import Feed
    from tests.feed_driver import HOSPITAL, RECEIVED

    with home.document_intake(Feed.model_validate(HOSPITAL)) as intake:
        intake.take_in(0, 1, RECEIVED)


def purge(home: Installation) -> None:
    from pipelines.lifecycle import destruction
    from tests.faults.test_killed_purge import OVER

    destruction.SPACES_AT_ONCE = int(os.environ.get("SPACES_AT_ONCE", destruction.SPACES_AT_ONCE))
    home.purge(OVER).destroy(SHARD)


STEPS: dict[str, Callable[[Installation], None]] = {
    "send": send,
    "produce": produce,
    "open": open_,
    "tell_systems": tell_systems,
    "take_in": take_in,
    "feed": feed,
    "purge": purge,
}


def stop_at(method: str, call: int, moment: str, marker: Path) -> None:
    """Make the call-th call of a method, or of a statement, stop before or after it has its effect."""
    calls = 0

    def watch(owner: type[Any], name: str) -> None:
        original = getattr(owner, name)

        def stopping(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            counts = method in METHODS or arguments[1] == method
            calls += counts
            # Calls of several threads are counted as they begin.
            is_the_one = counts and calls == call
            if is_the_one and moment == "before":
                wait_for_the_end(marker)
            result = original(*arguments, **named)
            if is_the_one and moment == "after":
                wait_for_the_end(marker)
            return result

        setattr(owner, name, stopping)

    if method in METHODS:
        watch(METHODS[method], method)
    else:
        for name in ("all", "one", "run"):
            watch(Session, name)


def wait_for_the_end(marker: Path) -> None:
    """Say that the marker is reached, and do nothing more."""
    marker.touch()
    threading.Event().wait()


if __name__ == "__main__":
    step, method, call, moment, marker = sys.argv[1:]
    stop_at(method, int(call), moment, Path(marker))
    STEPS[step](Installation())
