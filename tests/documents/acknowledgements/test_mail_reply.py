"""The answer to secure mail: told to its sender only, without a word of the patient, and never to a machine."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import secure_mail, xdm
from tests.answer_builder import ANSWERER, answer, answered
from tests.document_builder import DOCUMENT, PATIENT

SENDER = "laboratoire@invente.mssante.example"
GOOD = secure_mail(DOCUMENT, xdm([(DOCUMENT, cda(DOCUMENT))]))


def with_headers(**headers: str) -> bytes:
    """Return the good message with headers before its own; `_` stands for a hyphen."""
    return "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()).encode() + GOOD


NAMED = with_headers(Message_ID="<42@invente.mssante.example>", Return_Path=f"<{SENDER}>")
ASKING = with_headers(Message_ID="<42@invente.mssante.example>", Return_Path=f"<{SENDER}>", Disposition_Notification_To=SENDER)


def reply(data: bytes, *codes: str) -> EmailMessage:
    """Read an answer."""
    return BytesParser(policy=policy.default).parsebytes(answer("MAIL", data, *codes))  # type: ignore[return-value]


def test_the_answer_goes_to_the_sender_as_the_answer_to_that_message() -> None:
    mail = reply(NAMED)
    assert (mail["To"], mail["From"]) == (SENDER, f"Espace santé <{ANSWERER.address}>")
    assert mail["In-Reply-To"] == mail["References"] == "<42@invente.mssante.example>"
    assert mail["Date"] == "Mon, 05 Jan 2026 09:30:00 +0000"


def test_it_says_that_it_is_automatic_and_what_software_wrote_it() -> None:
    mail = reply(NAMED)
    assert (mail["Auto-Submitted"], mail["X-MSS-NIL"]) == ("auto-replied", "123456")


def test_a_refusal_is_told_in_the_subject_as_the_volet_has_it_and_in_words() -> None:
    mail = reply(NAMED, "PERSON_UNKNOWN")
    assert mail["Subject"] == "[KO Intégration système !][902] XDM/1.0/DDM"
    text = mail.get_content()
    assert "Identifiant patient inconnu" in text
    assert "902 (PERSON_UNKNOWN)" in text
    assert "Vérifiez l'identité auprès du téléservice INSi." in text
    assert DOCUMENT.unique_id in text


def test_a_success_is_told_without_a_code() -> None:
    mail = reply(NAMED, "ok")
    assert mail["Subject"] == "XDM/1.0/DDM"
    assert "bien été traité" in mail.get_content() and "Que faire" not in mail.get_content()


def test_a_sender_that_asks_for_a_notification_gets_one() -> None:
    mail = reply(ASKING, "PERSON_UNKNOWN")
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "disposition-notification"
    text, fields = mail.iter_parts()
    assert "Identifiant patient inconnu" in text.get_content()
    assert fields.get_content_type() == "message/disposition-notification"
    (told,) = fields.get_payload()
    assert told["Final-Recipient"] == f"rfc822;{ANSWERER.address}"
    assert told["Original-Message-ID"] == "<42@invente.mssante.example>"
    assert told["Disposition"] == "automatic-action/MDN-sent-automatically; processed/Error: 902^Identifiant patient inconnu"


def test_a_notification_of_success_is_processed_without_error() -> None:
    (_, fields) = reply(ASKING, "ok").iter_parts()
    assert fields.get_payload()[0]["Disposition"] == "automatic-action/MDN-sent-automatically; processed"


def test_a_notification_that_would_go_to_somebody_else_is_a_plain_reply_to_the_sender() -> None:
    mail = reply(with_headers(Return_Path=f"<{SENDER}>", Disposition_Notification_To="autre@invente.mssante.example"))
    assert (mail.get_content_type(), mail["To"]) == ("text/plain", SENDER)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=a@b"},
        {"Precedence": "bulk"},
        {"List_Id": "<liste.invente.example>"},
        {"Return_Path": "<>"},
        {"Return_Path": f"<{ANSWERER.address}>"},
    ],
)
def test_a_machine_gets_no_answer(headers: dict[str, str]) -> None:
    assert answered("MAIL", with_headers(**headers)) is None


def test_our_own_answers_get_none() -> None:
    assert answered("MAIL", answer("MAIL", NAMED)) is None
    assert answered("MAIL", answer("MAIL", ASKING)) is None


def test_nothing_of_the_message_is_given_back() -> None:
    refused = with_headers(Subject=f"XDM/1.0/DDM+CR {PATIENT.birth_name}", Return_Path=f"<{SENDER}>")
    content = answer("MAIL", refused, "INS_MISMATCH")
    shown = BytesParser(policy=policy.default).parsebytes(content)
    words = f"{shown['Subject']} {shown.get_content()}"  # type: ignore[attr-defined]
    assert [word for word in (PATIENT.matricule, PATIENT.birth_name, DOCUMENT.title, "Vous trouverez") if word in words] == []


def test_a_header_of_the_message_cannot_add_one_to_the_answer() -> None:
    mail = reply(with_headers(Message_ID="<42@x>\r\n Bcc: autre@example.test", Return_Path=f"<{SENDER}>"))
    assert mail["Bcc"] is None and mail["In-Reply-To"] is None


_OURS = {"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "X-MSS-NIL", "MIME-Version"}
_BODY = {"Content-Type", "Content-Transfer-Encoding"}


@pytest.mark.parametrize(
    "identifier",
    ["<=?utf-8?q?=0d=0aBcc:_v@x=0d=0aX-Y:?=>", "<a@=?utf-8?q?=0d=0aBcc:_v@x?=>", "<=?utf-8?q?=0a?=@x>", "<42@x> Bcc: v@x", "<a b@x>"],
)
def test_an_encoded_word_in_an_identifier_writes_no_header(identifier: str) -> None:
    for asking in ({}, {"Disposition_Notification_To": SENDER}):
        content = answer("MAIL", with_headers(Message_ID=identifier, Return_Path=f"<{SENDER}>", **asking))
        header = content.partition(b"\r\n\r\n")[0].decode()
        names = {line.partition(":")[0] for line in header.split("\r\n") if not line.startswith(" ")}
        assert names <= (_OURS | _BODY) - {"In-Reply-To", "References"}
        assert b"bcc" not in content.lower()


@pytest.mark.parametrize("path", ["<a@=?utf-8?q?=0d=0aBcc:_v?=>", '<"=?utf-8?q?=0a?="@b>', "<=?utf-8?q?=0a?=@b>", "<a@b@c>"])
def test_an_address_that_is_not_plain_is_nobody_s(path: str) -> None:
    assert answered("MAIL", with_headers(Return_Path=path)) is None


def test_a_repeated_delivery_gets_the_same_bytes_and_another_decision_another_id() -> None:
    assert answer("MAIL", NAMED, "ALREADY_STORED") == answer("MAIL", NAMED, "ok")
    assert reply(NAMED, "CLOSED")["Message-ID"] != reply(NAMED, "ok")["Message-ID"]


@pytest.mark.parametrize("data", [NAMED, ASKING])
def test_the_bytes_are_those_that_a_relay_takes(data: bytes) -> None:
    content = answer("MAIL", data, "PERSON_UNKNOWN")
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.isascii()
