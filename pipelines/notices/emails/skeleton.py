"""A message whose personal parts are left open: compiled once from the rendered texts, filled with bytes for each person."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.header import Header
from operator import itemgetter
from typing import NamedTuple, NoReturn

from pipelines.notices.emails.mailbox import display_name, envelope_address
from pipelines.notices.emails.quoted_printable import SOFT_BREAK, passage
from pipelines.notices.sender import Sender
from pipelines.notices.templates import BadTemplateError

# Quoted-printable never gives `=_`: no text can look like the end of a part.
BOUNDARY = b"=_espace-sante"
HEADER_PIECES = ("to", "address", "date", "tag")
_FIRST_MARK = 0xE000  # private use: no template types it, no filter of letters changes it
_MARK = re.compile("([\ue000-\ue0ff])")


class OpenField:
    """Stands in a template for a text that differs from person to person: it may be placed, never changed nor tested."""

    def __init__(self, name: str, rank: int) -> None:
        self._name = name
        self._mark = chr(_FIRST_MARK + rank)

    def __str__(self) -> str:
        return self._mark

    __html__ = __str__

    def _refused(self, *_: object) -> NoReturn:
        raise BadTemplateError(f"email:1: {self._name} and the like differ for each person: place them as they are")

    __bool__ = __eq__ = __lt__ = __gt__ = __len__ = __iter__ = __getitem__ = __add__ = __mod__ = __contains__ = _refused
    __hash__ = None  # type: ignore[assignment]


class Texts(NamedTuple):
    """The rendered texts of a message: one line of subject, plain text, page."""

    subject: str
    text: str
    page: str


@dataclass(frozen=True)
class Skeleton:
    """The bytes of a message with a gap for each piece that is used, and which pieces these are, in order."""

    template: bytes
    chosen: Callable[[Sequence[bytes]], tuple[bytes, ...]]

    def fill(self, pieces: Sequence[bytes]) -> bytes:
        """Return the message with its pieces: `HEADER_PIECES`, each field as text, each field as markup."""
        return self.template % self.chosen(pieces)


def open_fields(names: Sequence[str]) -> dict[str, OpenField]:
    """Return what a template is rendered with, to be compiled."""
    return {name: OpenField(name, rank) for rank, name in enumerate(names)}


def put_in(text: str, values: Sequence[str]) -> str:
    """Return a text rendered with `open_fields`, its fields replaced by values in their order."""
    return _MARK.sub(lambda found: values[ord(found[0]) - _FIRST_MARK], text)


def compile_skeleton(sender: Sender, texts: Texts, fields: int) -> Skeleton:
    """Compile texts that were rendered with `open_fields`, so many, into the message of a sender."""
    parts = [(b"plain", texts.text, len(HEADER_PIECES)), (b"html", texts.page, len(HEADER_PIECES) + fields)]
    template, order = _headers(sender, texts.subject), list(range(len(HEADER_PIECES)))
    for subtype, text, first in parts:
        body, used = _encoded(text)
        template += (
            b'\r\n--%b\r\nContent-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
            % (BOUNDARY, subtype)
        ) + body
        order += [first + rank for rank in used]
    return Skeleton(template + b"\r\n--%b--\r\n" % BOUNDARY, itemgetter(*order))


def _headers(sender: Sender, subject: str) -> bytes:
    address = envelope_address(sender.email)
    lines = [
        b"From: " + _unfilled(b"%b\r\n <%b>" % (display_name(sender.name), address.encode())),
        b"To: %b\r\n <%b>",
        b"Subject: " + _unfilled(Header(subject, "utf-8", header_name="Subject").encode(linesep="\r\n").encode()),
        b"Date: %b",
        b"Message-ID: <%b@" + address.rpartition("@")[2].encode() + b">",
        b"Auto-Submitted: auto-generated",
        b"Content-Language: fr",
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/alternative; boundary="' + BOUNDARY + b'"',
    ]
    return b"\r\n".join([*lines, b""])


def _encoded(text: str) -> tuple[bytes, list[int]]:
    """Return a body with a gap on a line of its own for each mark, and the ranks of the fields in these gaps."""
    pieces = _MARK.split(text if text.endswith("\n") else f"{text}\n")
    gap = SOFT_BREAK + b"%b" + SOFT_BREAK
    return gap.join(_unfilled(passage(piece)) for piece in pieces[::2]), [ord(mark) - _FIRST_MARK for mark in pieces[1::2]]


def _unfilled(fixed: bytes) -> bytes:
    return fixed.replace(b"%", b"%%")
