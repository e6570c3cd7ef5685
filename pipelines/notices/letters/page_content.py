"""The drawing of one person's page: the variant's form, then the person's text in its slots. Bytes only, no PDF library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.notices.letters.layout import Skeleton, Slot


@dataclass(frozen=True)
class PageContent:
    """A page's content stream. A `shared` one is the same for every letter of the variant and is written once."""

    stream: bytes
    shared: bool = False


def fits(slots: Iterable[Slot], texts: Mapping[str, str]) -> bool:
    """Tell whether every text can be drawn in its slot from the embedded glyphs, at the size of the template."""
    return all(
        slot.face.alphabet.issuperset(texts[slot.field]) and slot.face.width(texts[slot.field], slot.size) <= slot.width for slot in slots
    )


class PagePainter:
    """Draws the pages of one variant; `form` names its page forms (`V0` gives `V0P0`, `V0P1`)."""

    def __init__(self, form: str, skeleton: Skeleton) -> None:
        self._pages: list[tuple[bytes, list[tuple[Slot, bytes]]]] = []
        for number in range(skeleton.pages):
            slots = [(slot, _before(slot)) for slot in skeleton.slots if slot.page == number]
            self._pages.append((f"/{form}P{number} Do\n".encode(), slots))

    def paint(self, texts: Mapping[str, str]) -> list[PageContent]:
        """Return the pages of a letter whose texts fit."""
        return [
            PageContent(b"".join((form, b"BT\n", *_drawn(slots, texts), b"ET"))) if slots else PageContent(form, shared=True)
            for form, slots in self._pages
        ]


def form_pages(form: str, pages: int) -> Sequence[PageContent]:
    """Return pages that hold nothing but a form: a letter that was laid out whole."""
    return [PageContent(f"/{form}P{number} Do\n".encode()) for number in range(pages)]


def _before(slot: Slot) -> bytes:
    color = " ".join(f"{part:.4g}" for part in slot.color)
    return f"{color} rg /{slot.face.name} {slot.size:g} Tf ".encode()


def _drawn(slots: Sequence[tuple[Slot, bytes]], texts: Mapping[str, str]) -> Iterable[bytes]:
    for slot, before in slots:
        text = texts[slot.field]
        if text:
            yield b"%b1 0 0 1 %b %b Tm <%b> Tj\n" % (before, _left(slot, text), b"%.3f" % slot.y, slot.face.hexadecimal(text))


def _left(slot: Slot, text: str) -> bytes:
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[slot.align]
    return b"%.3f" % (slot.x - share * slot.face.width(text, slot.size) if share else slot.x)
