"""The six weeks in which a person may oppose. The only place that knows the rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from pipelines.platform.clock import PARIS, legal_day

SIX_WEEKS = timedelta(weeks=6)


def last_day(sent_on: date) -> date:
    """Return the last day to oppose: the 42nd after the day of sending, which itself is not counted.

    Source: CSP R1111-28 (six weeks from the sending); règlement 1182/71 art. 3 (how a period in weeks is counted).
    """
    return sent_on + SIX_WEEKS


def last_day_by_letter(deposited_on: date, dated: date) -> date:
    """Return the last day to oppose of a letter: six weeks from its deposit, and never before the last day that is printed on it.

    That one is six weeks from the day of which the letter is dated. A print house that deposits a lot before that day breaks its contract;
    the people who read the letter may rely on it nevertheless.
    """
    return last_day(max(deposited_on, dated))


def due_before(day: date, grace_days: int) -> date:
    """Return the day before which a window must have ended for its space to be opened on `day`.

    The grace leaves what was received in time and is still on its way to us so many days more. It delays openings only: the last day to
    oppose stays what it is.
    """
    return day - timedelta(days=grace_days)


@lru_cache(maxsize=512)
def end_of(last_day: date) -> datetime:
    """Return the instant (UTC) at which a last day is over in Paris: what was received before it is in time."""
    return datetime.combine(last_day + timedelta(days=1), time(), PARIS).astimezone(UTC)


@dataclass(frozen=True)
class Window:
    """When one person may oppose, in legal days of Europe/Paris."""

    sent_on: date
    last_day: date

    @property
    def last_instant(self) -> datetime:
        """The last instant that counts, in Paris: the microsecond before the next day begins."""
        return (end_of(self.last_day) - timedelta(microseconds=1)).astimezone(PARIS)

    @property
    def opens_on(self) -> date:
        """The first day on which the space may be opened."""
        return self.last_day + timedelta(days=1)

    def admits(self, received_at: datetime) -> bool:
        """Tell whether an opposition received at that instant is in time, whatever the day on which it is processed."""
        return legal_day(received_at) <= self.last_day


def window(sent_at: datetime) -> Window:
    """Return the window that the sending at `sent_at` (with its time zone) starts. Raises ValueError on a naive datetime."""
    sent_on = legal_day(sent_at)
    return Window(sent_on, last_day(sent_on))
