"""Gathering the letters that wait into lots of one body and one wording, dealt to print houses and announced; and what each letter says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate, groupby, islice
from operator import itemgetter
from typing import Any

from pipelines.campaign import opposition_code
from pipelines.campaign.approved_content import Content, require_approved_content
from pipelines.campaign.policy import Policy
from pipelines.campaign.steps import withdraw
from pipelines.campaign.working_days import deposit_day
from pipelines.notices.addressee import address_lines, concerned, event_of, kind_of, sender_of
from pipelines.notices.announcements import announce_lots
from pipelines.notices.cancellation import take_back_letters
from pipelines.notices.kind import NoticeKind, Subject
from pipelines.notices.letters.letter import Concerned, Letter, Variant
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.messages import address
from pipelines.notices.print_lot import require_keys
from pipelines.notices.reference import NoticeId, references
from pipelines.notices.templates import labels
from pipelines.platform.clock import Clock
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.object_store import ObjectStore

# Tasks, not lots, are what Airflow counts: 33 million letters are 6,600 lots and some 200 tasks, each of minutes.
LOTS_A_TASK = 32
_NOTICE = itemgetter("campaign_id", "person_id", "attempt_no")


@dataclass(frozen=True)
class LetterDispatch:
    """What making lots needs: database, store, policy, press, the print houses' public keys by name, the keys of codes and references.

    `code_keys` are by version; `content` is what letters say, with which their waves must have been approved.
    """

    db: Database
    store: ObjectStore
    policy: Policy
    press: LetterPress
    printers: Mapping[str, Sequence[str]]
    code_keys: Mapping[int, bytes]
    reference_key: bytes
    clock: Clock
    content: Content

    @property
    def template_labels(self) -> str:
        """The versions in place of the templates of what attempts tell, as statements take them."""
        return labels(self.press.versions)


def assign_lots(dispatch: LetterDispatch, as_of: datetime) -> list[list[int]]:
    """Gather the letters that wait in approved waves into lots, announce these, and return the lots to produce, those of one task together.

    Who died or left since the planning is withdrawn, and messages that wait are addressed, in the same transaction.
    Safe to repeat: a run assigns once (unit: its instant). Lots that an earlier, killed run left are returned too.
    Raises, before anything is gathered: UnapprovedContentError; PrinterKeyError where the key of a print house is missing.
    """
    policy = dispatch.policy
    require_approved_content(dispatch.db, dispatch.content)
    for printer in policy.printers:
        require_keys(dispatch.printers, printer)
    binds = {
        "letters_a_lot": policy.letters_a_lot,
        "printers": list(policy.printers),
        "prepared_for": deposit_day(dispatch.clock.present(as_of), policy.cut_off_hour),
        "templates": dispatch.template_labels,
        "content": dispatch.content,
    }

    def assign(work: Work) -> Counts:
        withdrawn = withdraw(work, policy, ["LETTER"], as_of)
        address(work, policy, as_of)
        return work.one("notices/assign_lots", work_id=work.work_id, **binds) | {"withdrawn": withdrawn}

    take_back_letters(dispatch.db, as_of)
    dispatch.db.once("assign_lots", as_of.isoformat(), as_of, assign)
    announce_lots(dispatch.db, dispatch.store)
    with dispatch.db.transaction() as session:
        lots = [row["lot_id"] for row in session.all("notices/lots_to_produce", content=dispatch.content, lot_id=None)]
    return [lots[start : start + LOTS_A_TASK] for start in range(0, len(lots), LOTS_A_TASK)]


def people_by_letter(rows: Sequence[Any]) -> list[list[Any]]:
    """Return the rows of `notices/lot_letters` by letter, in their order: those of one letter have the same `letter_no`."""
    return [list(same) for _, same in groupby(rows, itemgetter("letter_no"))]


def lot_letters(rows: Sequence[Any], code_keys: Mapping[int, bytes], reference_key: bytes) -> list[Letter]:
    """Return the letters of rows of `notices/lot_letters`, in their order."""
    return letters_to(people_by_letter(rows), code_keys, reference_key)


def letters_to(by_letter: Sequence[Sequence[Any]], code_keys: Mapping[int, bytes], reference_key: bytes) -> list[Letter]:
    """Return the letters of people given by letter: each with the reference of its first person, the code of all."""
    notices = [NoticeId._make(_NOTICE(row)) for people in by_letter for row in people]
    versions = [row["code_key_version"] for people in by_letter for row in people]
    codes = iter(opposition_code.derive_each(code_keys, versions, notices))
    starts = accumulate(map(len, by_letter[:-1]), initial=0)
    firsts = references(reference_key, [notices[start] for start in starts] if by_letter else [])
    return [_letter(reference, people, codes) for reference, people in zip(firsts, by_letter, strict=True)]


def _letter(reference: str, people: Sequence[Any], codes: Iterator[str]) -> Letter:
    first = people[0]
    return Letter(
        reference,
        address_lines(first),
        _variant(kind_of(first), first["body"], len(people), first["large_print"], first["subject"]),
        tuple([Concerned(concerned(row), code) for row, code in zip(people, _shown(codes, people), strict=True)]),
        event_of(first),
    )


def _shown(codes: Iterator[str], people: Sequence[Any]) -> list[str | None]:
    """Return the codes of a letter's people, none where it gives none; all of them are taken."""
    has_code = Subject(people[0]["subject"]).has_code
    return [code if has_code else None for code in islice(codes, len(people))]


@cache
def _variant(kind: NoticeKind, body: str, people: int, large_print: bool, subject: str) -> Variant:
    return Variant(kind, sender_of(body), people, large_print, Subject(subject))
