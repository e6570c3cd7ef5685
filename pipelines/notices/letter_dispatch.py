"""Making the letters that wait: gathered into presorted lots, each composed, sealed for the print house and handed over once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from pipelines.campaign import opposition_code
from pipelines.campaign.policy import Policy
from pipelines.campaign.window import last_day
from pipelines.notices.addressee import address_lines, concerned, kind_of, sender_of
from pipelines.notices.kind import NoticeKind
from pipelines.notices.letters.checks import check_lot
from pipelines.notices.letters.letter import Composition, Days, Letter, Variant
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.print_lot import Lot, make_lot
from pipelines.notices.reference import NoticeId, references
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.object_store import ObjectStore
from pipelines.registry.birth_date import MAJORITY

BUCKET = "print"


@dataclass(frozen=True)
class LetterDispatch:
    """What making lots needs: the database, the store, the press, the print house's key, the code keys, the clock."""

    db: Database
    store: ObjectStore
    policy: Policy
    press: LetterPress
    printer_recipient: str
    code_key: bytes
    reference_key: bytes
    clock: Clock


def assign_lots(dispatch: LetterDispatch, as_of: datetime) -> list[int]:
    """Gather the letters that wait in approved waves into lots presorted by postcode; return the lots to produce.

    Safe to repeat: a run assigns once (unit: its instant). Lots that an earlier, killed run left are returned too.
    """
    binds = {"letters_a_lot": dispatch.policy.letters_a_lot, "template": dispatch.press.version.label}
    dispatch.db.once("assign_lots", as_of.isoformat(), as_of, lambda work: work.one("notices/assign_lots", work_id=work.work_id, **binds))
    with dispatch.db.transaction() as session:
        return [row["lot_id"] for row in session.all("notices/lots_to_produce")]


def produce_lot(dispatch: LetterDispatch, lot_id: int, as_of: datetime) -> Counts:
    """Compose the letters of a lot, read them again, seal them, put them where the print house fetches them, then hand the lot over.

    Safe to repeat, and to kill: the same lot gives the same PDF under the same keys; the manifest, which makes the lot visible,
    is written last; a lot that is handed over is left alone. The window starts with the deposit, not here.
    Raises: LotCheckError, before anything is written, where the lot does not read as it was meant.
    """
    with dispatch.db.transaction() as session:
        found = session.one("notices/find_lot", lot_id=lot_id)
        dated = legal_day(found["as_of"])
        rows = session.all("notices/lot_letters", lot_id=lot_id, majority_years=MAJORITY, day=dated)
        in_use = session.one("notices/template_in_use", template=dispatch.press.version.label)["in_use"]
    if found["status"] != "PLANNED":
        return {"letters": found["letters"], "pages": found["pages"] or 0, "slow": 0, "refused": 0}
    letters = lot_letters(rows, dispatch.code_key, dispatch.reference_key)
    days = Days(dated, last_day(dated))
    composition = dispatch.press.compose(letters, days)
    refused = {reference for reference, _ in composition.refused}
    printed = [row for row, letter in zip(rows, letters, strict=True) if letter.reference not in refused]
    left_out = [row["lot_rank"] for row, letter in zip(rows, letters, strict=True) if letter.reference in refused]
    lot = None
    if printed:
        check_lot(lot_id, composition, letters, days, dispatch.press.skeleton, whole=not in_use)
        lot = _put_lot(dispatch, lot_id, composition, [row["postcode"] for row in printed], dated)
    counts = {"letters": len(printed), "pages": composition.pages, "slow": composition.slow, "refused": len(left_out)}
    handed_over_at = dispatch.clock.present(as_of)

    def settle(work: Work) -> Counts:
        if left_out:
            work.run("notices/leave_out_letters", lot_id=lot_id, lot_ranks=left_out)
        if lot is None:
            work.run("notices/close_empty_lot", lot_id=lot_id)
        else:
            work.run(
                "notices/hand_over_lot",
                lot_id=lot_id, pages=composition.pages, pdf_sha256=lot.pdf_sha256, template=dispatch.press.version.label,
                handed_over_at=handed_over_at,
            )  # fmt: skip
        return counts

    return dispatch.db.once("produce_lot", str(lot_id), as_of, settle).counts


def _put_lot(dispatch: LetterDispatch, lot_id: int, composition: Composition, postcodes: list[str], dated: date) -> Lot:
    """Seal the letters of a lot and write its objects, the manifest last."""
    lot = make_lot(lot_id, composition, postcodes, dispatch.press.version, dated, dispatch.printer_recipient)
    for key, content in lot.objects:
        dispatch.store.put(BUCKET, key, content)
    return lot


def lot_letters(rows: Sequence[Any], code_key: bytes, reference_key: bytes) -> list[Letter]:
    """Return the letters of rows of `notices/lot_letters`, in their order, each with its reference and its code."""
    notices = [NoticeId(row["campaign_id"], row["person_id"], row["attempt_no"]) for row in rows]
    codes = opposition_code.derive_all(code_key, notices)
    return [
        Letter(reference, code, address_lines(row), _variant(kind_of(row), row["body"]), concerned(row))
        for row, reference, code in zip(rows, references(reference_key, notices), codes, strict=True)
    ]


@cache
def _variant(kind: NoticeKind, body: str) -> Variant:
    return Variant(kind, sender_of(body))
