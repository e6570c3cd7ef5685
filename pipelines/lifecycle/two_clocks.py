"""What day it is for what cannot be undone: two clocks must agree."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pipelines.platform.clock import Clock, ClockMode, legal_day
from pipelines.platform.errors import FinalError
from pipelines.platform.object_store import ObjectStore

MOST_APART = timedelta(minutes=10)


class ClocksDisagreeError(FinalError):
    """The clock of this machine and that of the object store tell different times: one of them is wrong."""


def agreed_day(store: ObjectStore, clock: Clock, as_of: datetime) -> date:
    """Return the legal day on which something is destroyed: that of the run, never later than by the object store's own clock.

    Under the replay clock the run's instant is the present, and no machine's clock is asked.
    Raises: RuleError if `as_of` lies in the future; ClocksDisagreeError where this machine and the store are more than ten minutes apart.
    """
    here = clock.present(as_of)
    if clock.mode is ClockMode.REPLAY:
        return legal_day(here)
    there = store.present()
    if abs(here - there) > MOST_APART:
        raise ClocksDisagreeError(
            f"this machine says {here.isoformat(timespec='minutes')}, the object store {there.isoformat(timespec='minutes')}: nothing is "
            "destroyed while they disagree. Set the wrong clock right, then clear the task"
        )
    return min(legal_day(as_of), legal_day(there))
