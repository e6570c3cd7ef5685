"""The fonts of the variable text: glyph numbers and widths for drawing, a Latin subset for embedding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from pipelines.notices.templates import BadTemplateError

FILES: Mapping[tuple[str, int], str] = {
    ("Notice Sans", 400): "LiberationSans-Regular.ttf",
    ("Notice Sans", 700): "LiberationSans-Bold.ttf",
    ("Notice Mono", 700): "LiberationMono-Bold.ttf",
}
_LATIN_RANGES = ((0x20, 0x7E), (0xA0, 0x17F), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x218, 0x21B), (0x1E00, 0x1EFF), (0x2010, 0x201E))
LATIN = frozenset(chr(code) for first, last in _LATIN_RANGES for code in range(first, last + 1)) | frozenset("\u2026\u202f\u2032€")
# What is drawn as plain bytes: of Latin-1 what is embedded, less what a PDF string escapes and what readers take for another character
# (no-break space, soft hyphen). Line ends separate texts.
WESTERN = "latin-1"
PLAIN = frozenset(map(chr, range(256))) & LATIN - frozenset("()\\\u00a0\u00ad")
_NOT_PLAIN = bytes(code for code in range(256) if chr(code) not in PLAIN | {"\n"})
UNIT = 4


@dataclass(frozen=True)
class Face:
    """One shipped font file under the name that the style sheet gives it."""

    name: str
    path: Path

    @cached_property
    def _whole(self) -> TTFont:
        return TTFont(self.path, recalcTimestamp=False)

    @cached_property
    def program(self) -> bytes:
        """The subset font that is embedded: Latin glyphs, no layout features, the same bytes every time."""
        font = TTFont(self.path, recalcTimestamp=False)
        options = Options()
        options.layout_features = []
        options.name_IDs = []
        options.notdef_outline = True
        options.hinting = False
        options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB", "kern", "DSIG"]
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=[ord(character) for character in LATIN])
        subsetter.subset(font)
        out = BytesIO()
        font.save(out, reorderTables=True)
        return out.getvalue()

    @cached_property
    def glyphs(self) -> Mapping[int, int]:
        """Code point to glyph number in the subset."""
        with TTFont(BytesIO(self.program)) as font:
            return {code: font.getGlyphID(glyph) for code, glyph in font.getBestCmap().items()}

    @cached_property
    def alphabet(self) -> frozenset[str]:
        """The characters that can be drawn from the subset."""
        return frozenset(map(chr, self.glyphs))

    @cached_property
    def _drawn(self) -> dict[int, str]:
        return {code: chr(glyph) for code, glyph in self.glyphs.items()}

    @property
    def wide_name(self) -> str:
        """The name under which the same font is drawn by glyph numbers."""
        return f"{self.name}-U"

    @cached_property
    def units(self) -> bytes:
        """The width of each character of Latin-1, in 4 thousandths of the size, rounded up: a table for `translate`."""
        return bytes(-int(-self.advances.get(chr(code), 0) // UNIT) for code in range(256))

    @cached_property
    def advances(self) -> Mapping[str, float]:
        """Width of every character of the whole font, in thousandths of the size."""
        metrics, scale = self._whole["hmtx"], 1000 / self._whole["head"].unitsPerEm
        return {chr(code): metrics[glyph][0] * scale for code, glyph in self._whole.getBestCmap().items()}

    @cached_property
    def vertical(self) -> tuple[int, int, int, tuple[int, int, int, int]]:
        """Ascent, descent, capital height and bounding box, in thousandths of the size."""
        scale = 1000 / self._whole["head"].unitsPerEm
        head, hhea, os2 = self._whole["head"], self._whole["hhea"], self._whole["OS/2"]
        box = tuple(round(value * scale) for value in (head.xMin, head.yMin, head.xMax, head.yMax))
        return round(hhea.ascent * scale), round(hhea.descent * scale), round(os2.sCapHeight * scale), (box[0], box[1], box[2], box[3])

    def width(self, text: str, size: float) -> float:
        """Return the width of a text, unkerned, in the unit of `size`. Raises KeyError on a character that the font lacks."""
        return sum(map(self.advances.__getitem__, text)) * size / 1000

    def shown(self, text: str) -> tuple[str, bytes]:
        """Return the font and the PDF string that show a text of the alphabet: plain bytes, or glyph numbers for rarer characters."""
        if PLAIN.issuperset(text):
            return self.name, b"(" + text.encode(WESTERN) + b")"
        return self.wide_name, b"<" + text.translate(self._drawn).encode("utf-16-be").hex().encode() + b">"


def is_plain(text: bytes) -> bool:
    """Tell whether each line of a text in Latin-1 can stand in a PDF string as it is."""
    return len(text.translate(None, _NOT_PLAIN)) == len(text)


class FontCase:
    """The faces found beside a letter's template."""

    def __init__(self, folder: Path) -> None:
        self._faces = {key: Face(file.removesuffix(".ttf"), folder / file) for key, file in FILES.items()}
        missing = [face.path.name for face in self._faces.values() if not face.path.is_file()]
        if missing:
            raise BadTemplateError(f"letter/fonts:1: missing {', '.join(missing)}")

    def find(self, families: Iterable[str], weight: int) -> Face | None:
        """Return the face of a style, None if it is not shipped: another one would be taken from the machine."""
        return self._faces.get((next(iter(families), ""), weight))

    def face(self, families: Iterable[str], weight: int) -> Face:
        """Return the face of a style. Raises: BadTemplateError if variable text is set in a font that is not shipped."""
        found = self.find(families, weight)
        if found is None:
            known = ", ".join(f"{family} {bold}" for family, bold in FILES)
            raise BadTemplateError(f"letter/letter.css:1: variable text uses {next(iter(families), '')!r} {weight}; shipped: {known}")
        return found
