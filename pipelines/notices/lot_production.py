"""Making lots: each composed, read again, sealed for its print house and handed over once; or made again, identical, when it was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipelines.campaign.window import last_day
from pipelines.notices.cancellation import making
from pipelines.notices.kind import Subject
from pipelines.notices.letter_dispatch import LetterDispatch, letters_to, people_by_letter
from pipelines.notices.letters.checks import check_lot
from pipelines.notices.letters.letter import Composition, Days, Letter
from pipelines.notices.print_lot import BUCKET, LotHead, make_lot, require_keys
from pipelines.notices.templates import TemplateVersion
from pipelines.platform.database import Counts, Work
from pipelines.platform.errors import FinalError, RuleError


class LotLostError(FinalError):
    """A lot cannot be made again as it was."""


@dataclass(frozen=True)
class _Composed:
    """The letters of a lot as they were meant and as they came out.

    `ranks` are those in the lot of the letters that were left out, `at_fault` the people because of whom.
    """

    letters: Sequence[Letter]
    days: Days
    composition: Composition
    postcodes: Sequence[str | None]
    ranks: Sequence[int]
    at_fault: Sequence[int]


def produce_lots(dispatch: LetterDispatch, lot_ids: Iterable[int], as_of: datetime) -> Counts:
    """Produce lots one after the other; return the sums. Safe to repeat. Raises what `produce_lot` raises: later lots are then not made."""
    total = Counter[str]()
    for lot_id in lot_ids:
        total.update(produce_lot(dispatch, lot_id, as_of))
    return dict(total)


def prove_version(dispatch: LetterDispatch, lot_ids: Iterable[int], as_of: datetime) -> Counts:
    """Produce lots, every letter of which is read again, until one of each template's version has left; none if these have already.

    Nothing else is produced before it returns: a template that does not read as it was meant stops the wave, not one lot.
    Raises what `produce_lot` raises.
    """
    total, waiting = Counter[str](), set(lot_ids)
    while unproved := _lots_to_prove(dispatch, waiting):
        waiting -= set(unproved)
        total.update(produce_lots(dispatch, unproved, as_of))
    return dict(total)


def _lots_to_prove(dispatch: LetterDispatch, lot_ids: Iterable[int]) -> list[int]:
    """Return, of some lots, the first of each template no lot of which has left."""
    with dispatch.db.transaction() as session:
        rows = session.all("notices/lots_to_prove", lot_ids=sorted(lot_ids), templates=dispatch.template_labels)
    return [row["lot_id"] for row in rows]


def _version(dispatch: LetterDispatch, lot: Mapping[str, Any]) -> TemplateVersion:
    """Return the version in place of what the letters of a lot are about."""
    return dispatch.press.versions[Subject(lot["subject"])]


def produce_lot(dispatch: LetterDispatch, lot_id: int, as_of: datetime) -> Counts:
    """Compose the letters of a lot, read them again, seal them, put them where the print house fetches them, then hand the lot over.

    Safe to repeat, and to kill: the same lot gives the same PDF under the same keys; the manifest, which makes the lot visible,
    is written last; a lot that is handed over, paused or cancelled is left alone. The window starts with the deposit, not here.
    Raises: LotCheckError, before anything is written, where the lot does not read as it was meant; PrinterKeyError; RetryableError if
    another process makes or cancels this lot.
    """
    with dispatch.db.exclusively(making(lot_id)):
        return _produce(dispatch, lot_id, as_of)


def _produce(dispatch: LetterDispatch, lot_id: int, as_of: datetime) -> Counts:
    with dispatch.db.transaction() as session:
        lot = session.one("notices/find_lot", lot_id=lot_id)
        due = session.all("notices/lots_to_produce", content=dispatch.content, lot_id=lot_id)
    version = _version(dispatch, lot)
    if not due:
        return {"lots": 0, "letters": 0, "pages": 0, "slow": 0, "refused": 0}
    made = _compose(dispatch, lot)
    composition = made.composition
    if composition.placed:
        check_lot(lot_id, composition, made.letters, made.days, dispatch.press.skeleton, whole=bool(_lots_to_prove(dispatch, [lot_id])))
        _put(dispatch, lot, made)
    handed_over_at = dispatch.clock.present(as_of)

    def settle(work: Work) -> Counts:
        if made.ranks:
            work.run("notices/leave_out_letters", lot_id=lot_id, lot_ranks=made.ranks, at_fault=made.at_fault)
        if composition.placed:
            work.run(
                "notices/hand_over_lot",
                lot_id=lot_id, pages=composition.pages, pdf_sha256=composition.sha256, template=version.label,
                handed_over_at=handed_over_at,
            )  # fmt: skip
        else:
            work.run("notices/close_empty_lot", lot_id=lot_id)
        return {
            "lots": 1, "letters": len(composition.placed), "pages": composition.pages, "slow": composition.slow, "refused": len(made.ranks),
        }  # fmt: skip

    return dispatch.db.once("produce_lot", str(lot_id), as_of, settle).counts


def remake_lot(dispatch: LetterDispatch, lot_id: int, as_of: datetime, actor: str = "pipeline") -> Counts:
    """Write a lot again under its keys, letter for letter and byte for byte as before; a refused lot is thereby handed over anew.

    Works whatever became of the lot and of the people's names since, and starts no window. Safe to repeat.
    Raises: RuleError if there is no such lot, it was never handed over, or was withdrawn; LotLostError, before anything is written, if
    another version of the template or of what lays it out is in place, so that the letters would differ; RetryableError if another
    process makes or withdraws this lot.
    """
    with dispatch.db.exclusively(making(lot_id)):
        return _remake(dispatch, lot_id, as_of, actor)


def _remake(dispatch: LetterDispatch, lot_id: int, as_of: datetime, actor: str) -> Counts:
    with dispatch.db.transaction() as session:
        found = session.all("notices/find_lot", lot_id=lot_id)
    if not found or found[0]["pdf_sha256"] is None:
        raise RuleError(f"lot {lot_id} was never handed over: there is nothing to make again")
    if found[0]["status"] == "WITHDRAWN":
        raise RuleError(f"lot {lot_id} was withdrawn: its letters leave in other lots")
    lot = dict(found[0])
    label = _version(dispatch, lot).label
    if lot["template"] != label:
        raise LotLostError(f"lot {lot_id} was made with {lot['template']}, and {label} is in place: put that version of the template back")
    made = _compose(dispatch, lot)
    if made.composition.sha256 != lot["pdf_sha256"]:
        raise LotLostError(f"lot {lot_id} would not be what was handed over: what lays letters out has changed; give the copy in the store")
    _put(dispatch, lot, made)

    def note(work: Work) -> Counts:
        return {"lots": work.run("notices/note_remake", lot_id=lot_id, remakes=lot["remakes"]), "letters": len(made.composition.placed)}

    return dispatch.db.once("remake_lot", f"{lot_id}/{lot['remakes'] + 1}", as_of, note, actor=actor).counts


def _compose(dispatch: LetterDispatch, lot: Mapping[str, Any]) -> _Composed:
    with dispatch.db.transaction() as session:
        rows = session.all("notices/lot_letters", lot_id=lot["lot_id"])
    by_letter = people_by_letter(rows)
    letters = letters_to(by_letter, dispatch.code_keys, dispatch.reference_key)
    days = Days(lot["prepared_for"], last_day(lot["prepared_for"]))
    composition = dispatch.press.compose(letters, days)
    refused = {reference for reference, _ in composition.refused}
    meant = list(zip(by_letter, letters, strict=True))
    left_out = [(people, letter) for people, letter in meant if letter.reference in refused]
    return _Composed(
        letters,
        days,
        composition,
        [people[0]["postcode"] for people, letter in meant if letter.reference not in refused],
        [people[0]["letter_no"] for people, _ in left_out],
        [person_id for people, letter in left_out for person_id in _at_fault(dispatch, people, letter, days)],
    )


def _at_fault(dispatch: LetterDispatch, people: Sequence[Mapping[str, Any]], letter: Letter, days: Days) -> list[int]:
    """Return whose names keep a letter from being printed: all whom it concerns, where it is the address or the recipient."""
    alone = [replace(letter, variant=replace(letter.variant, people=1), people=(person,)) for person in letter.people]
    faulty = [bool(dispatch.press.compose([one], days).refused) for one in alone]
    return [row["person_id"] for row, is_faulty in zip(people, faulty, strict=True) if is_faulty or not any(faulty)]


def _put(dispatch: LetterDispatch, lot: Mapping[str, Any], made: _Composed) -> None:
    """Seal the letters of a lot and write its objects, the manifest last."""
    kind = made.letters[0].variant.kind
    head = LotHead(lot["lot_id"], lot["printer"], lot["body"], kind.value, lot["large_print"], lot["prepared_for"])
    keys = require_keys(dispatch.printers, lot["printer"])
    for name, content in make_lot(head, made.composition, made.postcodes, _version(dispatch, lot), *keys).objects:
        dispatch.store.put(BUCKET, name, content)
