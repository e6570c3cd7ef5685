"""XML from strangers: parsed whole by libxml2 with its guards up; no document type, no entity, no inclusion, no network.

A document of more than 10 MB, whose PDF is one long text, is parsed without libxml2's bounds on lengths, once its bytes are seen to
declare no document type: only entities make a document larger than its bytes. Comments and processing instructions are dropped
while parsing, so that `MAR<!-- -->TIN` reads as the name that a screen shows.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from lxml import etree

from pipelines.documents.document import Reason, RefusedDocumentError
from pipelines.documents.limits import DOCUMENT_BYTES, GUARDED_XML_BYTES, require_size

# lxml carries no types.
Element: TypeAlias = etree._Element

_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_INCLUDE = "{http://www.w3.org/2001/XInclude}"
_ENCODINGS = {"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252"}
_DOCTYPE = ["<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be")]
_GUARDS = {
    etree.ErrorTypes.ERR_ENTITY_LOOP,
    etree.ErrorTypes.ERR_RESOURCE_LIMIT,
    etree.ErrorTypes.ERR_NAME_TOO_LONG,
}
_BAD_BYTES = {etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING, etree.ErrorTypes.ERR_UNKNOWN_ENCODING}


def parse_xml(data: bytes, what: str) -> Element:
    """Return the root element of a whole XML document.

    Raises: RefusedDocumentError (TOO_BIG, HOSTILE, BAD_ENCODING, BAD_FORMAT); `what` names it in the message.
    """
    require_size(data, DOCUMENT_BYTES, what)
    large = len(data) > GUARDED_XML_BYTES
    if large:
        _require_plain(data, what)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=large, remove_comments=True, remove_pis=True, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _refusal(data, error, what) from None
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.externalDTD is not None:
        raise RefusedDocumentError(Reason.HOSTILE, f"{what} declares a document type")
    if (document.encoding or "UTF-8").upper() not in _ENCODINGS:
        raise RefusedDocumentError(Reason.BAD_ENCODING, f"{what} declares an encoding that no document may have")
    if next(root.iter(f"{_INCLUDE}*"), None) is not None:
        raise RefusedDocumentError(Reason.HOSTILE, f"{what} asks to include other files")
    return root


def _require_plain(data: bytes, what: str) -> None:
    """Refuse bytes in which a document type might stand, or hide in an encoding that writes `<` in its own way."""
    declaration = data[: data.find(b"?>") + 1]
    declared = _DECLARED.search(declaration)
    encoding = declared[1].decode("ascii").upper() if declared else "UTF-8"
    if b"\0" in data[:100] or not data.lstrip(b"\xef\xbb\xbf").startswith(b"<") or encoding not in _ENCODINGS:
        raise RefusedDocumentError(Reason.BAD_ENCODING, f"{what} is too large for an encoding other than UTF-8 or ISO 8859")
    if b"<!DOCTYPE" in data:
        raise RefusedDocumentError(Reason.HOSTILE, f"{what} declares a document type")


def _refusal(data: bytes, error: Exception, what: str) -> RefusedDocumentError:
    """Say why libxml2 refused: its own words may quote the document, so only its code and the line are told."""
    code = getattr(error, "code", None)
    if code == etree.ErrorTypes.ERR_NO_MEMORY:
        raise MemoryError from None
    place = f"{what}, line {error.lineno}" if isinstance(error, etree.XMLSyntaxError) and error.lineno else what
    if code in _GUARDS or any(mark in data for mark in _DOCTYPE):
        return RefusedDocumentError(Reason.HOSTILE, f"{place}: a document type, an entity or a nesting that no document needs")
    if code in _BAD_BYTES or not _is_in_its_encoding(data):
        return RefusedDocumentError(Reason.BAD_ENCODING, f"{place}: bytes that are not of the declared encoding")
    return RefusedDocumentError(Reason.BAD_FORMAT, f"{place}: not well-formed XML")


def _is_in_its_encoding(data: bytes) -> bool:
    if b"encoding" in data[:200] and b"utf-8" not in data[:200].lower():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return True


def text_of(element: Element | None) -> str | None:
    """Return the text of an element, spaces folded; None where there is none, or where markup stands inside it."""
    if element is None or len(element):
        return None
    return " ".join((element.text or "").split()) or None
