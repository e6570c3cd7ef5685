"""Laying out the letter's template with WeasyPrint: once a variant with empty fields, or for one person with everything in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from markupsafe import escape
from weasyprint import CSS, HTML, Document
from weasyprint.formatting_structure import boxes
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from pipelines.notices.kind import NoticeKind
from pipelines.notices.letters.fonts import Face, FontCase
from pipelines.notices.letters.letter import ADDRESS_FIELDS, FIELDS, Variant
from pipelines.notices.sender import Sender
from pipelines.notices.templates import BadTemplateError, check_placeholders, environment, render

ENTRY = "letter/notice.html"
REQUIRED = frozenset({"kind", "sender", "address", "concerned", "dated", "reference", "code", "guaranteed_last_day"})
POINTS_PER_PIXEL = 0.75
_ANYONE = Sender("", "", "", ("",), "", "", "", "", "")
# Without kerning and ligatures a text drawn glyph by glyph and the same text shaped by Pango take the same place;
# without a line height of its own a field set smaller moves nothing around it.
_FIELD_STYLE = """
.field { white-space: pre; line-height: 0; font-kerning: none; font-variant-ligatures: none }
.field > i { display: inline-block; width: 0; height: 0 }
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
    """A variant laid out with empty fields."""

    pdf: bytes
    pages: int
    slots: tuple[Slot, ...]


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


def _empty_fields() -> Mapping[str, _Marked]:
    used: Counter[str] = Counter()
    return {field: _EmptyField(field, used) for field in FIELDS}


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
        document = self._lay_out(variant, _empty_fields())
        slots = tuple(slot for number, page in enumerate(document.pages) for slot in self._slots(page, number))
        if len(document.pages) > 2:
            raise BadTemplateError(f"{ENTRY}:1: the letter takes {len(document.pages)} pages, more than one sheet ({variant.kind.value})")
        needed = set(FIELDS) - ({"concerned"} if variant.kind is NoticeKind.ADULT else set())
        missing = needed - {slot.field for slot in slots}
        if missing:
            raise BadTemplateError(f"{ENTRY}:1: not placed in the letter to {variant.kind.value}: {', '.join(sorted(missing))}")
        return Skeleton(_pdf(document), len(document.pages), slots)

    def one_letter(self, variant: Variant, texts: Mapping[str, FilledField]) -> bytes:
        """Lay out the whole letter of one person: the reference that drawn pages are compared with."""
        return _pdf(self._lay_out(variant, texts))

    def _lay_out(self, variant: Variant, fields: Mapping[str, _Marked]) -> Document:
        fonts = FontConfiguration()
        html = HTML(string=render(self._source, ENTRY, _values(variant, fields)), base_url=self._base, url_fetcher=self._fetcher)
        return html.render(font_config=fonts, stylesheets=[CSS(string=_FIELD_STYLE, font_config=fonts)])

    def _slots(self, page: Any, number: int) -> list[Slot]:
        found: list[Slot] = []
        waiting: list[tuple[Any, Any]] = [(page._page_box, page._page_box)]
        while waiting:
            box, block = waiting.pop()
            name = box.element.get("id", "") if box.element is not None else ""
            if isinstance(box, boxes.InlineBlockBox) and name.startswith("field."):
                found.append(self._slot(name.split(".")[1], page, number, box, block))
            inner = box if isinstance(box, boxes.BlockContainerBox) and not isinstance(box, boxes.InlineBlockBox) else block
            waiting += [(child, inner) for child in getattr(box, "children", ())]
        return sorted(found, key=lambda slot: (FIELDS.index(slot.field), -slot.y, slot.x))

    def _slot(self, field: str, page: Any, number: int, box: Any, block: Any) -> Slot:
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


def _pdf(document: Document) -> bytes:
    content: bytes | None = document.write_pdf()
    if content is None:
        raise BadTemplateError(f"{ENTRY}:1: the template gave no page")
    return content
