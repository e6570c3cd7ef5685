"""How fast messages may leave: so many a second, evenly, for a relay or for a recipient's domain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

BURST_SECONDS = 1.0


@dataclass(frozen=True)
class Timer:
    """Seconds that only go forward, and how to let some pass."""

    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep

    def wait_until(self, instant: float) -> None:
        """Return once an instant has come."""
        left = instant - self.now()
        if left > 0:
            self.wait(left)


class Pace:
    """A token bucket that holds what may leave in one second; several threads may share it."""

    def __init__(self, a_second: float) -> None:
        self._interval = 1 / a_second
        self._full_at = 0.0
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """Take the next place and return the instant from which it may be used."""
        with self._lock:
            instant = max(now, self._full_at - BURST_SECONDS)
            self._full_at = max(now, self._full_at) + self._interval
        return instant
