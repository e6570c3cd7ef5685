"""The body that a document carries in Base64: decoded strictly, and of the type that it declares."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from typing import NoReturn

import pybase64

from pipelines.documents.document import Reason, RefusedDocumentError
from pipelines.documents.pdf import runs_something

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
# So far a browser looks to tell what a file is.
_SNIFFED_BYTES = 1024
_ZIP_END, _ZIP_END_BYTES = b"PK\x05\x06", 65_557
_ASCII_SPACE = b" \t\n\r\f\v"
_MARKUP = re.compile(rb"<(?:script|html|svg|iframe|\?php)[\s>/]", re.IGNORECASE)


def decode_base64(text: str, where: str) -> bytes:
    """Return the bytes of a Base64 text; white space of ASCII and a missing padding are the only faults that are let through.

    Raises: RefusedDocumentError (BAD_BASE64, or EMPTY_BODY).
    """
    try:
        return pybase64.b64decode(text, validate=True) or _empty(where)
    except ValueError:
        return _repaired(text, where)


def _repaired(text: str, where: str) -> bytes:
    try:
        packed = text.encode("ascii").translate(None, _ASCII_SPACE)
        if b"=" not in packed:
            packed += b"=" * (-len(packed) % 4)
        return pybase64.b64decode(packed, validate=True) or _empty(where)
    except ValueError:
        raise RefusedDocumentError(Reason.BAD_BASE64, f"{where} is not Base64") from None


def _empty(where: str) -> NoReturn:
    raise RefusedDocumentError(Reason.EMPTY_BODY, f"{where} is empty")


def require_media_type(body: bytes, media_type: str, where: str) -> None:
    """Refuse bytes that do not begin as those of their declared type do (PDF/A-1: at the first byte), and a PDF that runs something.

    Raises: RefusedDocumentError (BAD_MEDIA_TYPE, ACTIVE_CONTENT; HOSTILE where they are of another type too).
    """
    marks = _MARKS.get(media_type)
    begins = body.startswith(marks, _OFFSETS.get(media_type, 0)) if marks else media_type != "text/plain" or b"\0" not in body
    if not begins:
        raise RefusedDocumentError(Reason.BAD_MEDIA_TYPE, f"{where} is not of the type that it declares")
    if marks and is_something_else_too(body):
        raise RefusedDocumentError(Reason.HOSTILE, f"{where} is of two types at once")
    if media_type == PDF and runs_something(body):
        raise RefusedDocumentError(Reason.ACTIVE_CONTENT, f"{where} is a PDF that runs something")


def is_something_else_too(body: bytes) -> bool:
    """Say whether bytes that begin as a PDF or an image would also open as a zip, or show as a page: no honest file does."""
    return _MARKUP.search(body, 0, _SNIFFED_BYTES) is not None or _opens_as_zip(body)


def _opens_as_zip(body: bytes) -> bool:
    """Say whether bytes end in the directory of a zip that names a file: the mark alone stands in compressed data by chance."""
    if body.rfind(_ZIP_END, max(len(body) - _ZIP_END_BYTES, 0)) < 0:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return bool(archive.infolist())
    except Exception:  # whatever Python's reader makes of it: what it cannot open is no zip
        return False


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
