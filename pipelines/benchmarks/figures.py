"""What a benchmark prints: one object in the language that all of them share, or the same as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pipelines.benchmarks.measuring import Cost


@dataclass(frozen=True)
class Stage:
    """So many things done at a cost."""

    count: int
    cost: Cost

    @property
    def per_second(self) -> float:
        """Things done in a second."""
        return self.count / self.cost.seconds

    @property
    def per_core_second(self) -> float | None:
        """Things done in a second of one core; None where the work was too short for the kernel's clock."""
        return self.count / self.cost.cpu_seconds if self.cost.cpu_seconds > 0 else None

    def as_object(self) -> dict[str, Any]:
        """Return what is printed."""
        return {
            "count": self.count,
            "seconds": _rounded(self.cost.seconds),
            "per_second": _rounded(self.per_second),
            "per_core_second": _rounded(self.per_core_second),
            "peak_mib": _rounded(self.cost.peak_mib),
        }


@dataclass(frozen=True)
class Target:
    """A figure that was promised, beside the one found; `found` is None where it was not measured, or not at the size promised."""

    what: str
    found: float | None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """`held`, `missed` or `not measured`."""
        if self.found is None:
            return "not measured"
        missed = (self.at_least is not None and self.found < self.at_least) or (self.at_most is not None and self.found > self.at_most)
        return "missed" if missed else "held"

    def as_object(self) -> dict[str, Any]:
        """Return what is printed."""
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        return {
            "target": self.what,
            **{name: bound for name, bound in bounds.items() if bound is not None},
            "found": _rounded(self.found),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Figures:
    """One benchmark: `whole` is the work that is compared with the peers', the stages are what else was measured."""

    benchmark: str
    whole: Stage
    peers: dict[str, Stage]
    notes: list[str]
    stages: dict[str, Stage] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)

    def ratio(self, peer: str) -> float | None:
        """Return ours divided by the peer's; None where that peer was not measured."""
        return self.whole.per_second / self.peers[peer].per_second if peer in self.peers else None

    def as_object(self) -> dict[str, Any]:
        """Return the one object that `--json` prints."""
        peers = {name: stage.as_object() for name, stage in self.peers.items()}
        return {
            "benchmark": self.benchmark,
            **self.whole.as_object(),
            "peers": {
                name: {"per_second": peer["per_second"], "ratio": _rounded(self.ratio(name)), "per_core_second": peer["per_core_second"]}
                for name, peer in peers.items()
            },
            "stages": {name: stage.as_object() for name, stage in self.stages.items()},
            "targets": [target.as_object() for target in self.targets],
            "notes": self.notes,
        }

    def as_json(self) -> str:
        """Return the object as text."""
        return json.dumps(self.as_object(), indent=2, ensure_ascii=False)

    def as_table(self) -> str:
        """Return the same for a person at a screen."""
        head = ["", "count", "seconds", "a second", "a core-second", "peak MiB", "ours / theirs"]
        rows = [[name, *_cells(stage), ""] for name, stage in {self.benchmark: self.whole, **self.stages}.items()]
        rows += [[name, *_cells(stage), f"{self.ratio(name):.2f}"] for name, stage in self.peers.items()]
        targets = [[f"{target.verdict}:", f"{target.what}: {_found(target)}"] for target in self.targets]
        return "\n".join([*_aligned([head, *rows]), "", *_aligned(targets), "", *self.notes])


def _cells(stage: Stage) -> list[str]:
    cost, per_core_second = stage.cost, stage.per_core_second
    return [
        f"{stage.count:,}", f"{cost.seconds:,.1f}", f"{stage.per_second:,.0f}",
        "-" if per_core_second is None else f"{per_core_second:,.0f}", f"{cost.peak_mib:,.0f}",
    ]  # fmt: skip


def _found(target: Target) -> str:
    return "-" if target.found is None else f"{_rounded(target.found):,}"


def _aligned(rows: list[list[str]]) -> list[str]:
    """Return lines of equal columns, the first one flush left, the others flush right where they are figures."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place and len(row) > 2 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _rounded(value: float | None) -> float | int | None:
    """Return what is small with three decimals, what is large with none."""
    if value is None:
        return None
    return round(value, 3) if abs(value) < 100 else round(value)
