"""The benchmark of the registry, small: it prints one object, on servers that are gone afterwards, and only what was checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.benchmarks.measuring import Cost, Scale
from pipelines.benchmarks.registry import RegistryBenchmark, Tables, Taken
from pipelines.benchmarks.servers import servers
from pipelines.platform.errors import FinalError, RuleError
from pipelines.registry.intake import Status
from pipelines.registry.row_rules import RowFault
from pipelines.registry.steps import DeliveryReport
from pipelines.synthetic.france import BodySummary, Summary

PEOPLE = 2_000


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmark")


@pytest.fixture(scope="module")
def printed(scratch: Path) -> dict[str, Any]:
    """What one small run prints, under an environment that names a database of somebody else's."""
    command = [sys.executable, "-m", "pipelines.cli", "benchmark", "registry", "--people", str(PEOPLE), "--bodies", "CPAM,MGEN", "--json"]
    foreign = {"ESPACE_SANTE_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing", "ESPACE_SANTE_VAR": str(scratch / "theirs")}
    done = subprocess.run([*command, "--under", str(scratch)], env=os.environ | foreign, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_it_prints_the_object_that_all_benchmarks_share(printed: dict[str, Any]) -> None:
    assert printed["benchmark"] == "registry"
    assert printed["count"] >= PEOPLE
    assert all(printed[name] > 0 for name in ("seconds", "per_second", "per_core_second", "peak_mib"))
    assert {"COPY", "to_sql"} <= printed["peers"].keys()
    assert all(peer["per_second"] > 0 and peer["ratio"] > 0 for peer in printed["peers"].values())


def test_it_measures_every_kind_of_delivery(printed: dict[str, Any]) -> None:
    assert list(printed["stages"]) == ["CPAM", "MGEN", "unchanged", "1 % changed", "delta of 1 %"]
    assert printed["stages"]["CPAM"]["count"] + printed["stages"]["MGEN"]["count"] == printed["count"]
    assert 0 < printed["stages"]["delta of 1 %"]["count"] < PEOPLE / 20


def test_an_unchanged_delivery_writes_nothing_about_people(printed: dict[str, Any]) -> None:
    verdicts = {target["target"]: target["verdict"] for target in printed["targets"]}
    assert verdicts["unchanged: bytes by which tables of people grew"] == "held"
    assert verdicts["unchanged: rows written to tables of people"] == "held"
    assert verdicts["delta of 1 % of 20 million people: seconds"] == "not measured"


def test_nothing_is_left(printed: dict[str, Any], scratch: Path) -> None:
    assert list(scratch.iterdir()) == []


def test_a_disk_without_room_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(FinalError, match="this benchmark needs"), servers(tmp_path, 2**60, False, lambda words: None):
        pass
    assert list(tmp_path.iterdir()) == []


class Registry(RegistryBenchmark):
    """A benchmark whose delivery came to something that the test chooses."""

    quarantined, received, known = 3, 10, 7

    def _generate(self) -> Summary:
        faults = {RowFault.SEX_UNKNOWN: 3}
        return Summary(10, 1, date(2026, 1, 5), (BodySummary("CPAM", Path("deliveries"), 1, 10, faults),))

    def _peers(self, summary: Summary) -> dict[str, Any]:
        return {}

    def _people_known(self) -> int:
        return self.known

    def _take_in(self, stage: str, on: date) -> Taken:
        counts = {"received": self.received, "quarantined": self.quarantined, "newcomers": 7, "changed": 0}
        report = DeliveryReport("deliveries/CPAM/2026-01-05-full", Status.TAKEN_IN, None, counts)
        return Taken([report], [Cost(1.0, 1.0, 1.0)], Tables(0, 0))


@pytest.mark.parametrize(
    ("what", "found", "why"),
    [("quarantined", 4, "quarantine"), ("received", 9, "received"), ("known", 6, "newcomer"), ("newcomers again", 7, "unchanged")],
)
def test_no_figure_is_shown_of_a_registry_that_does_not_hold_what_was_delivered(what: str, found: int, why: str) -> None:
    benchmark = Registry(Nothing(), 10, (), lambda words: None)  # type: ignore[arg-type]
    setattr(benchmark, what, found)
    with pytest.raises(RuleError, match=f"{why}.*no figure is shown"):
        benchmark.run()


class Nothing:
    """Servers that nobody asks for anything."""

    directory = Path()
    scale = type("Weightless", (Scale,), {"weigh": lambda *_, **__: (None, Cost())})()
