"""What mail servers send back to our envelope address: delivery status notifications (RFC 3464) and what only looks like one."""

from __future__ import annotations

from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP

_STATUS = {"failed": "5.1.1", "delayed": "4.2.2"}


def delivery_report(kind: str, envelope_sender: str, recipient: str, message_id: str) -> bytes:
    """Return the report of a mail server on one message: `failed`, `delayed`, or a person's `auto-reply`."""
    if kind == "auto-reply":
        return _auto_reply(envelope_sender)
    report = MIMEMultipart("report", policy=SMTP)
    report.set_param("report-type", "delivery-status")
    report["From"] = f"MAILER-DAEMON@{recipient.rpartition('@')[2].encode('idna').decode()}"
    report["To"] = envelope_sender
    report["Subject"] = "Delivery Status Notification"
    report.attach(MIMEText("Your message could not be delivered."))
    report.attach(_delivery_status(kind, recipient))
    report.attach(_returned_headers(message_id))
    return report.as_bytes()


def _delivery_status(kind: str, recipient: str) -> Message:
    mail_server, about = Message(), Message()
    mail_server["Reporting-MTA"] = "dns; mx.example"
    about["Final-Recipient"] = f"rfc822; {recipient.encode('ascii', 'replace').decode()}"
    about["Action"] = kind
    about["Status"] = _STATUS[kind]
    part = MIMEBase("message", "delivery-status")
    part.set_payload([mail_server, about])
    return part


def _returned_headers(message_id: str) -> Message:
    part = MIMEBase("text", "rfc822-headers")
    part.set_payload(f"Message-ID: {message_id}\n")
    return part


def _auto_reply(envelope_sender: str) -> bytes:
    reply = MIMEText("Je suis absent.", policy=SMTP)
    reply["To"] = envelope_sender
    reply["Subject"] = "Absence"
    reply["Auto-Submitted"] = "auto-replied"
    return reply.as_bytes()
