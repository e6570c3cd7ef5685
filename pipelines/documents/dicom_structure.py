"""Whether a DICOM file is whole: every length that it tells is inside it. Readers of headers take a file that is cut short without a word.

Nothing is decoded, and nothing that has a length is looked into. Source: DICOM PS3.5, 7 (elements, sequences) and PS3.10, 7 (file).
"""

from __future__ import annotations

import re
from typing import Literal

from pipelines.documents.document import Reason, RefusedDocumentError
from pipelines.documents.limits import NESTING

_HEADER_BYTES = 132
_META = 0x0002
_SYNTAX = (0x0002, 0x0010)
_IMPLICIT, _BIG_ENDIAN = b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.2"
_ITEM, _ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF
_LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_VR = re.compile(rb"[A-Z]{2}")


def require_whole(data: bytes) -> None:
    """Walk through the elements of a DICOM file. Raises: RefusedDocumentError (BAD_FORMAT, or HOSTILE where it is nested too deep)."""
    walk = _Walk(data)
    syntax = walk.meta()
    walk.implicit, walk.order = syntax == _IMPLICIT, "big" if syntax == _BIG_ENDIAN else "little"
    while walk.goes_on():
        walk.element(0)


class _Walk:
    """A place in a file, and how its elements are written from there on."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place, self.implicit = data, _HEADER_BYTES, False
        self.order: Literal["little", "big"] = "little"

    def meta(self) -> bytes:
        """Walk through the file's own elements, which are always written in the same way; return its transfer syntax."""
        syntax = b""
        while self.goes_on() and self._number(self.place, 2) == _META:
            tag, begun = self._tag(), self.place
            self.element(0)
            if tag == _SYNTAX:
                syntax = self.data[begun + 8 : self.place].rstrip(b"\0 ")
        return syntax

    def goes_on(self) -> bool:
        """Say whether something is left but the zeros with which some writers fill up a file."""
        return self.place < len(self.data) and self.data[self.place : self.place + 8].strip(b"\0") != b""

    def element(self, depth: int) -> None:
        """Go behind one element."""
        if depth > NESTING:
            raise RefusedDocumentError(Reason.HOSTILE, "the DICOM file is nested too deep")
        is_unknown = not self.implicit and self.data[self.place + 4 : self.place + 6] == b"UN"
        length = self._length()
        if length != _UNDEFINED:
            self._go(length)
            return
        # What is in a sequence of unknown type is written without types (PS3.5, 6.2.2).
        outside, self.implicit = self.implicit, self.implicit or is_unknown
        while self._tag() == _ITEM:
            self._item(depth)
        self._end(_SEQUENCE_END)
        self.implicit = outside

    def _item(self, depth: int) -> None:
        self._go(4)
        length = self._number(self.place, 4)
        self._go(4)
        if length != _UNDEFINED:
            self._go(length)
            return
        while self._tag() != _ITEM_END:
            self.element(depth + 1)
        self._end(_ITEM_END)

    def _length(self) -> int:
        """Go behind the tag, type and length of an element; return the length."""
        self._go(4)
        kind = self.data[self.place : self.place + 2]
        if self.implicit:
            self._go(4)
            return self._number(self.place - 4, 4)
        if not _VR.fullmatch(kind):
            raise _damaged()
        if kind in _LONG:
            self._go(8)
            return self._number(self.place - 4, 4)
        self._go(4)
        return self._number(self.place - 2, 2)

    def _end(self, tag: tuple[int, int]) -> None:
        if self._tag() != tag:
            raise _damaged()
        self._go(8)

    def _tag(self) -> tuple[int, int]:
        return self._number(self.place, 2), self._number(self.place + 2, 2)

    def _number(self, place: int, size: int) -> int:
        if place + size > len(self.data):
            raise _damaged()
        return int.from_bytes(self.data[place : place + size], self.order)

    def _go(self, length: int) -> None:
        self.place += length
        if self.place > len(self.data):
            raise _damaged()


def _damaged() -> RefusedDocumentError:
    return RefusedDocumentError(Reason.BAD_FORMAT, "the DICOM file is cut short, or a length in it lies")
