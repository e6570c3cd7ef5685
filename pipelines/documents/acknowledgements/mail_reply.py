"""The answer to a message of secure mail (MSSanté): a notification (MDN) where the sender asked for one, else a plain reply.

Nothing of the message is given back but its identifier: its subject names the patient, its body and attachments are medical.
So that machines do not answer each other for ever, automatic messages get no answer, and ours say that they are automatic.
Sources: CI-SIS, volet "Transmission au LPS d'un document CDA provenant d'un courriel MSSanté" (subject, disposition); RFC 3834, 5322, 8098.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from email import policy
from email.message import EmailMessage, Message
from email.utils import format_datetime, formataddr, parseaddr

from pipelines.documents.acknowledgements.outcome import Acknowledgement, Answer, Answerer, Outcome, Reception, first_refusal, refusals
from pipelines.documents.mail import read_header

MEDIA_TYPE = "message/rfc822"
_KIND = "XDM/1.0/DDM"
_BULK = ("bulk", "junk", "list")
_LINE_WIDTH = 998
# What of a received header may be written into ours: plain addresses and identifiers, no encoded word (RFC 2047), which would be decoded.
_ATOMS = r"(?!.*=\?)[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOMS}@[A-Za-z0-9.-]+", re.ASCII)
_IDENTIFIER = re.compile(rf"<{_ATOMS}@{_ATOMS}>", re.ASCII)


def acknowledge_mail(reception: Reception, outcomes: Sequence[Outcome], answerer: Answerer) -> Acknowledgement | None:
    """Return the answer to a message, None where none may be sent: to an automatic message, or to nobody."""
    received = read_header(reception.content)
    to = _return_address(received)
    if to is None or wants_no_reply(reception, answerer):
        return None
    reply = _headers(received, to, reception, outcomes, answerer)
    text = "\n".join(_lines(outcomes, answerer))
    if _asks_for_notification(received, to):
        _notification(reply, text, received, outcomes, answerer)
    else:
        reply.set_content(text, cte="quoted-printable")
    content = reply.as_bytes(policy=policy.SMTP)
    return Acknowledgement(f"reply-{hashlib.sha256(content).hexdigest()[:16]}.eml", MEDIA_TYPE, content)


def wants_no_reply(reception: Reception, answerer: Answerer) -> bool:
    """Say whether a message may not be answered: an automatic one, one of our own, one whose envelope names nobody (RFC 5321, 4.5.5)."""
    received = read_header(reception.content)
    is_ours = (_return_address(received) or "").casefold() == answerer.address.casefold()
    return is_ours or _is_automatic(received) or _value(received, "Return-Path") == "<>"


def _value(received: Message, name: str) -> str:
    """Return a header on one line, empty where it is missing."""
    return " ".join(str(received.get(name, "")).split())


def _return_address(received: Message) -> str | None:
    """Return the address of the sender: that of the envelope, else that of the header; None where there is none."""
    envelope = received.get("Return-Path")
    address = parseaddr(_value(received, "From" if envelope is None else "Return-Path"))[1]
    return address if _ADDRESS.fullmatch(address) and len(address) < _LINE_WIDTH else None


def _is_automatic(received: Message) -> bool:
    submitted = _value(received, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _value(received, "Precedence").lower() in _BULK
        or received.get("List-Id") is not None
        or received.get_content_type() == "multipart/report"
    )


def _asks_for_notification(received: Message, to: str) -> bool:
    """RFC 8098, 2.1: only where the notification goes to the sender itself."""
    return parseaddr(_value(received, "Disposition-Notification-To"))[1].casefold() == to.casefold()


def _headers(received: Message, to: str, reception: Reception, outcomes: Sequence[Outcome], answerer: Answerer) -> EmailMessage:
    reply = EmailMessage(policy=policy.SMTP)
    reply["From"] = formataddr((answerer.name, answerer.address))
    reply["To"] = to
    reply["Subject"] = _subject(outcomes)
    reply["Date"] = format_datetime(reception.decided_at)
    told = [f"{outcome.answer}:{outcome.told_code}" for outcome in outcomes]
    digest = hashlib.sha256(reception.content + "\n".join(told).encode()).hexdigest()[:32]
    reply["Message-ID"] = f"<{digest}@{answerer.address.rpartition('@')[2]}>"
    identifier = _message_id(received)
    if identifier:
        reply["In-Reply-To"] = identifier
        reply["References"] = identifier
    reply["Auto-Submitted"] = "auto-replied"
    if answerer.software:
        reply["X-MSS-NIL"] = answerer.software
    return reply


def _message_id(received: Message) -> str | None:
    identifier = _value(received, "Message-ID")
    return identifier if _IDENTIFIER.fullmatch(identifier) and len(identifier) < _LINE_WIDTH else None


def _subject(outcomes: Sequence[Outcome]) -> str:
    if not refusals(outcomes):
        return _KIND
    return f"[KO Intégration système !][{first_refusal(outcomes).told.hl7}] {_KIND}"


def _lines(outcomes: Sequence[Outcome], answerer: Answerer) -> Iterator[str]:
    """Give the text that people read."""
    refused = len(refusals(outcomes))
    yield "Bonjour,"
    yield ""
    if not refused:
        yield "Votre message a bien été traité."
    elif len(outcomes) == 1:
        yield "Le document de votre message n'a pas pu être intégré."
    else:
        yield f"{refused} des {len(outcomes)} documents de votre message n'ont pas pu être intégrés."
    for number, outcome in enumerate(outcomes, start=1):
        yield ""
        yield from _paragraph(number, outcome)
    yield ""
    yield "Ce message est automatique : merci de ne pas y répondre."
    yield ""
    yield answerer.name


def _paragraph(number: int, outcome: Outcome) -> Iterator[str]:
    told = outcome.told
    identifier = f" ({outcome.unique_id})" if outcome.unique_id else ""
    yield f"Document {number}{identifier} : {told.text}."
    if outcome.answer is not Answer.ACCEPTED:
        yield f"Que faire : {told.action}."
    if outcome.answer is Answer.REFUSED:
        yield f"Code : {told.hl7} ({outcome.told_code})."
    if outcome.detail:
        yield f"Détail technique : {outcome.detail}."


def _notification(reply: EmailMessage, text: str, received: Message, outcomes: Sequence[Outcome], answerer: Answerer) -> None:
    """Make the reply a disposition notification: a text for people, then fields for machines."""
    disposition = "automatic-action/MDN-sent-automatically; processed"
    if refusals(outcomes):
        told = first_refusal(outcomes).told
        disposition += f"/Error: {told.hl7}^{_ascii(told.text)}"
    fields = EmailMessage(policy=policy.SMTP)
    fields["Final-Recipient"] = f"rfc822;{answerer.address}"
    if identifier := _message_id(received):
        fields["Original-Message-ID"] = identifier
    fields["Disposition"] = disposition
    machine, people = EmailMessage(policy=policy.SMTP), EmailMessage(policy=policy.SMTP)
    machine["Content-Type"] = "message/disposition-notification"
    machine.set_payload([fields])
    people.set_content(text, cte="quoted-printable")
    reply["MIME-Version"] = "1.0"
    reply["Content-Type"] = "multipart/report; report-type=disposition-notification"
    reply.set_payload([people, machine])
    reply.set_boundary(f"=={reply['Message-ID'].strip('<>').partition('@')[0]}==")


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
