"""A notice as an e-mail: text and page of the same content, headers that say what it is, nothing that tracks or acts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from markupsafe import escape

from pipelines.notices.code_format import grouped
from pipelines.notices.emails.mailbox import display_name, envelope_address
from pipelines.notices.emails.quoted_printable import inset
from pipelines.notices.emails.skeleton import Skeleton, Texts, compile_skeleton, open_fields, put_in
from pipelines.notices.french_text import french_date
from pipelines.notices.kind import NoticeKind
from pipelines.notices.sender import Sender
from pipelines.notices.templates import (
    BadTemplateError,
    TemplateKind,
    TemplateVersion,
    check_placeholders,
    environment,
    render,
    template_version,
)
from pipelines.platform.errors import RuleError

SUBJECT, TEXT, PAGE = "email/notice.subject.j2", "email/notice.txt.j2", "email/notice.html.j2"
OPEN_FIELDS = ("recipient_name", "concerned", "code", "reference", "last_day")
FIELDS = frozenset({"kind", "sender", *OPEN_FIELDS})
_ANYONE = Sender("", "nobody", "", (), "", "", "", "", "nobody@organisme.example")
# What ends a line, for somebody at least, or is no character at all.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What is the same in a header, a text and a page, and fits a line of each.
_PLAIN = re.compile(r"[A-Za-z0-9-]{1,30}(?: [A-Za-z0-9-]{1,30})?").fullmatch


class EmailNotice(NamedTuple):
    """One notice by e-mail.

    `tag` is the reference and its proof; `recipient` the address as declared to the body; `code` the twelve characters, not grouped;
    `last_day` the last day to oppose, known since a message is sent when it is built; `concerned` the name of a represented person.
    """

    tag: str
    code: str
    kind: NoticeKind
    sender: Sender
    recipient: str
    recipient_name: str
    last_day: date
    concerned: str | None = None

    @property
    def reference(self) -> str:
        """The reference that the person reads."""
        return self.tag.partition(".")[0]


class _Shown(NamedTuple):
    """A name as a header, a text and a page show it."""

    phrase: bytes
    text: bytes
    markup: bytes


_NOBODY = _Shown(b"", b"", b"")


class NoticeWriter:
    """Writes notices from the templates of a folder; a skeleton is compiled for each wording of each sender, when it is first needed.

    Raises: BadTemplateError on load, with file and line, if a template cannot be used.
    """

    def __init__(self, templates_dir: Path) -> None:
        self._source = environment(templates_dir)
        for entry, required in ((SUBJECT, frozenset({"kind"})), (TEXT, FIELDS), (PAGE, FIELDS)):
            check_placeholders(self._source, entry, FIELDS, required)
        self.version: TemplateVersion = template_version(TemplateKind.EMAIL, templates_dir)
        self._skeletons: dict[tuple[str, str], Skeleton] = {}
        for kind in NoticeKind:
            self._refuse_what_is_not_filled_alike(kind)

    def build(self, notice: EmailNotice, dated: datetime) -> bytes:
        """Return the message of one notice; see `build_all`."""
        return self.build_all([notice], dated)[0]

    def build_all(self, notices: Sequence[EmailNotice], dated: datetime) -> list[bytes]:
        """Return the message of each notice, ready for a relay; the same arguments give the same bytes.

        ASCII with CRLF, lines of text under 77 characters; an address whose local part is not ASCII is the only exception (RFC 6532).
        `dated` is an instant with its time zone. Raises: ValueError on a naive instant; UnusableAddressError; RuleError, naming only
        the reference, if the wording and the person concerned do not agree.
        """
        if dated.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        date_header = format_datetime(dated).encode()
        return [self._skeleton(notice.kind, notice.sender).fill(_pieces(notice, date_header)) for notice in notices]

    def texts(self, notice: EmailNotice) -> Texts:
        """Return the rendered texts of one notice: what its message says, the slow way."""
        _require_agreement(notice)
        name, concerned = (_CONTROLS.sub(" ", text or "") for text in (notice.recipient_name, notice.concerned))
        values = (name, concerned, grouped(notice.code), notice.reference, french_date(notice.last_day))
        return self._texts(notice.kind, notice.sender, dict(zip(OPEN_FIELDS, values, strict=True)))

    def _texts(self, kind: NoticeKind, sender: Sender, fields: Mapping[str, object]) -> Texts:
        values = {"kind": kind.value, "sender": sender.typeset(), **fields}
        subject, text, page = (render(self._source, entry, values) for entry in (SUBJECT, TEXT, PAGE))
        return Texts(" ".join(subject.split()), text, page)

    def _skeleton(self, kind: NoticeKind, sender: Sender) -> Skeleton:
        key = (kind._value_, sender.code)
        found = self._skeletons.get(key)
        if found is None:
            texts = self._texts(kind, sender, open_fields(OPEN_FIELDS))
            found = self._skeletons[key] = compile_skeleton(sender, texts, len(OPEN_FIELDS))
        return found

    def _refuse_what_is_not_filled_alike(self, kind: NoticeKind) -> None:
        """Compare what is compiled with what is rendered, for fields unlike each other. Raises: BadTemplateError."""
        compiled = self._texts(kind, _ANYONE, open_fields(OPEN_FIELDS))
        for sample in _SAMPLES:
            values = {name: f"{sample}{name}" for name in OPEN_FIELDS}
            rendered = self._texts(kind, _ANYONE, values)
            shown = list(values.values())
            filled = (compiled.subject, put_in(compiled.text, shown), put_in(compiled.page, [str(escape(value)) for value in shown]))
            for entry, one, other in zip((SUBJECT, TEXT, PAGE), rendered, filled, strict=True):
                if one != other:
                    raise BadTemplateError(f"{entry}:1: {', '.join(OPEN_FIELDS)} differ for each person: place them as they are")


# Short and long, in one case and in both, with markup, so that a filter or a condition on a field gives something else.
_SAMPLES = ("A", f'zoé <b> & "L\'HOSTIS" {"x" * 90}')


def _require_agreement(notice: EmailNotice) -> None:
    if not notice.kind.agrees_with(notice.concerned):
        raise RuleError(f"notice {notice.reference}: the wording {notice.kind.value} and the person concerned do not agree")


def _pieces(notice: EmailNotice, date_header: bytes) -> tuple[bytes, ...]:
    """Return what the skeleton of a notice is filled with: the headers, the fields as text, the fields as markup."""
    _require_agreement(notice)
    name = _shown(notice.recipient_name)
    concerned = _NOBODY if notice.concerned is None else _shown(notice.concerned)
    code, reference, day = grouped(notice.code).encode(), notice.reference.encode(), _shown_day(notice.last_day)
    return (
        name.phrase, envelope_address(notice.recipient).encode(), date_header, notice.tag.encode(),
        name.text, concerned.text, code, reference, day,
        name.markup, concerned.markup, code, reference, day,
    )  # fmt: skip


def _shown(name: str) -> _Shown:
    if _PLAIN(name):
        plain = name.encode()
        return _Shown(b'"%b"' % plain, plain, plain)
    name = _CONTROLS.sub(" ", name)
    return _Shown(display_name(" ".join(name.split())), inset(name), inset(str(escape(name))))


@lru_cache(maxsize=64)
def _shown_day(day: date) -> bytes:
    return inset(french_date(day))
