"""The drawing of one person's page: the variant's form, then the person's text in its slots. Bytes only, no PDF library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.notices.letters.layout import Skeleton, Slot
from pipelines.notices.letters.letter import Refusal

SMALLEST_SHARE = 0.75


@dataclass(frozen=True)
class PageContent:
    """A page's content stream. A `shared` one is the same for every letter of the variant and is written once."""

    stream: bytes
    shared: bool = False


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


class PagePainter:
    """Draws the pages of one variant; `form` names its page forms (`V0` gives `V0P0`, `V0P1`)."""

    def __init__(self, form: str, skeleton: Skeleton) -> None:
        self._pages: list[tuple[bytes, list[Slot]]] = []
        for number in range(skeleton.pages):
            slots = [slot for slot in skeleton.slots if slot.page == number]
            self._pages.append((f"/{form}P{number} Do\n".encode(), slots))

    def paint(self, texts: Mapping[str, str], sizes: Mapping[str, float]) -> list[PageContent]:
        """Return the pages of a letter whose texts are drawable; `sizes` are the fields set smaller than the template says."""
        return [
            PageContent(b"".join((form, b"BT\n", *_drawn(slots, texts, sizes), b"ET"))) if slots else PageContent(form, shared=True)
            for form, slots in self._pages
        ]


def form_pages(form: str, pages: int) -> Sequence[PageContent]:
    """Return pages that hold nothing but a form: a letter that was laid out whole."""
    return [PageContent(f"/{form}P{number} Do\n".encode()) for number in range(pages)]


def _drawn(slots: Sequence[Slot], texts: Mapping[str, str], sizes: Mapping[str, float]) -> Iterable[bytes]:
    for slot in slots:
        text = texts[slot.field]
        if text:
            size = sizes.get(slot.field, slot.size)
            place = f"{slot.red_green_blue} rg /{slot.face.name} {size:g} Tf 1 0 0 1 {_left(slot, text, size):.3f} {slot.y:.3f} Tm <"
            yield place.encode() + slot.face.hexadecimal(text) + b"> Tj\n"


def _left(slot: Slot, text: str, size: float) -> float:
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[slot.align]
    return slot.x - share * slot.face.width(text, size) if share else slot.x
