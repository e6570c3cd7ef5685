"""How much one neighbourhood of addresses, and everybody together, may ask: buckets of a bounded number, refilled as time goes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from threading import Lock

MOST_NEIGHBOURHOODS = 100_000
_IPV4_PREFIX, _IPV6_PREFIX = 24, 48
_EVERYBODY = "everybody"


@dataclass
class _Bucket:
    left: float
    at: float


class RateLimit:
    """Lets at most so many requests a minute through; `monotonic` gives seconds. Safe between threads."""

    def __init__(self, by_neighbourhood: int, in_all: int, monotonic: Callable[[], float]) -> None:
        self._by_neighbourhood, self._in_all, self._monotonic = by_neighbourhood, in_all, monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def lets_through(self, address: str) -> bool:
        """Take one request of an address into account; say whether it may be answered."""
        now = self._monotonic()
        with self._lock:
            return self._take(neighbourhood(address), self._by_neighbourhood, now) and self._take(_EVERYBODY, self._in_all, now)

    def _take(self, name: str, a_minute: int, now: float) -> bool:
        bucket = self._buckets.setdefault(name, _Bucket(a_minute, now))
        self._buckets.move_to_end(name)
        bucket.left, bucket.at = min(a_minute, bucket.left + (now - bucket.at) * a_minute / 60), now
        if len(self._buckets) > MOST_NEIGHBOURHOODS:
            self._buckets.popitem(last=False)
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True


def neighbourhood(address: str) -> str:
    """Return the network of an address: one subscriber's IPv6 addresses, 256 of IPv4; what is no address shares one name."""
    try:
        version = ip_address(address).version
    except ValueError:
        return "unknown"
    return str(ip_network((address, _IPV4_PREFIX if version == 4 else _IPV6_PREFIX), strict=False))
