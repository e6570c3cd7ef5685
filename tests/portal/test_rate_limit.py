"""One neighbourhood cannot take the site from the others, nor its memory."""

from __future__ import annotations

import pytest

from pipelines.portal import rate_limit
from pipelines.portal.rate_limit import RateLimit, neighbourhood


class Seconds:
    """Seconds that a test lets pass."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_a_neighbourhood_is_stopped_and_another_is_not(seconds: Seconds) -> None:
    limit = RateLimit(3, 100, seconds)
    assert [limit.lets_through(f"192.0.2.{host}") for host in range(4)] == [True, True, True, False]
    assert limit.lets_through("198.51.100.1")


def test_what_was_taken_comes_back_with_time(seconds: Seconds) -> None:
    limit = RateLimit(6, 100, seconds)
    assert all(limit.lets_through("192.0.2.1") for _ in range(6)) and not limit.lets_through("192.0.2.1")
    seconds.now += 10
    assert limit.lets_through("192.0.2.1") and not limit.lets_through("192.0.2.1")


def test_all_together_are_limited(seconds: Seconds) -> None:
    limit = RateLimit(10, 5, seconds)
    assert sum(limit.lets_through(f"10.0.{net}.1") for net in range(8)) == 5


def test_memory_is_bounded(seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MOST_NEIGHBOURHOODS", 50)
    limit = RateLimit(1, 10_000, seconds)
    for number in range(300):
        limit.lets_through(f"2001:db8:{number:x}::1")
    assert len(limit._buckets) == 50


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.200", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("", "nonsense", True),
    ],
)
def test_neighbours_share_a_network(one: str, other: str, *, same: bool) -> None:
    assert (neighbourhood(one) == neighbourhood(other)) is same
