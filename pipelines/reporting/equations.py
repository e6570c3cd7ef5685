"""The equations that must hold after every step and every day: one SQL file each under `sql/reporting/equations`.

A file returns the hands of the whole, and a row for each place (body, department, wave, channel, print house) where it breaks; no such row
when it is right. The row whose other columns are empty is the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.audit.findings import Discrepancy, keep_findings
from pipelines.platform.database import Database, Session
from pipelines.platform.errors import RuleError

FOLDER = "reporting/equations"
HANDS = ("left_hand", "right_hand", "violations")
PLACES_NAMED = 3


class EquationError(RuleError):
    """The books do not balance."""


@dataclass(frozen=True)
class Break:
    """One place where an equation does not hold: such as body, department, wave and channel, and what it gave there."""

    where: dict[str, str]
    left_hand: int
    right_hand: int
    violations: int

    def __str__(self) -> str:
        """As operations read it."""
        return " ".join(f"{name} {value}" for name, value in self.where.items())


@dataclass(frozen=True)
class Equation:
    """One equation and what it gave: both hands, the rows that break a rule beside it, and where."""

    name: str
    title: str
    left_hand: int
    right_hand: int
    violations: int
    breaks: tuple[Break, ...] = ()

    @property
    def holds(self) -> bool:
        """Both hands are equal as a whole and in each place, and nothing breaks the rule."""
        return self.left_hand == self.right_hand and self.violations == 0 and not self.breaks

    @property
    def discrepancy(self) -> Discrepancy:
        """By how much it does not hold: what differs in one place and the other way in another counts as violations."""
        apart = sum(abs(place.left_hand - place.right_hand) for place in self.breaks)
        return Discrepancy(self.name, self.left_hand - self.right_hand, self.violations + apart)

    def __str__(self) -> str:
        """As an error tells it."""
        places = "; ".join(map(str, self.breaks[:PLACES_NAMED]))
        more = f" and {len(self.breaks) - PLACES_NAMED} places more" if len(self.breaks) > PLACES_NAMED else ""
        where = f", in {places}{more}" if places else ""
        return f"{self.name} ({self.left_hand} against {self.right_hand}, {self.violations} violations{where})"


def balance(db: Database) -> list[Equation]:
    """Compute every equation, in the order of its file, on one snapshot of the database."""
    with db.snapshot() as session:
        return [_compute(session, file) for file in sorted((db.folder / FOLDER).glob("*.sql"))]


def _compute(session: Session, file: Path) -> Equation:
    rows = session.all(f"{FOLDER}/{file.stem}")
    whole = next(row for row in rows if not _where(row))
    breaks = tuple(Break(_where(row), *_hands(row)) for row in rows if _where(row))
    return Equation(file.stem, _title(file), *_hands(whole), breaks)


def _title(file: Path) -> str:
    first = file.read_text().splitlines()[0]
    return first.removeprefix("-- title: ")


def _hands(row: Mapping[Any, Any]) -> tuple[int, int, int]:
    return int(row["left_hand"]), int(row["right_hand"]), int(row["violations"])


def _where(row: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in row.items() if name not in HANDS and value is not None}


def require_balance(db: Database) -> list[Equation]:
    """Compute every equation. Raises: EquationError, naming those that do not hold and where."""
    equations = balance(db)
    _require(equations)
    return equations


def reconcile(books: Database, db: Database, as_of: datetime) -> None:
    """Compute every equation as `books`, and keep those that do not hold as the findings that stand (`pipelines.audit.findings`) as `db`.

    Safe to repeat: findings of equations that hold again are settled. Raises: EquationError, naming those that do not hold and where.
    """
    equations = balance(books)
    keep_findings(db, [equation.discrepancy for equation in equations if not equation.holds], as_of)
    _require(equations)


def _require(equations: Sequence[Equation]) -> None:
    if broken := [str(equation) for equation in equations if not equation.holds]:
        raise EquationError(f"the books do not balance: {', '.join(broken)}; see docs/runbooks/reconciliation.md")
