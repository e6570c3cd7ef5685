"""What a delivery may look like before a person must look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.platform.errors import FinalError
from pipelines.registry.limits import Limits, limits

LIMITS = Limits(bad_rows=0.05, fall=0.02, gone=0.03, smallest_judged=1000)


@pytest.mark.parametrize(("received", "bad", "too_many"), [(1000, 50, False), (1000, 51, True), (999, 999, False), (0, 0, False)])
def test_too_many_bad_rows_are_more_than_their_share(received: int, bad: int, too_many: bool) -> None:
    assert LIMITS.too_many_bad(received, bad) is too_many


@pytest.mark.parametrize(
    ("last", "received", "too_far"),
    [(1000, 980, False), (1000, 979, True), (999, 1, False), (999, 0, True), (1000, 2000, False), (0, 0, False)],
)
def test_a_fall_is_too_far_beyond_its_share(last: int, received: int, too_far: bool) -> None:
    assert LIMITS.falls_too_far(last, received) is too_far


def test_nothing_is_judged_where_the_shares_are_whole() -> None:
    free = Limits(bad_rows=1, fall=1, gone=1, smallest_judged=0)
    assert not free.too_many_bad(10, 10) and not free.falls_too_far(10, 1) and not free.too_many_gone(10, 10)


@pytest.mark.parametrize(("last", "gone", "too_many"), [(1000, 30, False), (1000, 31, True), (999, 999, False), (0, 0, False)])
def test_too_many_are_gone_beyond_their_share(last: int, gone: int, too_many: bool) -> None:
    assert LIMITS.too_many_gone(last, gone) is too_many


def test_the_limits_of_the_project_can_be_read() -> None:
    assert limits().smallest_judged > 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("bad_rows = 2\nfall = 0.02\ngone = 0.02\nsmallest_judged = 1", "bad_rows"),
        ("bad_rows = 0.05\nfall = -0.1\ngone = 0.02\nsmallest_judged = 1", "fall"),
        ("bad_rows = 0.05\nfall = 0.02\ngone = 0.02", "smallest_judged"),
        ("bad_rows = 0.05\nfall = 0.02\nsmallest_judged = 1", "gone"),
        ("bad_rows = 0.05\nfall = 0.02\ngone = 0.02\nsmallest_judged = 1\nrows = 3", "rows"),
        ("bad_rows = ", "limits.toml"),
    ],
)
def test_limits_that_cannot_be_used_are_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(text)
    with pytest.raises(FinalError, match=named):
        limits(file)
