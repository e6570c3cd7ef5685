"""What comes back to our envelope address, from servers that follow the standards, servers that do not, and people who mean harm."""

from __future__ import annotations

from base64 import encodebytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.notices.bounces import BounceKind, read_bounce
from pipelines.notices.emails.returned import READ_AT_MOST, Answer, read_returned
from pipelines.notices.reference import NoticeId, tag

KEY = bytes(range(32))
NOTICE = NoticeId(1, 4711, 1)
TAG = tag(KEY, NOTICE)
OTHER = "MAILER-DAEMON@mx.example"
FAILED = "Final-Recipient: rfc822; zoe@courriel.example\r\nAction: failed\r\nStatus: 5.1.1"
DELAYED = "Final-Recipient: rfc822; paul@courriel.example\r\nAction: delayed\r\nStatus: 4.4.1"


def report(
    *recipients: str, to: str = OTHER, envelope_id: str = "", returned: str = "", kind: str = "delivery-status", more: str = ""
) -> bytes:
    """A delivery status notification as Postfix writes it; each recipient is a block of fields."""
    about = "\r\n".join(["Reporting-MTA: dns; mx.example", *([f"Original-Envelope-Id: {envelope_id}"] if envelope_id else [])])
    parts = [
        "Content-Type: text/plain; charset=us-ascii\r\n\r\nIt could not be delivered.\r\n",
        f"Content-Type: message/{kind}\r\n{more}\r\n" + "\r\n\r\n".join([about, *recipients]) + "\r\n",
        *([f"Content-Type: text/rfc822-headers\r\n\r\n{returned}\r\n"] if returned else []),
    ]
    head = f"From: {OTHER}\r\nTo: {to}\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
    head += 'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="b.1/mx"\r\n\r\nThis is a MIME message.\r\n'
    return (head + "".join(f"\r\n--b.1/mx\r\n{part}" for part in parts) + "\r\n--b.1/mx--\r\n").encode()


@pytest.mark.parametrize(
    "where",
    [{"to": f"<retour+{TAG}@caisse.example>"}, {"envelope_id": TAG}, {"returned": f"Subject: x\r\nMessage-ID: <{TAG}@caisse.example>"}],
    ids=lambda where: next(iter(where)),
)
def test_a_report_is_attributed_by_address_envelope_id_or_returned_headers(where: dict[str, str]) -> None:
    assert read_bounce(KEY, report(FAILED, **where)) == (BounceKind.FAILED, NOTICE, "5.1.1")


def test_a_report_with_line_feeds_only_is_read() -> None:
    assert read_bounce(KEY, report(FAILED, envelope_id=TAG).replace(b"\r\n", b"\n"))[0] is BounceKind.FAILED


def test_a_report_on_several_recipients_fails_once_all_of_them_failed() -> None:
    assert read_bounce(KEY, report(FAILED, FAILED, envelope_id=TAG))[0] is BounceKind.FAILED
    assert read_bounce(KEY, report(FAILED, DELAYED, envelope_id=TAG))[0] is BounceKind.DELAYED
    delivered = FAILED.replace("failed", "delivered").replace("5.1.1", "2.0.0")
    assert read_bounce(KEY, report(FAILED, delivered, envelope_id=TAG))[0] is BounceKind.DELAYED


@pytest.mark.parametrize(
    ("fields", "kind"),
    [("Action: failed\r\nStatus: 5.2.2 (mailbox full)", BounceKind.FAILED), ("Action: failed\r\nStatus: 4.4.7", BounceKind.FAILED),
     ("Action: Failed (x)\r\nStatus:\r\n 5.0.0", BounceKind.FAILED), ("Action: failed\r\nStatus: 4.2.2", BounceKind.DELAYED),
     ("Action: delayed\r\nStatus: 5.1.1", BounceKind.DELAYED), ("Action: failed", BounceKind.DELAYED),
     ("Status: 5.1.1", BounceKind.DELAYED), ("Action: failed\r\nStatus: 5", BounceKind.DELAYED)],
)  # fmt: skip
def test_action_and_status_decide(fields: str, kind: BounceKind) -> None:
    assert read_bounce(KEY, report(fields, envelope_id=TAG))[0] is kind


def test_an_encoded_or_internationalised_status_is_read() -> None:
    plain = report(FAILED, envelope_id=TAG, kind="global-delivery-status")
    assert read_bounce(KEY, plain)[0] is BounceKind.FAILED
    head, fields, tail = plain.partition(f"Reporting-MTA: dns; mx.example\r\nOriginal-Envelope-Id: {TAG}\r\n\r\n{FAILED}\r\n".encode())
    encoded = head.removesuffix(b"\r\n") + b"Content-Transfer-Encoding: base64\r\n\r\n" + encodebytes(fields) + tail
    assert fields and read_bounce(KEY, encoded)[0] is BounceKind.FAILED


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n", Answer.READ_RECEIPT),
        (b"Content-Type: message/disposition-notification\r\n\r\n", Answer.READ_RECEIPT),
        (b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n", Answer.COMPLAINT),
        (b"Auto-Submitted: auto-replied\r\n\r\nabsent", Answer.AUTO_REPLY),
        (b"Auto-Submitted: no\r\n\r\nI oppose", Answer.OTHER),
        (b"Content-Type: multipart/report; boundary=b\r\n\r\n", Answer.OTHER),
        (b"", Answer.OTHER),
    ],
)
def test_what_is_no_delivery_status_is_told_apart(message: bytes, answer: Answer) -> None:
    assert read_returned(message).answer is answer


def nested(depth: int) -> bytes:
    head = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(depth))
    return b"Content-Type: multipart/report; report-type=delivery-status; boundary=b0\r\n\r\n--b0\r\n" + head


@pytest.mark.parametrize(
    "hostile",
    [nested(20_000), b"To: " + b"x" * 10**7, report(*[FAILED] * 50_000), b"--b\r\n" * 10**6,
     report(FAILED).replace(b"us-ascii", b"klingon"),
     b"Subject: =?klingon?q?=FF?=\r\nTo: \xff\xfe\x00\r\nContent-Type: multipart/report; report-type*0*=%ff''x; boundary*=x'y'%00\r\n\r\n",
     b"\x00" * 1000, "Тo: é\r\n\r\n".encode("utf-16")],
    ids=["nested", "long header", "recipients", "boundaries", "charset", "parameters", "zeros", "utf-16"],
)  # fmt: skip
def test_hostile_input_changes_nothing(hostile: bytes) -> None:
    kind, notice, _ = read_bounce(KEY, hostile)
    assert kind is not BounceKind.FAILED and notice is None


def test_nothing_beyond_the_first_bytes_is_read() -> None:
    assert read_returned(b"X-A: y\r\n" * (READ_AT_MOST // 8 + 1) + report(FAILED, envelope_id=TAG)).answer is Answer.OTHER


@given(st.binary(max_size=300), st.integers(0, 700), st.integers(0, 60))
def test_no_damage_to_a_report_is_an_error(noise: bytes, at: int, cut: int) -> None:
    whole = report(FAILED, envelope_id=TAG, returned=f"Message-ID: <{TAG}@caisse.example>")
    read_bounce(KEY, whole[:at] + noise + whole[at + cut :])
