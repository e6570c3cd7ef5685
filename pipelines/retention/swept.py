"""What a rule found: how much is due, and how much is kept back although its time is over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Swept:
    """Counts of one rule. `due` was deleted, or would be by a run that deletes."""

    rule: str
    due: int = 0
    held: int = 0

    def __str__(self) -> str:
        """As operations read it."""
        return f"{self.rule}: {self.due:,} due" + (f", {self.held:,} held back" if self.held else "")
