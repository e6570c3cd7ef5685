"""The equations that must hold after every step and every day: one SQL file each under `sql/reporting/equations`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.campaign.window import SIX_WEEKS
from pipelines.platform.database import Database
from pipelines.platform.errors import RuleError

FOLDER = "reporting/equations"


class EquationError(RuleError):
    """The books do not balance."""


@dataclass(frozen=True)
class Equation:
    """One equation and what it gave: both hands, and the rows that break a rule beside it."""

    name: str
    title: str
    left_hand: int
    right_hand: int
    violations: int

    @property
    def holds(self) -> bool:
        """Both hands are equal and nothing breaks the rule."""
        return self.left_hand == self.right_hand and self.violations == 0


def _title(file: Path) -> str:
    first = file.read_text().splitlines()[0]
    return first.removeprefix("-- title: ")


def balance(db: Database) -> list[Equation]:
    """Compute every equation, in the order of its file, on one snapshot of the database."""
    binds = {"window_days": SIX_WEEKS.days}
    with db.snapshot() as session:
        equations = []
        for file in sorted((db.folder / FOLDER).glob("*.sql")):
            row = session.one(f"{FOLDER}/{file.stem}", **binds)
            equations.append(Equation(file.stem, _title(file), int(row["left_hand"]), int(row["right_hand"]), int(row["violations"])))
    return equations


def require_balance(db: Database) -> list[Equation]:
    """Compute every equation. Raises: EquationError, naming those that do not hold."""
    equations = balance(db)
    broken = [f"{e.name} ({e.left_hand} against {e.right_hand}, {e.violations} violations)" for e in equations if not e.holds]
    if broken:
        raise EquationError(f"the books do not balance: {'; '.join(broken)}; see docs/runbooks/reconciliation.md")
    return equations
