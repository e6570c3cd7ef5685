"""Laying out the letter's template with WeasyPrint: once a variant with empty fields, or for one person with everything in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from markupsafe import escape
from weasyprint import CSS, HTML, Document
from weasyprint.formatting_structure import boxes
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from pipelines.notices.kind import NoticeKind
from pipelines.notices.letters.datamatrix import MODULE_POINTS, MODULES, PLACE, QUIET, drawn
from pipelines.notices.letters.fonts import Face, FontCase
from pipelines.notices.letters.letter import ADDRESS_FIELDS, FIELDS, Variant
from pipelines.notices.sender import Sender
from pipelines.notices.templates import BadTemplateError, check_placeholders, environment, render

ENTRY = "letter/notice.html"
SYMBOL = "symbol"
REQUIRED = frozenset({"kind", "sender", "address", SYMBOL, *FIELDS}) - frozenset(ADDRESS_FIELDS)
POINTS_PER_PIXEL = 0.75
EDGE_POINTS = 14  # 5 mm, which few printers reach
_ANYONE = Sender("", "", "", ("",), "", "", "", "", "")
# Without kerning and ligatures a text drawn glyph by glyph and the same text shaped by Pango take the same place;
# without a line height of its own a field set smaller moves nothing around it.
_FIELD_STYLE = f"""
.field {{ white-space: pre; line-height: 0; font-kerning: none; font-variant-ligatures: none }}
.field > i {{ display: inline-block; width: 0; height: 0 }}
.symbol-place {{ display: inline-block; vertical-align: bottom; width: {PLACE}pt; height: {PLACE}pt }}
"""


@dataclass(frozen=True)
class Slot:
    """Where one field is drawn: page from 0, anchor on the baseline in points from the page's lower left corner."""

    field: str
    page: int
    x: float
    y: float
    width: float
    align: str
    face: Face
    size: float
    red_green_blue: str


@dataclass(frozen=True)
class Skeleton:
    """A variant laid out with empty fields; `symbol` is the lower left corner of the DataMatrix on the front, its quiet zone around it."""

    pdf: bytes
    pages: int
    slots: tuple[Slot, ...]
    symbol: tuple[float, float]


class _Marked(Protocol):
    def __html__(self) -> str: ...


class _EmptyField:
    """Stands for text that differs from person to person; it may be placed, never changed nor tested."""

    def __init__(self, field: str, used: Counter[str]) -> None:
        self._field = field
        self._used = used

    def __html__(self) -> str:
        self._used[self._field] += 1
        return f'<span class="field"><i id="field.{self._field}.{self._used[self._field]}"></i></span>'

    def __str__(self) -> str:
        raise BadTemplateError(f"{ENTRY}:1: {self._field} differs for each person: place it as it is, without a filter")

    def __bool__(self) -> bool:
        raise BadTemplateError(f"{ENTRY}:1: {self._field} differs for each person: it cannot be a condition")


@dataclass(frozen=True)
class FilledField:
    """The text of one person, set smaller where `size` (points) says so."""

    text: str
    size: float | None = None

    def __html__(self) -> str:
        style = f' style="font-size:{self.size:.4g}pt"' if self.size is not None else ""
        return f'<span class="field"{style}>{escape(self.text)}</span>'


class _EmptySymbol(_EmptyField):
    """Stands for the DataMatrix: a square that nothing else may use."""

    def __html__(self) -> str:
        self._used[SYMBOL] += 1
        return f'<i class="symbol-place" id="field.{SYMBOL}.{self._used[SYMBOL]}"></i>'


@dataclass(frozen=True)
class FilledSymbol:
    """The DataMatrix of one letter, quiet zone included."""

    reference: str

    def __html__(self) -> str:
        dark = zip(*drawn(self.reference).nonzero(), strict=True)
        modules = "".join(f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, x in dark)
        side = MODULES + 2 * QUIET
        picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{modules}"/></svg>'
        return f'<i class="symbol-place" style="background:url(data:image/svg+xml,{quote(picture)}) 0 0/100% 100%"></i>'


def _empty_fields() -> Mapping[str, _Marked]:
    used: Counter[str] = Counter()
    return {SYMBOL: _EmptySymbol(SYMBOL, used)} | {field: _EmptyField(field, used) for field in FIELDS}


def filled_fields(texts: Mapping[str, str], sizes: Mapping[str, float]) -> Mapping[str, _Marked]:
    """Return the fields of one person, some set smaller (points), and the symbol of the reference among them."""
    return {SYMBOL: FilledSymbol(texts["reference"])} | {field: FilledField(text, sizes.get(field)) for field, text in texts.items()}


def _values(variant: Variant, fields: Mapping[str, _Marked]) -> dict[str, object]:
    values: dict[str, object] = {name: field for name, field in fields.items() if name not in ADDRESS_FIELDS}
    return values | {"address": [fields[name] for name in ADDRESS_FIELDS], "kind": variant.kind.value, "sender": variant.sender.typeset()}


class LetterLayout:
    """The letter's template, checked, and its fonts."""

    def __init__(self, templates_dir: Path) -> None:
        self._source = environment(templates_dir)
        self._base = (templates_dir / "letter").resolve().as_uri() + "/"
        self._fetcher = URLFetcher(allowed_protocols=("file", "data"))
        self.fonts = FontCase(templates_dir / "letter" / "fonts")
        check_placeholders(self._source, ENTRY, REQUIRED, REQUIRED)
        for kind in NoticeKind:
            render(self._source, ENTRY, _values(Variant(kind, _ANYONE), _empty_fields()))

    def skeleton(self, variant: Variant) -> Skeleton:
        """Lay a variant out with empty fields.

        Raises: BadTemplateError if the letter does not fill one sheet exactly or places a field in a way that cannot be drawn.
        """
        document = self._lay_out(self.html(variant, _empty_fields()))
        if len(document.pages) > 2:
            raise BadTemplateError(f"{ENTRY}:1: the letter takes {len(document.pages)} pages, more than one sheet ({variant.kind.value})")
        places = [(field, number, page, box, block) for number, page in enumerate(document.pages) for field, box, block in _fields(page)]
        slots = tuple(self._slot(*place) for place in places if place[0] != SYMBOL)
        _require_fields(variant, len(document.pages), slots)
        symbols = [_symbol(page, box) for field, number, page, box, _ in places if field == SYMBOL and number == 0]
        if len(symbols) != 1 or sum(place[0] == SYMBOL for place in places) != 1:
            raise BadTemplateError(f"{ENTRY}:1: place the symbol once, on the front ({variant.kind.value})")
        return Skeleton(_pdf(document), len(document.pages), slots, symbols[0])

    def one_letter(self, variant: Variant, fields: Mapping[str, _Marked]) -> bytes:
        """Lay out the whole letter of one person: the reference that drawn pages are compared with."""
        return self.pdf(self.html(variant, fields))

    def html(self, variant: Variant, fields: Mapping[str, _Marked]) -> str:
        """Return the letter as WeasyPrint reads it."""
        return render(self._source, ENTRY, _values(variant, fields))

    def pdf(self, html: str) -> bytes:
        """Lay out what `html` gave."""
        return _pdf(self._lay_out(html))

    def _lay_out(self, html: str) -> Document:
        fonts = FontConfiguration()
        page = HTML(string=html, base_url=self._base, url_fetcher=self._fetcher)
        return page.render(font_config=fonts, stylesheets=[CSS(string=_FIELD_STYLE, font_config=fonts)])

    def _slot(self, field: str, number: int, page: Any, box: Any, block: Any) -> Slot:
        left, style = block.content_box_x(), box.style
        align = {"center": "center", "right": "right", "end": "right"}.get(block.style["text_align_all"], "left")
        room = {"center": block.width, "right": box.position_x - left, "left": left + block.width - box.position_x}[align]
        return Slot(
            field,
            number,
            round(box.position_x * POINTS_PER_PIXEL, 3),
            round((page.height - box.position_y) * POINTS_PER_PIXEL, 3),
            room * POINTS_PER_PIXEL,
            align,
            self.fonts.face(style["font_family"], style["font_weight"]),
            round(style["font_size"] * POINTS_PER_PIXEL, 3),
            " ".join(f"{part:.4g}" for part in style["color"].coordinates),
        )


def _fields(page: Any) -> list[tuple[str, Any, Any]]:
    """Return the fields of a page in the order of drawing: name, the box that marks its place, the block whose line it stands on."""
    found: list[tuple[str, Any, Any]] = []
    waiting: list[tuple[Any, Any]] = [(page._page_box, page._page_box)]
    while waiting:
        box, block = waiting.pop()
        name = box.element.get("id", "") if box.element is not None else ""
        if isinstance(box, boxes.InlineBlockBox) and name.startswith("field."):
            found.append((name.split(".")[1], box, block))
        inner = box if isinstance(box, boxes.BlockContainerBox) and not isinstance(box, boxes.InlineBlockBox) else block
        waiting += [(child, inner) for child in getattr(box, "children", ())]
    order = (SYMBOL, *FIELDS)
    return sorted(found, key=lambda field: (order.index(field[0]), field[1].position_y, field[1].position_x))


def _require_fields(variant: Variant, pages: int, slots: tuple[Slot, ...]) -> None:
    needed = set(FIELDS) - ({"concerned"} if variant.kind is NoticeKind.ADULT else set())
    missing = needed - {slot.field for slot in slots}
    if missing:
        raise BadTemplateError(f"{ENTRY}:1: not placed in the letter to {variant.kind.value}: {', '.join(sorted(missing))}")
    if {slot.page for slot in slots if slot.field == "sequence"} != set(range(pages)):
        raise BadTemplateError(f"{ENTRY}:1: place the sequence on each page: the inserter reads it there ({variant.kind.value})")


def _symbol(page: Any, box: Any) -> tuple[float, float]:
    """Return the lower left corner of the symbol, inside its quiet zone. Raises: BadTemplateError at the edge of the sheet."""
    left, bottom = box.position_x * POINTS_PER_PIXEL, (page.height - box.position_y) * POINTS_PER_PIXEL - PLACE
    room = (page.width * POINTS_PER_PIXEL, page.height * POINTS_PER_PIXEL)
    if min(left, bottom, room[0] - left - PLACE, room[1] - bottom - PLACE) < EDGE_POINTS:
        raise BadTemplateError(f"{ENTRY}:1: the symbol lies less than 5 mm from the edge of the sheet")
    quiet = QUIET * MODULE_POINTS
    return round(left + quiet, 3), round(bottom + quiet, 3)


def _pdf(document: Document) -> bytes:
    content: bytes | None = document.write_pdf()
    if content is None:
        raise BadTemplateError(f"{ENTRY}:1: the template gave no page")
    return content
