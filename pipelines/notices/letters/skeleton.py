"""A variant laid out once: its pages without anybody's text, and where each text goes."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.notices.letters.fonts import Face


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
    """A variant laid out with empty fields; `symbol` is the lower left corner of the DataMatrix on the front, its quiet zone around it.

    `fields` are those of the variant, in the order of drawing; `title` is that of the document.
    """

    fields: tuple[str, ...]
    title: str
    pdf: bytes
    pages: int
    slots: tuple[Slot, ...]
    symbol: tuple[float, float]
