"""What a wave would send, as pictures of letters and as messages: what a second person looks at before deciding."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import groupby

import pypdfium2

from pipelines.campaign.window import last_day
from pipelines.notices.emails.message import EmailNotice, NoticeWriter
from pipelines.notices.letter_dispatch import LetterDispatch
from pipelines.notices.letters.letter import Composition, Days, Letter
from pipelines.notices.proofs import Look, proof_emails, proof_letters
from pipelines.platform.clock import legal_day

LETTERS_TRIED, EMAILS_A_WORDING = 3, 1
PICTURE_DPI = 80
GREYS = 16


@dataclass(frozen=True)
class LetterSample:
    """One wording of one body in one size of print, for so many people: the pages of a letter as PNG, none where none can be printed.

    `refusals` are the reasons why letters with longer lines were left out.
    """

    body: str
    about: str
    kind: str
    people: int
    large_print: bool
    pages: tuple[bytes, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class EmailSample:
    """One message, read again from its bytes as a mail program would."""

    body: str
    about: str
    kind: str
    sender: str
    subject: str
    page: str
    text: str


def letter_samples(dispatch: LetterDispatch, wave_id: int, look: Look) -> list[LetterSample]:
    """Return, of each wording of each body in each size of print, the letter with most people and the longest lines that can be printed."""
    letters = proof_letters(dispatch, wave_id, LETTERS_TRIED, look)
    if not letters:
        return []
    dated = legal_day(look.at)
    composition = dispatch.press.compose(letters, Days(dated, last_day(dated)))
    with closing(pypdfium2.PdfDocument(composition.pdf)) as document:
        alike = groupby(
            letters, lambda letter: (letter.variant.sender.code, letter.variant.subject, letter.variant.kind, letter.variant.large_print)
        )
        return [_letter_sample(list(same), composition, document) for _, same in alike]


def _letter_sample(letters: Sequence[Letter], composition: Composition, document: pypdfium2.PdfDocument) -> LetterSample:
    placed, refused = {at.reference: at for at in composition.placed}, dict(composition.refused)
    shown = next((letter for letter in letters if letter.reference in placed), letters[0])
    at = placed.get(shown.reference)
    return LetterSample(
        shown.variant.sender.code,
        shown.variant.subject.value,
        shown.variant.kind.value,
        shown.variant.people,
        shown.variant.large_print,
        tuple(_pictures(document, at.first_page - 1, at.pages)) if at else (),
        tuple(refused[letter.reference].value for letter in letters if letter.reference in refused),
    )


def _pictures(document: pypdfium2.PdfDocument, first: int, pages: int) -> Iterator[bytes]:
    for number in range(first, first + pages):
        with closing(document[number]) as page:
            picture = page.render(scale=PICTURE_DPI / 72).to_pil().convert("L").quantize(GREYS)
        content = io.BytesIO()
        picture.save(content, "PNG", optimize=True)
        yield content.getvalue()


def email_samples(dispatch: LetterDispatch, writer: NoticeWriter, wave_id: int, look: Look) -> list[EmailSample]:
    """Return one message of each wording of each body."""
    notices = proof_emails(dispatch, wave_id, EMAILS_A_WORDING, look)
    return [_email_sample(notice, built) for notice, built in zip(notices, writer.build_all(notices, look.at), strict=True)]


def _email_sample(notice: EmailNotice, built: bytes) -> EmailSample:
    message: EmailMessage = message_from_bytes(built, policy=policy.default)
    parts = {kind: part.get_content() for kind in ("html", "plain") if (part := message.get_body((kind,))) is not None}
    return EmailSample(
        notice.sender.code,
        notice.message.value,
        notice.kind.value,
        str(message["From"]),
        str(message["Subject"]),
        parts.get("html", ""),
        parts.get("plain", ""),
    )
