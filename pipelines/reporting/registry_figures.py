"""What the deliveries of insured people brought: each against the one before it, by department, what waits for a person. Counts only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

Rows = Sequence[dict[str, Any]]
MEASURES = ("received", "accepted", "newcomers", "changed", "unchanged", "departed", "quarantined", "corrected", "doubtful")
MOVES = ("newcomers", "changed", "departed")
SEPARATOR = ";"


@dataclass(frozen=True)
class Measure:
    """A count of the latest delivery, and by how much it differs from the delivery of the same kind before; None where it is the first."""

    count: int
    change: int | None


@dataclass(frozen=True)
class DeliveryFigures:
    """The latest full or delta delivery of one insurance body."""

    body: str
    kind: str
    reference_date: Any
    taken_in_on: Any
    measures: dict[str, Measure]


@dataclass(frozen=True)
class RegistryFigures:
    """What the page of deliveries shows. `departments` has a row a body and department, `by_department` their sums."""

    deliveries: tuple[DeliveryFigures, ...]
    undecided: tuple[dict[str, Any], ...]
    refused: tuple[dict[str, Any], ...]
    departments: tuple[dict[str, Any], ...]
    by_department: dict[str, dict[str, int]]
    reasons: tuple[dict[str, Any], ...]
    doubts: tuple[dict[str, Any], ...]

    @property
    def doubts_open(self) -> int:
        """How many questions about identity wait."""
        return sum(int(row["doubts"]) for row in self.doubts)

    def moved(self, move: str) -> dict[str, int]:
        """Return one of MOVES by department."""
        return {department: counts[move] for department, counts in self.by_department.items()}


def registry_figures(deliveries: Rows, undecided: Rows, refused: Rows, departments: Rows, reasons: Rows, doubts: Rows) -> RegistryFigures:
    """Turn the rows of the statements under `sql/reporting/daily` into figures; the same rows always give the same figures."""
    frame = pd.DataFrame(departments, columns=["body", "department", *MOVES])
    sums = frame.groupby("department")[list(MOVES)].sum()
    return RegistryFigures(
        deliveries=_against_the_one_before(deliveries),
        undecided=tuple(undecided),
        refused=tuple(refused),
        departments=tuple(departments),
        by_department={str(name): {move: int(row[move]) for move in MOVES} for name, row in sums.iterrows()},
        reasons=tuple(reasons),
        doubts=tuple(doubts),
    )


def _against_the_one_before(deliveries: Rows) -> tuple[DeliveryFigures, ...]:
    before = {row["body"]: row for row in deliveries if row["place"] == 2}
    return tuple(
        DeliveryFigures(
            row["body"],
            row["kind"],
            row["reference_date"],
            row["taken_in_on"],
            {name: _measure(row, before.get(row["body"]), name) for name in MEASURES},
        )
        for row in deliveries
        if row["place"] == 1
    )


def _measure(row: Mapping[str, Any], before: Mapping[str, Any] | None, name: str) -> Measure:
    count = int(row[name] or 0)
    return Measure(count, None if before is None else count - int(before[name] or 0))


def tables(figures: RegistryFigures) -> dict[str, bytes]:
    """Return the figures as CSV files by name, for spreadsheets: UTF-8, separated by semicolons, one header line."""
    deliveries = [
        {
            "body": each.body,
            "kind": each.kind,
            "reference_date": each.reference_date,
            "taken_in_on": each.taken_in_on,
            **{name: measure.count for name, measure in each.measures.items()},
            **{f"{name}_change": measure.change for name, measure in each.measures.items()},
        }
        for each in figures.deliveries
    ]
    changes = [f"{name}_change" for name in MEASURES]
    return {
        "deliveries.csv": _csv(deliveries, "body", "kind", "reference_date", "taken_in_on", *MEASURES, *changes),
        "delivery_departments.csv": _csv(figures.departments, "body", "department", *MOVES),
        "delivery_reasons.csv": _csv(figures.reasons, "body", "reason", "lines"),
        "deliveries_undecided.csv": _csv(figures.undecided, "folder", "since", "received", "bad"),
        "deliveries_refused.csv": _csv(figures.refused, "day", "folder", "refusal", "decided_by"),
        "doubts.csv": _csv(figures.doubts, "kind", "doubts", "oldest"),
    }


def _csv(rows: Sequence[Mapping[str, Any]], *columns: str) -> bytes:
    # Counts that may be missing stay whole numbers.
    frame = pd.DataFrame(list(rows), columns=list(columns)).convert_dtypes()
    return frame.to_csv(sep=SEPARATOR, index=False, lineterminator="\n").encode()
