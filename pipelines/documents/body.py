"""The body that a document carries in Base64: decoded strictly, and of the type that it declares."""

from __future__ import annotations

import hashlib
from typing import NoReturn

import pybase64

from pipelines.documents.document import Reason, RefusedDocumentError

PDF = "application/pdf"

_MARKS: dict[str, tuple[bytes, ...]] = {
    PDF: (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "text/rtf": (b"{\\rtf",),
    "application/rtf": (b"{\\rtf",),
    "application/dicom": (b"DICM",),
}
_OFFSETS = {"application/dicom": 128}
# PDF/A-1 forbids them. What is compressed inside a PDF is not looked at.
_ACTIVE = (b"/JavaScript", b"/Launch", b"/RichMedia")


def decode_base64(text: str, where: str) -> bytes:
    """Return the bytes of a Base64 text; line breaks and a missing padding are the only faults that change nothing, and are let through.

    Raises: RefusedDocumentError (BAD_BASE64, or EMPTY_BODY).
    """
    try:
        return pybase64.b64decode(text, validate=True) or _empty(where)
    except ValueError:
        return _repaired(text, where)


def _repaired(text: str, where: str) -> bytes:
    packed = "".join(text.split())
    if "=" not in packed:
        packed += "=" * (-len(packed) % 4)
    try:
        return pybase64.b64decode(packed, validate=True) or _empty(where)
    except ValueError:
        raise RefusedDocumentError(Reason.BAD_BASE64, f"{where} is not Base64") from None


def _empty(where: str) -> NoReturn:
    raise RefusedDocumentError(Reason.EMPTY_BODY, f"{where} is empty")


def require_media_type(body: bytes, media_type: str, where: str) -> None:
    """Refuse bytes that do not begin as those of their declared type do (PDF/A-1: at the first byte), and a PDF that runs something.

    Raises: RefusedDocumentError (BAD_MEDIA_TYPE, ACTIVE_CONTENT).
    """
    marks = _MARKS.get(media_type)
    begins = body.startswith(marks, _OFFSETS.get(media_type, 0)) if marks else media_type != "text/plain" or b"\0" not in body
    if not begins:
        raise RefusedDocumentError(Reason.BAD_MEDIA_TYPE, f"{where} is not of the type that it declares")
    if media_type == PDF and any(mark in body for mark in _ACTIVE):
        raise RefusedDocumentError(Reason.ACTIVE_CONTENT, f"{where} is a PDF that runs something")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
