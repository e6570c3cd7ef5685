"""A notice as an e-mail: text and page of the same content, headers that say what it is, nothing that tracks or acts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from email.utils import format_datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from markupsafe import escape

from pipelines.notices.code_format import grouped
from pipelines.notices.emails.mailbox import display_name, envelope_address
from pipelines.notices.emails.plain_text import plain_text, title
from pipelines.notices.emails.quoted_printable import inset
from pipelines.notices.emails.skeleton import Skeleton, Texts, compile_skeleton, open_fields, put_in
from pipelines.notices.french_text import french_date
from pipelines.notices.kind import NoticeKind, Subject
from pipelines.notices.letters.letter import Event
from pipelines.notices.sender import Sender
from pipelines.notices.templates import (
    BadTemplateError,
    TemplateKind,
    TemplateVersion,
    check_placeholders,
    entry_of,
    environment,
    render,
    template_versions,
)
from pipelines.platform.errors import RuleError


class Alert(StrEnum):
    """What is told by e-mail only."""

    NEW_DOCUMENT = "new_document"


Message = Subject | Alert
MESSAGES: tuple[Message, ...] = (*Subject, *Alert)
OPEN_FIELDS = ("recipient_name", "concerned", "reference", "code", "last_day", "happened_on", "receipt", "kept_until")
_ALWAYS = frozenset({"recipient_name", "concerned", "reference"})
_ANYONE = Sender("", "nobody", "", (), "", "", "", "", "nobody@organisme.example")
# What ends a line, for somebody at least, or is no character at all.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What is the same in a header, a text and a page, and fits a line of each.
_PLAIN = re.compile(r"[A-Za-z0-9-]{1,30}(?: [A-Za-z0-9-]{1,30})?").fullmatch
# Short and long, in one case and in both, with markup, so that a filter or a condition on a field gives something else.
_SAMPLES = ("A", f'zoé <b> & "L\'HOSTIS" {"x" * 90}')


class EmailNotice(NamedTuple):
    """One message to one person; a notice where no other is said.

    `tag` is the reference and its proof; `recipient` the address as declared to the body; `concerned` the name of a represented person.
    `code` is the twelve characters, not grouped, and `last_day` the last day to oppose, known since a message is sent when it is built:
    both where the message gives a code. `event` is what a receipt tells.
    """

    tag: str
    code: str
    kind: NoticeKind
    sender: Sender
    recipient: str
    recipient_name: str
    last_day: date | None
    concerned: str | None = None
    message: Message = Subject.NOTICE
    event: Event | None = None

    @property
    def reference(self) -> str:
        """The reference that the person reads."""
        return self.tag.partition(".")[0]


class _Shown(NamedTuple):
    """A name as a header, a text and a page show it."""

    phrase: bytes
    text: bytes
    markup: bytes


class NoticeWriter:
    """Writes messages from the templates of a folder; a skeleton is compiled for each wording of each sender, when it is first needed.

    `version` is that of the notice. Raises: BadTemplateError on load, with file and line, if a template cannot be used.
    """

    def __init__(self, templates_dir: Path) -> None:
        self._source = environment(templates_dir)
        self.versions: Mapping[Message, TemplateVersion] = template_versions(TemplateKind.EMAIL, templates_dir, MESSAGES)
        self.version = self.versions[Subject.NOTICE]
        self._skeletons: dict[tuple[str, str, str], Skeleton] = {}
        for message in MESSAGES:
            due = _ALWAYS | _told_by(message)
            check_placeholders(self._source, entry_of(TemplateKind.EMAIL, message), due | {"kind", "sender"}, due)
            for kind in _addressees(message):
                self._refuse_what_is_not_filled_alike(message, kind)

    def build(self, notice: EmailNotice, dated: datetime) -> bytes:
        """Return the message of one notice; see `build_all`."""
        return self.build_all([notice], dated)[0]

    def build_all(self, notices: Sequence[EmailNotice], dated: datetime) -> list[bytes]:
        """Return the message of each notice, ready for a relay; the same arguments give the same bytes.

        ASCII with CRLF, lines of text under 77 characters; an address whose local part is not ASCII is the only exception (RFC 6532).
        `dated` is an instant with its time zone. Raises: ValueError on a naive instant; UnusableAddressError; RuleError, naming only
        the reference, if the wording and what it is to tell do not agree.
        """
        if dated.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        date_header = format_datetime(dated).encode()
        return [self._skeleton(notice.message, notice.kind, notice.sender).fill(_pieces(notice, date_header)) for notice in notices]

    def texts(self, notice: EmailNotice) -> Texts:
        """Return the rendered texts of one message: what it says, the slow way."""
        return self._texts(notice.message, notice.kind, notice.sender, dict(zip(OPEN_FIELDS, _values(notice), strict=True)))

    def _texts(self, message: Message, kind: NoticeKind, sender: Sender, fields: Mapping[str, object]) -> Texts:
        page = render(self._source, entry_of(TemplateKind.EMAIL, message), {"kind": kind.value, "sender": sender.typeset(), **fields})
        return Texts(title(page), plain_text(page), page)

    def _skeleton(self, message: Message, kind: NoticeKind, sender: Sender) -> Skeleton:
        key = (message._value_, kind._value_, sender.code)
        found = self._skeletons.get(key)
        if found is None:
            texts = self._texts(message, kind, sender, open_fields(OPEN_FIELDS))
            found = self._skeletons[key] = compile_skeleton(sender, texts, len(OPEN_FIELDS))
        return found

    def _refuse_what_is_not_filled_alike(self, message: Message, kind: NoticeKind) -> None:
        """Compare what is compiled with what is rendered, for fields unlike each other. Raises: BadTemplateError."""
        compiled = self._texts(message, kind, _ANYONE, open_fields(OPEN_FIELDS))
        for sample in _SAMPLES:
            values = {name: f"{sample}{name}" for name in OPEN_FIELDS}
            shown = list(values.values())
            filled = (compiled.subject, put_in(compiled.text, shown), put_in(compiled.page, [str(escape(value)) for value in shown]))
            if filled != self._texts(message, kind, _ANYONE, values):
                entry = entry_of(TemplateKind.EMAIL, message)
                raise BadTemplateError(
                    f"{entry}:1: {', '.join(OPEN_FIELDS)} differ for each person: place them as they are, below the title"
                )


def _told_by(message: Message) -> frozenset[str]:
    if isinstance(message, Alert):
        return frozenset()
    return frozenset(message.event_fields) | (frozenset({"code", "last_day"}) if message.has_code else frozenset())


def _addressees(message: Message) -> tuple[NoticeKind, ...]:
    return tuple(NoticeKind) if isinstance(message, Alert) else message.addressees


def _require_agreement(notice: EmailNotice) -> None:
    """Refuse a message that would speak to the wrong person, or could not say all that it must."""
    given = {"code"} if notice.code else set()
    given |= {"last_day"} if notice.last_day else set()
    given |= set(notice.event.fields) if notice.event else set()
    if given != _told_by(notice.message) or notice.kind not in _addressees(notice.message) or not notice.kind.agrees_with(notice.concerned):
        wording = f"{notice.message.value} to {notice.kind.value}"
        raise RuleError(f"message {notice.reference}: the wording {wording} and what it is to tell do not agree")


def _values(notice: EmailNotice) -> tuple[str, ...]:
    """Return the fields of a message in the order of `OPEN_FIELDS`, empty where it has none."""
    _require_agreement(notice)
    event = notice.event or Event(date.min)
    return (
        _one_line(notice.recipient_name), _one_line(notice.concerned or ""), notice.reference,
        grouped(notice.code) if notice.code else "", *(french_date(day) if day else "" for day in (notice.last_day, event.happened_on)),
        event.receipt or "", french_date(event.kept_until) if event.kept_until else "",
    )  # fmt: skip


def _pieces(notice: EmailNotice, date_header: bytes) -> tuple[bytes, ...]:
    """Return what the skeleton of a message is filled with: the headers, the fields as text, the fields as markup."""
    name = _shown(notice.recipient_name)
    headers = (name.phrase, envelope_address(notice.recipient).encode(), date_header, notice.tag.encode())
    if notice.message is not Subject.NOTICE or not notice.code or notice.last_day is None:
        values = _values(notice)
        return (*headers, *map(inset, values), *(inset(str(escape(value))) for value in values))
    if not notice.kind.agrees_with(notice.concerned):
        _require_agreement(notice)
    concerned = _shown(notice.concerned or "")
    code, reference, day = grouped(notice.code).encode(), notice.reference.encode(), _shown_day(notice.last_day)
    return (
        *headers,
        name.text, concerned.text, reference, code, day, b"", b"", b"",
        name.markup, concerned.markup, reference, code, day, b"", b"", b"",
    )  # fmt: skip


def _one_line(name: str) -> str:
    return " ".join(_CONTROLS.sub(" ", name).split())


def _shown(name: str) -> _Shown:
    if _PLAIN(name):
        plain = name.encode()
        return _Shown(b'"%b"' % plain, plain, plain)
    name = _one_line(name)
    return _Shown(display_name(name), inset(name), inset(str(escape(name))))


@lru_cache(maxsize=64)
def _shown_day(day: date) -> bytes:
    return inset(french_date(day))
