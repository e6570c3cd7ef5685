"""Where bars stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.reporting.bar_chart import bar_chart


def test_bars_are_as_long_as_their_values_say() -> None:
    chart = bar_chart({"a": 50, "b": 25, "c": 0}, 200)
    assert [bar.length for bar in chart.bars] == [200, 100, 0]


def test_the_axis_ends_on_a_round_value_above_the_longest_bar() -> None:
    assert [value for value, _ in bar_chart({"a": 435}, 200).ticks] == [0, 100, 200, 300, 400, 500]


def test_an_empty_chart_has_an_axis() -> None:
    assert [value for value, _ in bar_chart({"a": 0}, 100).ticks] == [0, 1]
    assert bar_chart({}, 100).bars == ()


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_no_bar_leaves_the_chart_and_an_axis_has_six_marks_at_most(values: list[int]) -> None:
    chart = bar_chart({str(place): value for place, value in enumerate(values)}, 200)
    assert all(0 <= bar.length <= 200 for bar in chart.bars)
    assert 2 <= len(chart.ticks) <= 6
