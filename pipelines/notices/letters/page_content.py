"""The drawing of one person's pages: the variant's form, the symbol, then the person's text in its slots. Bytes only, no PDF library.

A letter takes the quick way where its texts are plain and surely fit: two templates filled by `%`. Any other letter takes the careful
way, which measures each text exactly; where both can be taken they give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from pipelines.notices.letters.datamatrix import MODULES, SIDE
from pipelines.notices.letters.fit import SMALLEST_SHARE
from pipelines.notices.letters.fonts import UNIT, WESTERN, is_plain
from pipelines.notices.letters.letter import ADDRESS_LINES, Refusal
from pipelines.notices.letters.skeleton import Skeleton, Slot

KEPT = 1024
# What may be of any length; a layout in which the longest day, code, reference or sequence does not fit is refused (`fit.check_room`).
_FREE = ("name", "address", "receipt")


def drawable(slots: Iterable[Slot], texts: Mapping[str, str]) -> bool:
    """Tell whether every text can be drawn from the embedded glyphs."""
    return all(slot.face.alphabet.issuperset(texts[slot.field]) for slot in slots)


def smaller_sizes(slots: Iterable[Slot], texts: Mapping[str, str]) -> Mapping[str, float] | Refusal:
    """Return the size (points) of each field whose text is too wide for its slot at the size of the template, or why it cannot be shown."""
    sizes: dict[str, float] = {}
    for slot in slots:
        try:
            width = slot.face.width(texts[slot.field], slot.size)
        except KeyError:
            return Refusal.NO_GLYPH
        if width > slot.width:
            if width * SMALLEST_SHARE > slot.width:
                return Refusal.TOO_LONG
            sizes[slot.field] = int(slot.size * slot.width / width * 100) / 100
    return sizes


class _Shown(NamedTuple):
    """A text ready to be drawn: its slot, the size and font that it takes, its left end, and the PDF string."""

    slot: Slot
    size: float
    font: str
    left: float
    string: bytes


class _Room(NamedTuple):
    """What a field may hold at the size of the template: so many characters whatever they are, so many units of width."""

    place: int
    characters: int
    units: int
    table: bytes


# A page with gaps, and what of a letter's texts (then its symbol) fills them in turn.
_Page = tuple[bytes, Callable[[Sequence[bytes]], Any]]


class _Quick(NamedTuple):
    """The quick way for letters with so many address lines."""

    rooms: list[_Room]
    pages: list[_Page]


class PagePainter:
    """Draws the pages of one variant; `form` names its page forms (`V0` gives `V0P0`, `V0P1`)."""

    def __init__(self, form: str, skeleton: Skeleton) -> None:
        self.form = form
        self._symbol = skeleton.symbol
        self._forms = form_pages(form, skeleton.pages)
        self._slots = skeleton.slots
        self._fields = skeleton.fields
        self._before_address = len(skeleton.fields) - ADDRESS_LINES
        # Where a text begins must not depend on its width.
        quick = all(slot.align == "left" for slot in skeleton.slots)
        self._quick = {lines: self._quick_way(lines) for lines in range(1, ADDRESS_LINES + 1)} if quick else {}

    def paint_quickly(self, texts: Sequence[str], symbol: str) -> list[bytes] | None:
        """Return the pages of a letter from its own texts, in the order of the fields; None where it needs the careful way."""
        try:
            plain = "\n".join((*texts, symbol)).encode(WESTERN)
        except UnicodeEncodeError:
            return None
        strings = plain.split(b"\n")
        way = self._quick.get(len(texts) - self._before_address)
        if way is None or len(strings) != len(texts) + 1 or not is_plain(plain):
            return None
        for place, characters, units, table in way.rooms:
            string = strings[place]
            if len(string) > characters and sum(string.translate(table)) > units:
                return None
        return [template % values(strings) for template, values in way.pages]

    def paint(self, texts: Mapping[str, str], sizes: Mapping[str, float], symbol: str) -> list[bytes]:
        """Return the pages of a letter whose texts are drawable; `sizes` are the fields set smaller than the template says."""
        shown = [_shown(slot, text, sizes.get(slot.field, slot.size)) for slot in self._slots if (text := texts[slot.field])]
        return [self._page(number, [one for one in shown if one.slot.page == number], symbol) for number in range(len(self._forms))]

    def _page(self, number: int, shown: Iterable[_Shown], symbol: str) -> bytes:
        front = _symbol(self._symbol, symbol) if number == 0 else b""
        return b"".join((self._forms[number], front, b"BT\n", *_texts(shown), b"ET"))

    def _quick_way(self, lines: int) -> _Quick:
        """Return what draws the letters with so many address lines."""
        fields = self._fields[: self._before_address + lines]
        places = {field: place for place, field in enumerate(fields)}
        slots = [slot for slot in self._slots if slot.field in places]
        pages: list[_Page] = []
        for number in range(len(self._forms)):
            used = [slot for slot in slots if slot.page == number]
            template = self._page(number, (_Shown(slot, slot.size, slot.face.name, slot.x, b"(%b)") for slot in used), "%b")
            filling = [len(fields)] * (number == 0) + [places[slot.field] for slot in used]
            pages.append((template, itemgetter(*filling)))
        free = [slot for slot in slots if slot.field.startswith(_FREE)]
        return _Quick([_room(places[slot.field], slot) for slot in free], pages)


def form_pages(form: str, pages: int) -> list[bytes]:
    """Return pages that hold nothing but a form: a letter that was laid out whole."""
    return [f"/{form}P{number} Do\n".encode() for number in range(pages)]


def _room(place: int, slot: Slot) -> _Room:
    units = int(slot.width * 1000 / slot.size / UNIT)
    return _Room(place, units // max(slot.face.units), units, slot.face.units)


def _shown(slot: Slot, text: str, size: float) -> _Shown:
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[slot.align]
    font, string = slot.face.shown(text)
    return _Shown(slot, size, font, slot.x - share * slot.face.width(text, size) if share else slot.x, string)


def _texts(shown: Iterable[_Shown]) -> Iterable[bytes]:
    """Yield the drawing of texts: colour and font where they change, each text placed from the one before."""
    x, y, before = 0.0, 0.0, b""
    for one in shown:
        style = _style(one.slot.red_green_blue, one.font, one.size)
        if style != before:
            yield style
        yield _move(one.left - x, one.slot.y - y) + one.string + b"Tj\n"
        x, y, before = one.left, one.slot.y, style


@lru_cache(KEPT)
def _style(colour: str, font: str, size: float) -> bytes:
    return f"{colour} rg /{font} {size:g} Tf\n".encode()


@lru_cache(KEPT)
def _move(x: float, y: float) -> bytes:
    return f"{_number(x)} {_number(y)} Td".encode()


def _symbol(place: tuple[float, float], symbol: str) -> bytes:
    """Return the drawing of a symbol in the colour of the page's beginning, black: one bit a module, in hexadecimal."""
    x, y = place
    image = f"BI/IM true/W {MODULES}/H {MODULES}/BPC 1/D[1 0]/F/AHx ID {symbol}>\nEI"
    return f"q {_number(SIDE)} 0 0 {_number(SIDE)} {_number(x)} {_number(y)} cm\n{image} Q\n".encode()


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
