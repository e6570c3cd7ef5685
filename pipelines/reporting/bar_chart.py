"""Where the bars of a chart stand, for the SVG templates: numbers only, no drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Bar:
    """One bar: its length on the axis of values, in the unit of the chart's height (or width)."""

    label: str
    value: int
    length: float


@dataclass(frozen=True)
class BarChart:
    """The bars in their order, and the values at which a line helps the eye, each with its place on the axis."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[int, float], ...]


def bar_chart(values: Mapping[str, int], extent: float) -> BarChart:
    """Return a chart whose longest bar fits in `extent`; the axis starts at 0 and ends on a round value (1, 2 or 5 times ten to n)."""
    step = _step(max(values.values(), default=0))
    top = step * max(1, -(-max(values.values(), default=0) // step))
    bars = tuple(Bar(label, value, round(extent * value / top, 2)) for label, value in values.items())
    ticks = tuple((value, round(extent * value / top, 2)) for value in range(0, top + 1, step))
    return BarChart(bars, ticks)


def _step(largest: int, most_ticks: int = 5) -> int:
    """Return the smallest round step that needs at most `most_ticks` steps to reach the largest value."""
    power = 1
    while power * STEPS[-1] * most_ticks < largest:
        power *= 10
    return next(power * step for step in STEPS if power * step * most_ticks >= largest)
