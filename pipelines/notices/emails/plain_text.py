"""A page as plain text: the wording of a message is written once, and both of its parts say the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

_UNSEEN = frozenset({"title", "style"})
_BLOCKS = frozenset({"p", "h1", "h2", "h3", "ul", "div"})
_ALL_BLANK_LINES = re.compile(r"\n{3,}")
# No-break spaces are meant; every other space is as good as one.
_SPACES = re.compile(r"[ \t\r\n]+")
_VALUE_INDENT = "    "


def plain_text(page: str) -> str:
    """Return the text of a page: titles in capitals, a blank line between paragraphs, items after a dash, where each link leads."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    text = "\n".join(line.rstrip(" ") for line in "".join(reader.pieces).splitlines())
    return _ALL_BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def title(page: str) -> str:
    """Return the title of a page, which is the subject of its message."""
    reader = _Reader()
    reader.feed(page)
    return " ".join("".join(reader.title).split(" ")).strip()


class _Reader(HTMLParser):
    """Gathers the text of a page; `title` apart."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.title: list[str] = []
        self._within: list[str] = []
        self._write: Callable[[str], str] = str
        self._href = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Begin a block on a line of its own, an item with a dash, a value further in."""
        if tag in ("meta", "link"):
            return
        given = dict(attributes)
        if tag == "br":
            self.pieces.append("\n")
            return
        self._within.append(tag)
        if tag in _BLOCKS:
            self.pieces.append("\n\n")
        if tag == "li":
            self.pieces.append("\n- ")
        if "value" in (given.get("class") or "").split():
            self.pieces.append(_VALUE_INDENT)
        if tag in ("h1", "h2"):
            self._write = str.upper
        if tag == "a":
            self._href = given.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        """End a block; say where a link leads."""
        if tag in self._within:
            self._within.remove(tag)
        if tag in _BLOCKS:
            self.pieces.append("\n\n")
        if tag in ("h1", "h2"):
            self._write = str
        if tag == "a":
            self.pieces.append(f" ({self._href})")

    def handle_data(self, data: str) -> None:
        """Keep the words, with single spaces, none at the start of a line."""
        words = _SPACES.sub(" ", data)
        if "title" in self._within:
            self.title.append(words)
        if _UNSEEN.isdisjoint(self._within):
            at_start = not self.pieces or self.pieces[-1].endswith(("\n", " "))
            self.pieces.append(self._write(words.lstrip(" ") if at_start else words))
