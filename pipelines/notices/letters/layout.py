"""Laying out a letter's template with WeasyPrint: once a variant with empty fields, or for one person with everything in place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from weasyprint import CSS, HTML, Document
from weasyprint.formatting_structure import boxes
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from pipelines.notices.letters.datamatrix import MODULE_POINTS, PLACE, QUIET
from pipelines.notices.letters.fields import FIELD_STYLE, SYMBOL, Marked, empty_fields, template_values
from pipelines.notices.letters.fit import EDGE_POINTS, POINTS_PER_PIXEL, UnfitError, check_fit, check_room
from pipelines.notices.letters.fonts import FontCase
from pipelines.notices.letters.letter import MOST_PAGES, Variant
from pipelines.notices.letters.skeleton import Skeleton, Slot
from pipelines.notices.letters.sources import check_sources, line_with
from pipelines.notices.templates import BadTemplateError, TemplateKind, entry_of, environment, render

ONE_SHEET = 2


class _Place(NamedTuple):
    """Where an anchor came to lie: its page, its box, the block whose line it stands on."""

    field: str
    number: int
    page: Any
    box: Any
    block: Any


class LetterLayout:
    """The templates of all letters, checked, and their fonts. Raises: BadTemplateError, with file and line."""

    def __init__(self, templates_dir: Path) -> None:
        self._folder = templates_dir / "letter"
        self._source = environment(templates_dir)
        self._fetcher = URLFetcher(allowed_protocols=("file", "data"), fail_on_errors=True)
        self.fonts = FontCase(self._folder / "fonts")
        check_sources(self._source, templates_dir)

    def skeleton(self, variant: Variant) -> Skeleton:
        """Lay a variant out with empty fields.

        Raises: BadTemplateError if the letter takes more sheets than it may, if something does not fit its place, or if a field is
        placed in a way that cannot be drawn.
        """
        entry, document = _entry(variant), self._empty(variant)
        places = [place for number, page in enumerate(document.pages) for place in _places(number, page, variant)]
        slots = tuple(self._slot(place) for place in places if place.field != SYMBOL)
        _require_fields(variant, len(document.pages), slots)
        symbols = [place for place in places if place.field == SYMBOL]
        if [place.number for place in symbols] != [0]:
            raise BadTemplateError(f"{entry}:1: place the symbol once, on the front ({variant.kind.value})")
        symbol = _symbol(entry, symbols[0])
        try:
            check_fit(document, slots, symbol, self.fonts)
            check_room(slots)
        except UnfitError as found:
            raise BadTemplateError(f"{line_with(self._folder, found.text) or f'{entry}:1'}: {found} ({variant.kind.value})") from None
        return Skeleton(variant.fields, document.metadata.title or "", _pdf(document), len(document.pages), slots, symbol)

    def one_letter(self, variant: Variant, fields: Mapping[str, Marked], pages: int) -> bytes:
        """Lay out the whole letter of one person, of as many pages as the variant's: what drawn pages are compared with."""
        document = self._lay_out(self.html(variant, fields, pages))
        if len(document.pages) != pages:
            raise BadTemplateError(f"{_entry(variant)}:1: a person's own texts change the number of pages: place each last on its line")
        return _pdf(document)

    def html(self, variant: Variant, fields: Mapping[str, Marked], pages: int) -> str:
        """Return the letter as WeasyPrint reads it."""
        return render(self._source, _entry(variant), template_values(variant, fields, pages))

    def pdf(self, html: str) -> bytes:
        """Lay out what `html` gave."""
        return _pdf(self._lay_out(html))

    def _empty(self, variant: Variant) -> Document:
        """Lay out the empty letter; once more where it takes several sheets, whose pages are then marked."""
        document = self._lay_out(self.html(variant, empty_fields(variant), ONE_SHEET))
        pages, most = len(document.pages), MOST_PAGES if variant.people > 1 or variant.large_print else ONE_SHEET
        if pages > most:
            wording = f"{variant.kind.value}, {variant.people} people"
            raise BadTemplateError(f"{_entry(variant)}:1: the letter takes {pages} pages, more than {most} ({wording})")
        return document if pages <= ONE_SHEET else self._lay_out(self.html(variant, empty_fields(variant), pages))

    def _lay_out(self, html: str) -> Document:
        fonts, base = FontConfiguration(), self._folder.resolve().as_uri() + "/"
        try:
            page = HTML(string=html, base_url=base, url_fetcher=self._fetcher)
            return page.render(font_config=fonts, stylesheets=[CSS(string=FIELD_STYLE, font_config=fonts)])
        except FatalURLFetchingError as error:
            raise BadTemplateError(f"letter/layout.html:1: {error}") from None

    def _slot(self, place: _Place) -> Slot:
        box, block = place.box, place.block
        left, style = block.content_box_x(), box.style
        align = {"center": "center", "right": "right", "end": "right"}.get(block.style["text_align_all"], "left")
        room = {"center": block.width, "right": box.position_x - left, "left": left + block.width - box.position_x}[align]
        return Slot(
            place.field,
            place.number,
            round(box.position_x * POINTS_PER_PIXEL, 3),
            round((place.page.height - box.position_y) * POINTS_PER_PIXEL, 3),
            room * POINTS_PER_PIXEL,
            align,
            self.fonts.face(style["font_family"], style["font_weight"]),
            round(style["font_size"] * POINTS_PER_PIXEL, 3),
            " ".join(f"{part:.4g}" for part in style["color"].coordinates),
        )


def _entry(variant: Variant) -> str:
    return entry_of(TemplateKind.LETTER, variant.subject)


def _places(number: int, page: Any, variant: Variant) -> list[_Place]:
    """Return the fields of a page in the order of drawing."""
    found: list[_Place] = []
    waiting: list[tuple[Any, Any]] = [(page._page_box, page._page_box)]
    while waiting:
        box, block = waiting.pop()
        name = box.element.get("id", "") if box.element is not None else ""
        if isinstance(box, boxes.InlineBlockBox) and name.startswith("field."):
            found.append(_Place(name.split(".")[1], number, page, box, block))
        inner = box if isinstance(box, boxes.BlockContainerBox) and not isinstance(box, boxes.InlineBlockBox) else block
        waiting += [(child, inner) for child in getattr(box, "children", ())]
    order = (SYMBOL, *variant.fields)
    return sorted(found, key=lambda place: (order.index(place.field), place.box.position_y, place.box.position_x))


def _require_fields(variant: Variant, pages: int, slots: tuple[Slot, ...]) -> None:
    entry, to = _entry(variant), variant.kind.value
    due = set(variant.fields) - (set() if variant.subject.has_code else {"guaranteed_last_day"})
    if missing := due - {slot.field for slot in slots}:
        raise BadTemplateError(f"{entry}:1: not placed in the letter to {to}: {', '.join(sorted(missing))}")
    if {slot.page for slot in slots if slot.field == "sequence"} != set(range(pages)):
        raise BadTemplateError(f"{entry}:1: place the sequence on each page: the inserter reads it there ({to})")


def _symbol(entry: str, place: _Place) -> tuple[float, float]:
    """Return the lower left corner of the symbol, inside its quiet zone. Raises: BadTemplateError at the edge of the sheet."""
    page, box = place.page, place.box
    left, bottom = box.position_x * POINTS_PER_PIXEL, (page.height - box.position_y) * POINTS_PER_PIXEL - PLACE
    room = (page.width * POINTS_PER_PIXEL, page.height * POINTS_PER_PIXEL)
    if min(left, bottom, room[0] - left - PLACE, room[1] - bottom - PLACE) < EDGE_POINTS:
        raise BadTemplateError(f"{entry}:1: the symbol lies less than 5 mm from the edge of the sheet")
    quiet = QUIET * MODULE_POINTS
    return round(left + quiet, 3), round(bottom + quiet, 3)


def _pdf(document: Document) -> bytes:
    content: bytes | None = document.write_pdf()
    if content is None:
        raise BadTemplateError("letter/layout.html:1: the template gave no page")
    return content
