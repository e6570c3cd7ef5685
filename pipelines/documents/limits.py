"""How big what comes in may be. No national limit is published: these are ours, above every published example.

A CDA of 20 MB carries a PDF of 14. libxml2 itself bounds a text to 10 million characters: `safe_xml` says how that is lifted.
"""

from __future__ import annotations

from pipelines.documents.document import Reason, RefusedDocumentError

MILLION = 1_000_000
FILE_BYTES = 100 * MILLION
ENVELOPE_BYTES = 25 * MILLION
DOCUMENT_BYTES = 20 * MILLION
GUARDED_XML_BYTES = 10 * MILLION - 1
ZIP_MEMBERS = 50
ZIP_BYTES = 100 * MILLION
ZIP_RATIO = 100
MAIL_PARTS = 100
MESSAGES_A_FILE = 1_000
SEGMENTS_A_MESSAGE = 10_000
RESOURCES_A_BUNDLE = 1_000
# Documents of one submission set, bundle or message.
DOCUMENTS_A_LOT = 100
NESTING = 64
# A CDA in a zip in a message, its body and what that holds; all of it together.
PACKED_DEPTH = 6
PACKED_PIECES = 10_000
PACKED_BYTES = 200 * MILLION


def require_few(count: int, most: int, what: str) -> None:
    """Raise RefusedDocumentError (TOO_BIG) where there are more than may be."""
    if count > most:
        raise RefusedDocumentError(Reason.TOO_BIG, f"more than {most:,} {what}")


def require_size(data: bytes, most: int, what: str) -> None:
    """Raise RefusedDocumentError (TOO_BIG) where there are more bytes than may be."""
    if len(data) > most:
        raise RefusedDocumentError(Reason.TOO_BIG, f"{what} has more than {most:,} bytes")
