"""Whether a letter that was laid out can be printed and posted.

All in shipped fonts, nothing over an edge or another text, the address alone in the envelope's window, room for what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from weasyprint import Document
from weasyprint.formatting_structure import boxes

from pipelines.notices.letters.datamatrix import MODULE_POINTS, PLACE, QUIET
from pipelines.notices.letters.fonts import FontCase
from pipelines.notices.letters.letter import ADDRESS_FIELDS, ADDRESS_LINE
from pipelines.notices.letters.skeleton import Slot
from pipelines.notices.letters.window import MAY_BE_SEEN, SURELY_SEEN, Rectangle

POINTS_PER_PIXEL = 0.75
EDGE_POINTS = 14  # 5 mm, which few printers reach
SMALLEST_SHARE = 0.75
# The longest that a text may be: a line of an address or a name, which is set smaller where it must, and what never is.
_LONG_LINE = "M" * ADDRESS_LINE
_LONGEST = {"code": "WWWW-WWWW-WWWW", "reference": "ES" + "0" * 18, "sequence": "0" * 5, "receipt": "OPP-0000000000-000000"}
# How the templates write a field of which there may be several.
_SOURCES = {"address": "{% for line in address %}", "name": "{{ people[0].name }}", "code": "{{ people[0].code }}"}
_LONGEST_DAY = "30 septembre 2022"
_SLACK = 1.0


class UnfitError(Exception):
    """Something does not fit: the reason, and the text by which its place in the templates is found."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(reason)
        self.text = text


class _Text(NamedTuple):
    """A laid out text, the line and the block that it stands on, the lowest that the boxes around it allow (pixels)."""

    box: Any
    line: int
    block: Any
    bottoms: tuple[float, ...]


class _Area(NamedTuple):
    """A part of a page, and what it holds; what stands on one line cannot be over itself."""

    place: Rectangle
    holds: str
    line: int

    def is_over(self, other: _Area) -> bool:
        return self.line != other.line and self.place.meets(other.place, _SLACK)


def check_fit(document: Document, slots: Sequence[Slot], symbol: tuple[float, float], fonts: FontCase) -> None:
    """Refuse a letter of which something is in a font that is not shipped, or lies over an edge, its own box, or another text.

    On the front, the address must be seen through the window of the envelope, and nothing else. Raises: UnfitError.
    """
    for number, page in enumerate(document.pages):
        height = page.height * POINTS_PER_PIXEL
        texts = list(_texts(page))
        for text in texts:
            _check_font(text, fonts)
            _check_box(text, page)
        areas = [_text_area(text) for text in texts]
        areas += [_slot_area(slot, height, -1 - place) for place, slot in enumerate(slots) if slot.page == number]
        areas += [_symbol_area(symbol, height)] * (number == 0)
        for one, other in combinations(areas, 2):
            if one.is_over(other):
                raise UnfitError(f"page {number + 1}: {one.holds!r} and {other.holds!r} lie over each other", one.holds)
        if number == 0:
            _check_window([*areas, *_pictures(page)])


def check_room(slots: Iterable[Slot]) -> None:
    """Refuse a field too small for the longest text that it may have: a code or a day as it is, a name or a line of an address set smaller.

    Raises: UnfitError.
    """
    for slot in slots:
        kind = slot.field.rpartition("_")[0]
        if kind in ("address", "name"):
            needed = slot.face.width(_LONG_LINE, slot.size) * SMALLEST_SHARE
        else:
            needed = slot.face.width(_LONGEST.get(kind) or _LONGEST.get(slot.field) or _LONGEST_DAY, slot.size)
        if needed > slot.width:
            source = _SOURCES.get(kind, f"{{{{ {slot.field} }}}}")
            raise UnfitError(f"{slot.field} has {slot.width:.0f} points of width, and may need {needed:.0f}", source)


def _texts(page: Any) -> Iterator[_Text]:
    waiting: list[tuple[Any, _Text]] = [(page._page_box, _Text(None, 0, page._page_box, ()))]
    while waiting:
        box, around = waiting.pop()
        if isinstance(box, boxes.TextBox):
            yield around._replace(box=box)
        elif isinstance(box, boxes.LineBox):
            around = around._replace(line=id(box))
        elif isinstance(box, boxes.BlockLevelBox) and box.style["height"] != "auto":
            around = around._replace(bottoms=(*around.bottoms, box.content_box_y() + box.height))
        if isinstance(box, boxes.BlockContainerBox) and not isinstance(box, boxes.InlineBlockBox):
            around = around._replace(block=box)
        waiting += [(child, around) for child in getattr(box, "children", ())]


def _pictures(page: Any) -> Iterator[_Area]:
    """Yield what is drawn without being text: boxes with a border or a background, pictures."""
    waiting = list(page._page_box.children)
    while waiting:
        box = waiting.pop()
        if isinstance(box, boxes.ReplacedBox) or _has_ink(box):
            left, top = box.border_box_x(), box.border_box_y()
            sides = (left, top, left + box.border_width(), top + box.border_height())
            yield _Area(Rectangle(*(side * POINTS_PER_PIXEL for side in sides)), f"a {box.element_tag} with a border or a picture", 0)
        waiting += getattr(box, "children", ())


def _has_ink(box: Any) -> bool:
    borders = any(box.style[f"border_{side}_width"] for side in ("top", "right", "bottom", "left"))
    return borders or getattr(box, "background", None) is not None


def _check_window(front: Iterable[_Area]) -> None:
    for area in front:
        if area.holds in ADDRESS_FIELDS:
            if not SURELY_SEEN.holds(area.place, _SLACK):
                raise UnfitError(f"{area.holds} may be hidden: it is not wholly in the window of the envelope", _SOURCES["address"])
        elif MAY_BE_SEEN.meets(area.place, _SLACK):
            raise UnfitError(f"{area.holds!r} may be seen in the window of the envelope, which is for the address", area.holds)


def _check_font(text: _Text, fonts: FontCase) -> None:
    style, words = text.box.style, text.box.text
    face = fonts.find(style["font_family"], style["font_weight"])
    if face is None:
        family = f"{next(iter(style['font_family']), '')!r} {style['font_weight']}"
        raise UnfitError(f"{words!r} is set in {family}, a font that is not shipped", words)
    if foreign := sorted(set(words) - face.advances.keys()):
        raise UnfitError(f"{words!r} has a character that its font has not: {foreign[0]!r}", words)


def _check_box(text: _Text, page: Any) -> None:
    box, block, words = text.box, text.block, text.box.text
    right, bottom = box.position_x + box.width, box.position_y + box.height
    if right > block.content_box_x() + block.width + _SLACK:
        raise UnfitError(f"{words!r} is wider than the box that it stands in", words)
    if bottom > min(text.bottoms, default=bottom) + _SLACK:
        raise UnfitError(f"{words!r} stands below the box that should hold it", words)
    if min(box.position_x, box.position_y, page.width - right, page.height - bottom) < EDGE_POINTS / POINTS_PER_PIXEL:
        raise UnfitError(f"{words!r} lies less than 5 mm from the edge of the sheet", words)


def _text_area(text: _Text) -> _Area:
    box = text.box
    left, baseline, right, size = (
        pixels * POINTS_PER_PIXEL
        for pixels in (box.position_x, box.position_y + box.baseline, box.position_x + box.width, box.style["font_size"])
    )
    return _Area(Rectangle(left, baseline - 0.72 * size, right, baseline + 0.2 * size), box.text, text.line)


def _slot_area(slot: Slot, height: float, line: int) -> _Area:
    left, baseline = slot.x - {"left": 0.0, "center": 0.5, "right": 1.0}[slot.align] * slot.width, height - slot.y
    return _Area(Rectangle(left, baseline - 0.72 * slot.size, left + slot.width, baseline + 0.2 * slot.size), slot.field, line)


def _symbol_area(symbol: tuple[float, float], height: float) -> _Area:
    quiet = QUIET * MODULE_POINTS
    left, bottom = symbol[0] - quiet, height - symbol[1] + quiet
    return _Area(Rectangle(left, bottom - PLACE, left + PLACE, bottom), "symbol", 0)
