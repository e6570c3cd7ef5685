"""Reading back what was drawn on a page over its form, through the font's own ToUnicode map, as a viewer does when one copies text."""

from __future__ import annotations

import re
from io import BytesIO

import pikepdf

_PAIR = re.compile(r"<([0-9a-f]{4})> <([0-9a-f]{4})>")


def drawn_texts(pdf: bytes) -> list[list[str]]:
    """Return, for each page, the texts drawn over the form, in drawing order; the first is the name of the form."""
    with pikepdf.open(BytesIO(pdf)) as document:
        fonts = document.pages[0].obj.Resources.get("/Font", pikepdf.Dictionary())
        maps = {name: {int(glyph, 16): chr(int(code, 16)) for glyph, code in _PAIR.findall(font.ToUnicode.read_bytes().decode())}
                for name, font in fonts.items()}  # fmt: skip
        return [_page_texts(page.obj, maps) for page in document.pages]


def _page_texts(page: pikepdf.Object, maps: dict[str, dict[int, str]]) -> list[str]:
    texts, font = [], ""
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "Do":
                texts.append(str(operands[0]))
            case "Tf":
                font = str(operands[0])
            case "Tj":
                glyphs = bytes(operands[0])
                texts.append("".join(maps[font][int.from_bytes(glyphs[at : at + 2], "big")] for at in range(0, len(glyphs), 2)))
    return texts
