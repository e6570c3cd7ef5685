"""What is packed inside a file, taken out piece by piece: what a virus scanner must see by itself, since it decodes no Base64.

Everything that decodes is taken, whether or not a reader would look at it: members of zips, parts of messages, Base64 in any text or
attribute of XML, any string of JSON, any field of HL7 v2; and what is packed in those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from lxml import etree

from pipelines.documents.body import decode_base64
from pipelines.documents.document import Reason, RefusedDocumentError
from pipelines.documents.fhir_resource import from_json
from pipelines.documents.hl7v2_message import looks_like_hl7v2, split_messages
from pipelines.documents.limits import PACKED_BYTES, PACKED_DEPTH, PACKED_PIECES, require_few
from pipelines.documents.mail import attachments, looks_like_mail
from pipelines.documents.reader import beginning_of
from pipelines.documents.safe_xml import parse_xml
from pipelines.documents.xdm import looks_like_zip, zip_contents

# The shortest text that is tried: 48 bytes in Base64, less than any program.
_SHORTEST = 64
_TEXTS = etree.XPath(f"//text()[string-length() >= {_SHORTEST}] | //@*[string-length() >= {_SHORTEST}]", smart_strings=False)
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+", re.ASCII)
_DATA_ADDRESS = re.compile(r"data:[^,]{0,200};base64,([A-Za-z0-9+/=\s]+)", re.ASCII)
_FIELD_BREAKS = re.compile(rb"\\\.br\\|\\X0D\\|\\X0A\\|\\X0D0A\\", re.IGNORECASE)
_SEPARATORS = re.compile(rb"[|^~&]")
# Whatever libxml2 reads begins so, in each encoding that it finds out by itself (UTF-16 without a mark).
_BEGINS_XML = re.compile(rb"[\xef\xbb\xbf\xff\xfe\0\s]*<")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes out of a file, and where they were: positions only, no names, which may be a patient's."""

    where: str
    content: bytes


def pieces_of(data: bytes) -> list[Piece]:
    """Return every piece of a file, those inside others included.

    Raises: RefusedDocumentError (HOSTILE, TOO_BIG) where they are packed deeper, or are more, than any document needs.
    """
    found: list[Piece] = []
    left, packed = [Piece("the file", data)], 0
    for _ in range(PACKED_DEPTH):
        outer, left = left, []
        for piece in chain.from_iterable(map(_inside, outer)):
            left.append(piece)
            packed += len(piece.content)
            require_few(packed, PACKED_BYTES, "bytes packed in the file")
            require_few(len(found) + len(left), PACKED_PIECES, "pieces packed in the file")
        if not left:
            return found
        found += left
    raise RefusedDocumentError(Reason.HOSTILE, f"files in files, more than {PACKED_DEPTH - 1} deep")


def _inside(outer: Piece) -> Iterator[Piece]:
    for number, content in enumerate(_unpacked(outer.content), start=1):
        yield Piece(f"{outer.where}, piece {number}", content)


def _unpacked(data: bytes) -> Iterable[bytes]:
    """Return what one piece holds; nothing where it holds nothing, or cannot be read as what it seems to be."""
    if looks_like_zip(data):
        return zip_contents(data)
    with suppress(RefusedDocumentError):
        if looks_like_hl7v2(data):
            return list(_decoded(_fields(data)))
        if _BEGINS_XML.match(data):
            return list(_decoded(_TEXTS(parse_xml(data, "a piece"))))
        if beginning_of(data).startswith("{"):
            return list(_decoded(_strings(from_json(data))))
        if looks_like_mail(data):
            return list(attachments(data))
    return ()


def _decoded(texts: Iterable[str]) -> Iterator[bytes]:
    for text in map(str.strip, texts):
        if _BASE64.fullmatch(text, 0, 4 * _SHORTEST):
            with suppress(RefusedDocumentError):
                yield decode_base64(text, "a piece")
        else:
            yield from _decoded(match[1] for match in _DATA_ADDRESS.finditer(text))


def _fields(data: bytes) -> Iterator[str]:
    """Give the long components of every field of every message, whether or not the message can be read."""
    for segment in chain.from_iterable(split_messages(data)):
        if len(segment) >= _SHORTEST:
            parts = _SEPARATORS.split(_FIELD_BREAKS.sub(b"", segment))
            yield from (part.decode("latin-1") for part in parts if len(part) >= _SHORTEST)


def _strings(value: Any) -> Iterator[str]:
    """Give the long strings of a JSON value, whose depth was bounded when it was read."""
    if isinstance(value, str):
        if len(value) >= _SHORTEST:
            yield value
    elif isinstance(value, dict | list):
        for held in value.values() if isinstance(value, dict) else value:
            yield from _strings(held)
