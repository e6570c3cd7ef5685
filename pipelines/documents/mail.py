"""Secure mail (MSSanté) with an `IHE_XDM.ZIP` attached: the zip is what counts, whatever the subject and the X-MSS headers promise.

Source: MSSanté, Référentiel #2: one user and one XDM a message. The PDF copies beside the zip are for readers, and are not taken.
"""

from __future__ import annotations

import re
from dataclasses import replace
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser

from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError
from pipelines.documents.limits import ENVELOPE_BYTES, MAIL_PARTS, require_few, require_size
from pipelines.documents.xdm import looks_like_zip, read_xdm

_HEADER = re.compile(rb"(?:[!-9;-~]{1,76}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+\r?\n")
_ENVELOPE = re.compile(rb"(?im)^(?:From|Received|Return-Path|Subject|MIME-Version|X-MSS-[A-Z-]+|Message-ID):")
_HEADER_BYTES = 64 * 1024


def looks_like_mail(data: bytes) -> bool:
    """Say whether bytes begin with the header of an Internet message."""
    header = _HEADER.match(data[:_HEADER_BYTES])
    return header is not None and _ENVELOPE.search(header[0]) is not None


def read_mail(data: bytes) -> list[IncomingDocument]:
    """Return the documents of the zip that a message carries.

    Raises: RefusedDocumentError where there is no zip, several, or one that is refused whole.
    """
    require_size(data, ENVELOPE_BYTES, "the message")
    zips = _zips(data)
    if not zips:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, "the message has no IHE_XDM.ZIP")
    if len(zips) > 1:
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the message has several zips")
    documents = read_xdm(zips[0], DocumentFormat.MAIL)
    return [replace(document, faults=(*document.faults, *_recipient_faults(data, document))) for document in documents]


def _zips(data: bytes) -> list[bytes]:
    found = []
    for part in _parts(data):
        if part.is_multipart():
            continue
        try:
            content = part.get_payload(decode=True)
        except (ValueError, LookupError):
            raise RefusedDocumentError(Reason.BAD_FORMAT, "an attachment cannot be decoded") from None
        if isinstance(content, bytes) and looks_like_zip(content):
            found.append(content)
    return found


def _parts(data: bytes) -> list[Message]:
    try:
        parts = []
        for part in BytesParser(policy=policy.compat32).parsebytes(data).walk():
            parts.append(part)
            require_few(len(parts), MAIL_PARTS, "parts in the message")
    except (MessageError, ValueError, LookupError, RecursionError):
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the message cannot be taken apart") from None
    return parts


def _recipient_faults(data: bytes, document: IncomingDocument) -> list[Fault]:
    """Refuse a message that says itself that its patient has no qualified INS (X-MSS-INS: N)."""
    header = BytesParser(policy=policy.compat32).parsebytes(data[:_HEADER_BYTES], headersonly=True)
    if str(header.get("X-MSS-INS", "")).strip().upper() == "N" and document.matricule:
        return [Fault(Reason.INS_NOT_QUALIFIED, "X-MSS-INS says that the patient has no INS")]
    return []
