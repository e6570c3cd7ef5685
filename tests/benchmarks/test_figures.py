"""All benchmarks print one language: a ratio is ours divided by the peer's, a target is held, missed or not measured."""

from __future__ import annotations

import json

import pytest

from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import Cost

OURS = Stage(1000, Cost(2.0, 4.0, 512.0))
PEER = Stage(100, Cost(0.1, 0.05, 64.0))
FIGURES = Figures("letters", OURS, {"other": PEER}, ["a note"], {"cold": PEER}, [Target("letters a second", 500, at_least=400)])


def test_the_object_has_the_keys_that_all_benchmarks_share() -> None:
    found = json.loads(FIGURES.as_json())
    assert found.keys() >= {"benchmark", "count", "seconds", "per_second", "per_core_second", "peak_mib", "peers", "notes"}
    assert (found["benchmark"], found["count"], found["seconds"], found["peak_mib"]) == ("letters", 1000, 2.0, 512.0)
    assert (found["per_second"], found["per_core_second"]) == (500, 250)


def test_a_ratio_is_ours_divided_by_the_peer_s() -> None:
    assert json.loads(FIGURES.as_json())["peers"] == {"other": {"per_second": 1000, "ratio": 0.5, "per_core_second": 2000}}
    assert FIGURES.ratio("left out") is None


def test_work_too_short_for_the_kernel_s_clock_has_no_figure_by_core() -> None:
    assert Stage(10, Cost(0.001, 0.0, 10.0)).as_object()["per_core_second"] is None


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target("speed", 100, at_least=100), "held"),
        (Target("speed", 99.9, at_least=100), "missed"),
        (Target("seconds", 60, at_most=60), "held"),
        (Target("seconds", 60.1, at_most=60), "missed"),
        (Target("seconds", None, at_most=60), "not measured"),
    ],
)
def test_a_target_is_held_missed_or_not_measured(target: Target, verdict: str) -> None:
    assert (target.verdict, target.as_object()["verdict"]) == (verdict, verdict)


def test_the_table_tells_the_same() -> None:
    table = FIGURES.as_table()
    assert [line.split()[0] for line in table.splitlines()[1:4]] == ["letters", "cold", "other"]
    assert "0.50" in table and "held:" in table and table.endswith("a note")
