"""Reading back what was drawn on a page over its form, as a viewer does when one copies text.

By the font's own ToUnicode map, or by Latin-1, of which the encoding that it names is a superset.
"""

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
                for name, font in fonts.items() if "/ToUnicode" in font}  # fmt: skip
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
                texts.append(_read(bytes(operands[0]), maps.get(font)))
    return texts


def _read(drawn: bytes, glyphs: dict[int, str] | None) -> str:
    if glyphs is None:
        return drawn.decode("latin-1")
    return "".join(glyphs[int.from_bytes(drawn[at : at + 2], "big")] for at in range(0, len(drawn), 2))
