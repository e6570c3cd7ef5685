"""The window of the envelope: where on the front of a letter an address is surely seen, and where anything else might be.

A sheet folded in three slides in its envelope: its left edge stands up to 10 mm to the right of the envelope's, its top up to 11 mm below.
The figures are those of the DL envelope with its window on the right that the contract asks of a print house (docs/contracts/print_lot.md);
they are taken from no norm: another envelope is agreed with the print house, and changed here.
"""

from __future__ import annotations

from typing import NamedTuple

POINTS_PER_MM = 72 / 25.4
ENVELOPE_MM, SHEET_MM = (220, 110), (210, 99)
WINDOW_MM, FROM_RIGHT_MM, FROM_BOTTOM_MM = (100, 45), 20, 20


class Rectangle(NamedTuple):
    """A part of a page, in points from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Rectangle, slack: float = 0.0) -> bool:
        """Tell whether both have more than a strip of `slack` points in common."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > slack and down > slack

    def holds(self, other: Rectangle, slack: float = 0.0) -> bool:
        """Tell whether no side of the other lies more than `slack` points outside."""
        beyond = (self.left - other.left, self.top - other.top, other.right - self.right, other.bottom - self.bottom)
        return max(beyond) <= slack


def _seen(*, sheets_edge_x: float, sheets_edge_y: float) -> Rectangle:
    """Return the part of the sheet seen through the window, by where the sheet's left and top edges lie in the envelope (mm)."""
    right, bottom = ENVELOPE_MM[0] - FROM_RIGHT_MM - sheets_edge_x, ENVELOPE_MM[1] - FROM_BOTTOM_MM - sheets_edge_y
    left, top = right - WINDOW_MM[0], bottom - WINDOW_MM[1]
    return Rectangle(*(side * POINTS_PER_MM for side in (left, top, right, bottom)))


_UP_LEFT = _seen(sheets_edge_x=0, sheets_edge_y=0)
_DOWN_RIGHT = _seen(sheets_edge_x=ENVELOPE_MM[0] - SHEET_MM[0], sheets_edge_y=ENVELOPE_MM[1] - SHEET_MM[1])
# On the sheet, in mm: 100 to 190 from the left and 45 to 79 from the top; 90 to 200 and 34 to 90.
SURELY_SEEN = Rectangle(_UP_LEFT.left, _UP_LEFT.top, _DOWN_RIGHT.right, _DOWN_RIGHT.bottom)
MAY_BE_SEEN = Rectangle(_DOWN_RIGHT.left, _DOWN_RIGHT.top, _UP_LEFT.right, _UP_LEFT.bottom)
