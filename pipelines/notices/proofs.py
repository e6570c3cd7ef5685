"""Proofs: real letters of a wave, of each wording of each body, as files to be looked at before anything is printed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from pipelines.campaign.window import last_day
from pipelines.notices.letter_dispatch import LetterDispatch, lot_letters
from pipelines.notices.letters.letter import MOST_PEOPLE, Days, Letter
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Work
from pipelines.platform.errors import FinalError
from pipelines.registry.birth_date import MAJORITY

LETTERS_A_VARIANT = 3


@dataclass(frozen=True)
class Proof:
    """One file: the letters of one wording of one body; `refused` of them can be shown by no font or line."""

    file: Path
    letters: int
    refused: int


def make_proofs(dispatch: LetterDispatch, wave_id: int, out: Path, actor: str, reason: str, as_of: datetime) -> list[Proof]:
    """Write, for each wording of each body, the letters of a wave with the longest lines, as if they were made today.

    They are as secret as what is posted: who looked at them and why is kept in the journey of everyone whose name they show.
    Raises: FinalError if no letter of the wave waits.
    """
    dated = legal_day(as_of)
    with dispatch.db.transaction() as session:
        binds = {"letters": LETTERS_A_VARIANT, "people_a_letter": MOST_PEOPLE, "majority_years": MAJORITY}
        rows = session.all("notices/proof_letters", wave_id=wave_id, **binds)
    if not rows:
        raise FinalError(f"no letter of the wave {wave_id} waits: proofs are made before letters leave")
    people = {row[who] for row in rows for who in ("person_id", "recipient_id")}

    def note(work: Work) -> Counts:
        noted = [work.run("platform/note_consultation", person_id=person_id, reason=reason) for person_id in sorted(people)]
        return {"consulted": sum(noted)}

    dispatch.db.once("proof_letters", f"{wave_id}/{actor}/{as_of.isoformat()}", as_of, note, actor=actor)
    letters = lot_letters(rows, dispatch.code_key, dispatch.reference_key)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    days = Days(dated, last_day(dated))
    return [_write(dispatch, list(same), days, out) for _, same in groupby(letters, _file_name)]


def _file_name(letter: Letter) -> str:
    variant = letter.variant
    return f"{variant.sender.code}-{variant.kind.value}{'-large' if variant.large_print else ''}.pdf"


def _write(dispatch: LetterDispatch, letters: Sequence[Letter], days: Days, out: Path) -> Proof:
    composition = dispatch.press.compose(letters, days)
    file = out / _file_name(letters[0])
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(composition.pdf)
    return Proof(file, len(composition.placed), len(composition.refused))
