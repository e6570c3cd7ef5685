"""Secure mail (MSSanté) with an `IHE_XDM.ZIP` attached: the zip is what counts, whatever the subject and the X-MSS headers promise.

Source: MSSanté, Référentiel #2: one user and one XDM a message. The PDF copies beside the zip are for readers, and are not taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses

from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError
from pipelines.documents.limits import ENVELOPE_BYTES, MAIL_PARTS, require_few, require_size
from pipelines.documents.xdm import looks_like_zip, read_xdm

_HEADER = re.compile(rb"(?:[!-9;-~]{1,76}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+\r?\n")
_ENVELOPE = re.compile(rb"(?im)^(?:From|Received|Return-Path|Subject|MIME-Version|X-MSS-[A-Z-]+|Message-ID):")
_HEADER_BYTES = 64 * 1024
_MATRICULE = re.compile(r"\d{6}[\dABab]\d{8}", re.ASCII)


def looks_like_mail(data: bytes) -> bool:
    """Say whether bytes begin with the header of an Internet message."""
    header = _HEADER.match(data[:_HEADER_BYTES])
    return header is not None and _ENVELOPE.search(header[0]) is not None


def read_mail(data: bytes) -> list[IncomingDocument]:
    """Return the documents of the zip that a message carries.

    Raises: RefusedDocumentError where there is no zip, several, or one that is refused whole.
    """
    require_size(data, ENVELOPE_BYTES, "the message")
    header = read_header(data)
    if header.get_content_type() == "multipart/report":
        raise RefusedDocumentError(Reason.NO_DOCUMENT, "a report on another message, which may give its attachments back")
    zips = [content for content in attachments(data) if looks_like_zip(content)]
    if not zips:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, "the message has no IHE_XDM.ZIP")
    if len(zips) > 1:
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the message has several zips")
    documents = read_xdm(zips[0], DocumentFormat.MAIL)
    return [_held_against(header, document) for document in documents]


def attachments(data: bytes) -> Iterator[bytes]:
    """Give every part of a message, its text included, decoded. Raises: RefusedDocumentError (BAD_FORMAT, TOO_BIG)."""
    for part in _parts(data):
        if part.is_multipart():
            continue
        try:
            content = part.get_payload(decode=True)
        except (ValueError, LookupError):
            raise RefusedDocumentError(Reason.BAD_FORMAT, "an attachment cannot be decoded") from None
        if isinstance(content, bytes):
            yield content


def _parts(data: bytes) -> list[Message]:
    try:
        parts = []
        for part in BytesParser(policy=policy.compat32).parsebytes(data).walk():
            parts.append(part)
            require_few(len(parts), MAIL_PARTS, "parts in the message")
    except (MessageError, ValueError, LookupError, RecursionError):
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the message cannot be taken apart") from None
    return parts


def read_header(data: bytes) -> Message:
    """Return the header of a message, without its body."""
    return BytesParser(policy=policy.compat32).parsebytes(data[:_HEADER_BYTES], headersonly=True)


def _held_against(header: Message, document: IncomingDocument) -> IncomingDocument:
    """Return a document with what the header of its message says otherwise."""
    faults, notes = [*document.faults], [*document.notes]
    if _value(header, "X-MSS-INS").upper() == "N" and document.matricule:
        faults.append(Fault(Reason.INS_NOT_QUALIFIED, "X-MSS-INS says that the patient has no INS"))
    patients = _patients(header)
    if len(patients) > 1:
        faults.append(Fault(Reason.MANY_PATIENTS, "the message goes to several patients"))
    elif patients and document.matricule and patients != {document.matricule}:
        faults.append(Fault(Reason.INS_MISMATCH, "the message goes to another patient than that of the document"))
    codes = {code.strip() for code in _value(header, "X-MSS-CODECDA").split(",") if code.strip()}
    if codes and document.type_code and document.type_code not in codes:
        notes.append("X-MSS-CODECDA does not name the type of the document")
    return replace(document, faults=tuple(faults), notes=tuple(notes))


def _value(header: Message, name: str) -> str:
    return str(header.get(name, "")).strip()


def _patients(header: Message) -> set[str]:
    """Return the matricules of the patients whom a message is addressed to (`<matricule>@patient.<operator>`)."""
    lines = [str(line) for name in ("To", "Cc") for line in header.get_all(name, [])]
    addresses = (address.rpartition("@") for _, address in getaddresses(lines))
    return {local.upper() for local, _, domain in addresses if domain.lower().startswith("patient.") and _MATRICULE.fullmatch(local)}
