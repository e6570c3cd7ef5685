"""A notice as an e-mail: text and HTML of the same content, headers that say what it is, nothing that tracks or acts."""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import compat32
from email.utils import format_datetime, quote
from pathlib import Path

from pipelines.notices.code_format import grouped
from pipelines.notices.emails.mailbox import envelope_address
from pipelines.notices.french_text import french_date
from pipelines.notices.kind import NoticeKind
from pipelines.notices.sender import Sender
from pipelines.notices.templates import TemplateKind, TemplateVersion, check_placeholders, environment, render, template_version
from pipelines.platform.errors import RuleError

SUBJECT, TEXT, HTML = "email/notice.subject.j2", "email/notice.txt.j2", "email/notice.html.j2"
FIELDS = frozenset({"kind", "sender", "recipient_name", "concerned", "code", "reference", "last_day"})
# Headers are encoded here: the default policy parses and folds each of them again, 8 ms a message.
_WIRE = compat32.clone(linesep="\r\n", mangle_from_=False)
_CONTROLS = dict.fromkeys((*range(32), 127), " ")


@dataclass(frozen=True)
class EmailNotice:
    """One notice by e-mail.

    `last_day` is the last day to oppose, known since a message is sent when it is built; `recipient` is the
    address as declared to the body; `code` is the twelve characters, not grouped.

    Raises: RuleError, naming only the reference, if the wording and the person concerned do not agree.
    """

    reference: str
    code: str
    kind: NoticeKind
    sender: Sender
    recipient: str
    recipient_name: str
    last_day: date
    concerned: str | None = None

    def __post_init__(self) -> None:
        """Refuse a notice that would speak to the wrong person."""
        if not self.kind.agrees_with(self.concerned):
            raise RuleError(f"notice {self.reference}: the wording {self.kind.value} and the person concerned do not agree")


class NoticeWriter:
    """Writes notices from the templates of a folder.

    Raises: BadTemplateError on load, with file and line, if a template cannot be used.
    """

    def __init__(self, templates_dir: Path) -> None:
        self._source = environment(templates_dir)
        for entry, required in ((SUBJECT, frozenset({"kind"})), (TEXT, FIELDS), (HTML, FIELDS)):
            check_placeholders(self._source, entry, FIELDS, required)
        self.version: TemplateVersion = template_version(TemplateKind.EMAIL, templates_dir)
        for kind in NoticeKind:
            concerned = None if kind is NoticeKind.ADULT else ""
            self._parts(EmailNotice("", "0" * 12, kind, _ANYONE, "", "", date.min, concerned))

    def build(self, notice: EmailNotice, message_id: str, dated: datetime) -> EmailMessage:
        """Return the message of a notice; the same arguments give the same bytes.

        `message_id` is `<tag@domain>`, `dated` an instant with its time zone. `as_bytes()` of the result is ready for a relay: ASCII
        only, lines under 78 characters. Raises: UnusableAddressError; ValueError on a naive instant.
        """
        if dated.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        subject, text, html = self._parts(notice)
        message = EmailMessage(policy=_WIRE)
        message["From"] = _mailbox(notice.sender.name, notice.sender.email)
        message["To"] = _mailbox(notice.recipient_name, notice.recipient)
        message["Subject"] = _encoded(subject)
        message["Date"] = format_datetime(dated)
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = "fr"
        message["MIME-Version"] = "1.0"
        message["Content-Type"] = f'multipart/alternative; boundary="=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"'
        message.attach(_part(text, "plain"))
        message.attach(_part(html, "html"))
        return message

    def _parts(self, notice: EmailNotice) -> tuple[str, str, str]:
        values: dict[str, object] = {
            "kind": notice.kind.value,
            "sender": notice.sender.typeset(),
            "recipient_name": notice.recipient_name.translate(_CONTROLS),
            "concerned": (notice.concerned or "").translate(_CONTROLS),
            "code": grouped(notice.code),
            "reference": notice.reference,
            "last_day": french_date(notice.last_day),
        }
        subject, text, html = (render(self._source, entry, values) for entry in (SUBJECT, TEXT, HTML))
        return " ".join(subject.split()), text, html


_ANYONE = Sender("", "", "", (), "", "", "", "", "")


def _part(text: str, subtype: str) -> EmailMessage:
    # `set_content` encodes line by line in Python, at ten times the cost.
    part = EmailMessage(policy=_WIRE)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(binascii.b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", header_name="Subject").encode()


def _mailbox(name: str, address: str) -> str:
    name = " ".join(name.translate(_CONTROLS).split())
    shown = f'"{quote(name)}"' if name.isascii() else _encoded(name)
    return f"{shown} <{envelope_address(address)}>"
