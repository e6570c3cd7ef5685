"""What mail servers send back to our envelope address: delivery status notifications (RFC 3464) and what only looks like one."""

from __future__ import annotations

from email.message import EmailMessage, Message, MIMEPart
from email.policy import SMTP

_STATUS = {"failed": "5.1.1", "delayed": "4.2.2"}


def delivery_report(kind: str, envelope_sender: str, recipient: str, message_id: str) -> bytes:
    """Return the report of a mail server on one message: `failed`, `delayed`, or a person's `auto-reply`."""
    if kind == "auto-reply":
        return _auto_reply(envelope_sender)
    report = EmailMessage(policy=SMTP)
    report["From"] = f"MAILER-DAEMON@{recipient.rpartition('@')[2].encode('idna').decode()}"
    report["To"] = envelope_sender
    report["Subject"] = "Delivery Status Notification"
    report.make_mixed()
    report.replace_header("Content-Type", "multipart/report; report-type=delivery-status")
    report.attach(_text("Your message could not be delivered."))
    report.attach(_delivery_status(kind, recipient))
    report.attach(_returned_headers(message_id))
    return report.as_bytes()


def _text(words: str) -> MIMEPart:
    part = MIMEPart(policy=SMTP)
    part.set_content(words)
    return part


def _delivery_status(kind: str, recipient: str) -> Message:
    mail_server, about = Message(), Message()
    mail_server["Reporting-MTA"] = "dns; mx.example"
    about["Final-Recipient"] = f"rfc822; {recipient.encode('ascii', 'replace').decode()}"
    about["Action"] = kind
    about["Status"] = _STATUS[kind]
    part = Message()
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([mail_server, about])
    return part


def _returned_headers(message_id: str) -> Message:
    part = Message()
    part["Content-Type"] = "text/rfc822-headers"
    part.set_payload(f"Message-ID: {message_id}\n")
    return part


def _auto_reply(envelope_sender: str) -> bytes:
    reply = EmailMessage(policy=SMTP)
    reply["To"] = envelope_sender
    reply["Subject"] = "Absence"
    reply["Auto-Submitted"] = "auto-replied"
    reply.set_content("Je suis absent.")
    return reply.as_bytes()
