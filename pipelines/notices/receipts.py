"""A receipt made again, on paper: for whoever asks the telephone line or a desk for the proof of what they asked."""

from __future__ import annotations

from pipelines.campaign.window import last_day
from pipelines.notices.letter_dispatch import LetterDispatch, lot_letters
from pipelines.notices.letters.letter import Days
from pipelines.notices.proofs import Look, invented_keys, note_look
from pipelines.platform.errors import FinalError


def receipt_pdf(dispatch: LetterDispatch, number: str, look: Look) -> bytes:
    """Return the receipt of a number (`OPP-812-1`) as a letter dated of the day of what it proves; the look is kept in the journey.

    The same number always gives the same bytes, with the templates of the same version: names and address are those with which the
    receipt was first sent. Raises: FinalError where no receipt of that number was sent, or where no font can show it.
    """
    with dispatch.db.transaction() as session:
        rows = session.all("notices/receipt", receipt=number)
    if not rows:
        raise FinalError("no receipt of this number was sent: check it; it leaves on the working day after the request was taken in")
    note_look(dispatch.db, f"receipt {number}", {rows[0]["person_id"], rows[0]["recipient_id"]}, look)
    dated = rows[0]["happened_on"]
    composition = dispatch.press.compose(lot_letters(rows, invented_keys(), dispatch.reference_key), Days(dated, last_day(dated)))
    if composition.refused:
        raise FinalError("this receipt holds a character or a line that no letter can show: have the registry corrected")
    return composition.pdf
