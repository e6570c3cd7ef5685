"""What time it is, legally: the only module that may ask the machine.

Business code takes `as_of`. Three moments cannot be known when a run is scheduled: the instant at which a message really
leaves, whether a run claims to live in the future, and when somebody asks from a shell. All are asked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pipelines.platform.errors import RuleError

PARIS = ZoneInfo("Europe/Paris")


class ClockMode(StrEnum):
    """`SYSTEM` follows the machine; `REPLAY` takes each run's logical date for the present (demonstrations and tests)."""

    SYSTEM = "system"
    REPLAY = "replay"


@dataclass(frozen=True)
class Clock:
    """The present, as a run may see it."""

    mode: ClockMode

    def present(self, as_of: datetime) -> datetime:
        """Return the instant at which something done by the run of `as_of` really happens (UTC).

        Raises: RuleError if `as_of` lies in the future of the machine: a run must not open or expire anything early.
        """
        if self.mode is ClockMode.REPLAY:
            return as_of.astimezone(UTC)
        now = datetime.now(UTC)
        if as_of > now:
            raise RuleError(f"this run is dated {as_of.isoformat()}, which is in the future: trigger it with a date that has come")
        return now


def now() -> datetime:
    """Return the present of the machine (UTC), for what happens when somebody asks and not when a run is due."""
    return datetime.now(UTC)


def legal_day(instant: datetime) -> date:
    """Return the day of an instant in Europe/Paris, where legal days are counted. Raises ValueError on a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(PARIS).date()
