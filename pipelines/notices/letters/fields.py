"""What stands in a letter's template for the text of one person: an anchor where it will be drawn, or the text itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from markupsafe import escape

from pipelines.notices.letters.datamatrix import MODULES, PLACE, QUIET, drawn
from pipelines.notices.letters.letter import ADDRESS_FIELDS, Variant

SYMBOL = "symbol"
# Without kerning and ligatures a text drawn glyph by glyph and the same text shaped by Pango take the same place;
# without a line height of its own a field set smaller moves nothing around it.
FIELD_STYLE = f"""
.field {{ white-space: pre; line-height: 0; font-kerning: none; font-variant-ligatures: none }}
.field > i {{ display: inline-block; width: 0; height: 0 }}
.symbol-place {{ display: inline-block; vertical-align: bottom; width: {PLACE}pt; height: {PLACE}pt }}
"""


class Marked(Protocol):
    """What writes itself into a page of HTML."""

    def __html__(self) -> str: ...


@dataclass(frozen=True)
class _EmptyField:
    """An anchor on the baseline where the text of a field begins."""

    name: str
    used: Counter[str] = field(default_factory=Counter)

    def __html__(self) -> str:
        self.used[self.name] += 1
        return f'<span class="field"><i id="field.{self.name}.{self.used[self.name]}"></i></span>'


@dataclass(frozen=True)
class _EmptySymbol(_EmptyField):
    """The square of the DataMatrix, which nothing else may use."""

    def __html__(self) -> str:
        self.used[self.name] += 1
        return f'<i class="symbol-place" id="field.{self.name}.{self.used[self.name]}"></i>'


@dataclass(frozen=True)
class _FilledField:
    """The text of one person, set smaller where `size` (points) says so."""

    text: str
    size: float | None = None

    def __html__(self) -> str:
        style = f' style="font-size:{self.size:.4g}pt"' if self.size is not None else ""
        return f'<span class="field"{style}>{escape(self.text)}</span>'


@dataclass(frozen=True)
class _FilledSymbol:
    """The DataMatrix of one letter, quiet zone included."""

    reference: str

    def __html__(self) -> str:
        dark = zip(*drawn(self.reference).nonzero(), strict=True)
        modules = "".join(f"M{x + QUIET} {y + QUIET}h1v1h-1z" for y, x in dark)
        side = MODULES + 2 * QUIET
        picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{modules}"/></svg>'
        return f'<i class="symbol-place" style="background:url(data:image/svg+xml,{quote(picture)}) 0 0/100% 100%"></i>'


def empty_fields(variant: Variant) -> Mapping[str, Marked]:
    """Return the anchors of a variant's fields, and that of the symbol."""
    return {SYMBOL: _EmptySymbol(SYMBOL)} | {name: _EmptyField(name) for name in variant.fields}


def filled_fields(texts: Mapping[str, str], sizes: Mapping[str, float]) -> Mapping[str, Marked]:
    """Return the fields of one person, some set smaller (points), and the symbol of the reference among them."""
    return {SYMBOL: _FilledSymbol(texts["reference"])} | {name: _FilledField(text, sizes.get(name)) for name, text in texts.items()}


def template_values(variant: Variant, fields: Mapping[str, Marked], pages: int) -> dict[str, object]:
    """Return what the template of a variant sees; `pages` is how many the letter has."""
    people = [{part: fields.get(f"{part}_{number}") for part in ("name", "code")} for number in range(1, variant.people + 1)]
    return {
        **{name: field for name, field in fields.items() if name not in ADDRESS_FIELDS},
        "kind": variant.kind.value,
        "count": variant.people,
        "large_print": variant.large_print,
        "pages": pages,
        "sender": variant.sender.typeset(),
        "people": people,
        "address": [fields[name] for name in ADDRESS_FIELDS],
    }
