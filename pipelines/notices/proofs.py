"""Proofs: real letters and e-mails of a wave, of each wording of each body, to be looked at before anything leaves.

Names and addresses are those of people, so that what does not fit is seen; codes are invented, so that nobody reads one that counts.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from secrets import token_bytes

from pipelines.campaign.window import last_day
from pipelines.notices.email_dispatch import email_notices
from pipelines.notices.emails.message import EmailNotice
from pipelines.notices.letter_dispatch import LetterDispatch, lot_letters
from pipelines.notices.letters.letter import Days, Letter
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import FinalError

LETTERS_A_VARIANT = 3
KEY_BYTES = 32


@dataclass(frozen=True)
class Look:
    """Who looks at proofs and why; it is kept in the journey of everyone whose name they show."""

    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Proof:
    """One file: the letters of one wording of one body; `refused` of them can be shown by no font or line."""

    file: Path
    letters: int
    refused: int


def proof_letters(dispatch: LetterDispatch, wave_id: int, letters_a_variant: int, look: Look) -> list[Letter]:
    """Return, for each wording of each body in each size of print, the letters of a wave that wait with the longest lines."""
    with dispatch.db.transaction() as session:
        rows = session.all("notices/proof_letters", wave_id=wave_id, letters=letters_a_variant)
    note_look(dispatch.db, f"letters of {wave_id}", {row[who] for row in rows for who in ("person_id", "recipient_id")}, look)
    return lot_letters(rows, invented_keys(), dispatch.reference_key)


def proof_emails(dispatch: LetterDispatch, wave_id: int, emails_a_wording: int, look: Look) -> list[EmailNotice]:
    """Return, for each wording of each body, the e-mails of a wave that wait with the longest names or an address that is not plain."""
    with dispatch.db.transaction() as session:
        rows = session.all("notices/proof_emails", wave_id=wave_id, emails=emails_a_wording)
    note_look(dispatch.db, f"e-mails of {wave_id}", {row[who] for row in rows for who in ("person_id", "recipient_id")}, look)
    return email_notices([dict(row) for row in rows], invented_keys(), dispatch.reference_key, look.at)


def invented_keys() -> Mapping[int, bytes]:
    """Return keys of codes that are nobody's, whatever version is asked for."""
    return defaultdict(lambda: token_bytes(KEY_BYTES))


def note_look(db: Database, what: str, people: set[int], look: Look) -> None:
    """Keep in the journey of each of these people that somebody looked at their names, and why."""

    def note(work: Work) -> Counts:
        noted = [work.run("platform/note_consultation", person_id=person_id, reason=look.reason) for person_id in sorted(people)]
        return {"consulted": sum(noted)}

    db.once("look_at_proofs", f"{what}/{look.actor}/{look.at.isoformat()}", look.at, note, actor=look.actor)


def write_proofs(dispatch: LetterDispatch, wave_id: int, out: Path, look: Look) -> list[Proof]:
    """Write the letters of `proof_letters` as if they were made today, a file for each wording of each body, mode 600.

    Raises: FinalError if no letter of the wave waits.
    """
    letters = proof_letters(dispatch, wave_id, LETTERS_A_VARIANT, look)
    if not letters:
        raise FinalError(f"no letter of the wave {wave_id} waits: proofs are made before letters leave")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    dated = legal_day(look.at)
    days = Days(dated, last_day(dated))
    return [_write(dispatch, list(same), days, out) for _, same in groupby(letters, _file_name)]


def _file_name(letter: Letter) -> str:
    variant = letter.variant
    return f"{variant.sender.code}-{variant.subject.value}-{variant.kind.value}{'-large' if variant.large_print else ''}.pdf"


def _write(dispatch: LetterDispatch, letters: Sequence[Letter], days: Days, out: Path) -> Proof:
    composition = dispatch.press.compose(letters, days)
    file = out / _file_name(letters[0])
    write_privately(file, composition.pdf)
    return Proof(file, len(composition.placed), len(composition.refused))


def write_privately(file: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, in the place of one that is there."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
