"""What comes back to our envelope address, read without trust: what kind of message it is, what it reports, what marks it as ours.

Only the outermost parts of a message are looked at, and only their first bytes: nesting, size and encoding cost nothing.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from enum import StrEnum

READ_AT_MOST = 2**20
_PARTS_AT_MOST = 20
_HEADERS_AT_MOST = 2**16
_HEADERS_END = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_DELIVERY_STATUS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = ("text/rfc822-headers", "message/rfc822-headers", "message/rfc822", "message/global", "message/global-headers")
_OUR_ADDRESS = ("To", "Delivered-To", "X-Original-To")
_HEADERS = BytesHeaderParser(policy=compat32)


class Answer(StrEnum):
    """What kind of message came back."""

    DELIVERY_STATUS = "delivery status"
    READ_RECEIPT = "read receipt"
    COMPLAINT = "complaint"
    AUTO_REPLY = "automatic reply"
    OTHER = "other"


_BY_REPORT_TYPE = {
    "delivery-status": Answer.DELIVERY_STATUS,
    "disposition-notification": Answer.READ_RECEIPT,
    "feedback-report": Answer.COMPLAINT,
}


@dataclass(frozen=True)
class Returned:
    """What came back: of a delivery status, action and status of each recipient; the headers in which a tag of ours may stand."""

    answer: Answer
    recipients: Sequence[tuple[str, str]]
    marks: str


def read_returned(content: bytes) -> Returned:
    """Read a message that came back; whatever it is made of, this never fails.

    Source: RFC 6522 (the envelope of reports), RFC 3464 and 6533 (delivery status), RFC 8098 (read receipts), RFC 5965 (complaints),
    RFC 3834 (automatic replies).
    """
    head, body = _split(content[:READ_AT_MOST])
    answer, recipients = _answer(head), []
    marks = [str(value) for name in _OUR_ADDRESS for value in head.get_all(name, [])]
    if answer is Answer.DELIVERY_STATUS:
        for part, text in _parts(head, body):
            kind = part.get_content_type()
            if kind in _DELIVERY_STATUS:
                blocks = [_headers(block) for block in _HEADERS_END.split(_decoded(part, text))[: _PARTS_AT_MOST * 5]]
                recipients += [_recipient(block) for block in blocks if block["Action"] is not None]
                marks += [str(block["Original-Envelope-Id"]) for block in blocks]
            elif kind in _RETURNED:
                marks.append(str(_split(_decoded(part, text))[0]["Message-ID"]))
    return Returned(answer, recipients, "\n".join(marks))


def _answer(head: Message) -> Answer:
    if head.get_content_type() == "multipart/report":
        return _BY_REPORT_TYPE.get(str(head.get_param("report-type", "")).lower(), Answer.OTHER)
    if head.get_content_type() == "message/disposition-notification":
        return Answer.READ_RECEIPT
    automatic = str(head.get("Auto-Submitted", "no")).strip().lower() != "no" or head["X-Autoreply"] is not None
    return Answer.AUTO_REPLY if automatic else Answer.OTHER


def _recipient(block: Message) -> tuple[str, str]:
    action = str(block["Action"]).split()
    status = _STATUS.search(str(block["Status"]))
    return action[0].lower() if action else "", status[0] if status else ""


def _parts(head: Message, body: bytes) -> Iterator[tuple[Message, bytes]]:
    boundary = str(head.get_param("boundary", "")).encode("ascii", "replace")
    if boundary:
        delimiter = rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"[ \t]*(?:\r?\n|--|\Z)"
        for part in re.split(delimiter, body, maxsplit=_PARTS_AT_MOST)[1:_PARTS_AT_MOST]:
            yield _split(part)


def _split(content: bytes) -> tuple[Message, bytes]:
    if content.startswith((b"\r\n", b"\n")):
        return Message(), content.lstrip(b"\r\n")
    end = _HEADERS_END.search(content)
    return (_headers(content[: end.start()]), content[end.end() :]) if end else (_headers(content), b"")


def _headers(content: bytes) -> Message:
    return _HEADERS.parsebytes(content[:_HEADERS_AT_MOST].strip(b"\r\n") + b"\r\n\r\n")


def _decoded(part: Message, text: bytes) -> bytes:
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    try:
        return a2b_base64(text) if encoding == "base64" else a2b_qp(text) if encoding == "quoted-printable" else text
    except Error:
        return text
