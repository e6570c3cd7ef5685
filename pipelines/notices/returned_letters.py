"""Letters that the post gives back (PND): kept once a letter, for everyone whom it concerns; what the window does is policy.

See docs/contracts/returned_letters.md. The law counts from the sending and says nothing of a letter that comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial

from pipelines.campaign.policy import Policy, ReturnedLetter
from pipelines.notices.printer_reports import Decision, Outcome, Reception, ReportKind
from pipelines.notices.reference import read_reference
from pipelines.notices.report_fields import calendar_day
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Database
from pipelines.registry.postal_address import UNUSABLE


class Motive(StrEnum):
    """Why the post gives a letter back: destinataire inconnu à l'adresse, défaut d'accès ou d'adressage, refusé, avisé non réclamé."""

    UNKNOWN_AT_ADDRESS = "UNKNOWN_AT_ADDRESS"
    ACCESS_OR_ADDRESSING = "ACCESS_OR_ADDRESSING"
    REFUSED = "REFUSED"
    UNCLAIMED = "UNCLAIMED"


COLUMNS = ("reference", "motive", "returned_on")
MOTIVES = frozenset(map(str, Motive))


@dataclass(frozen=True)
class ReturnedOne:
    """One letter that came back: the reference of its DataMatrix, the motive on its label, the day on which the post gave it back."""

    reference: str
    motive: str
    returned_on: date


def _read(row: list[str]) -> ReturnedOne:
    reference, motive, returned_on = row
    return ReturnedOne(reference, motive, calendar_day(returned_on))


def _decide(at: Reception, returned: ReturnedOne, key: bytes, policy: Policy) -> Decision:
    notice = read_reference(key, returned.reference)
    found = at.work.all("notices/find_letter", **notice._asdict()) if notice else []
    if notice is None or not found or found[0]["printer"] != at.printer:
        return Decision(Outcome.UNKNOWN_LETTER)
    letter = found[0]
    this = partial(Decision, lot_id=letter["lot_id"], person_id=notice.person_id, attempt_no=notice.attempt_no)
    if returned.motive not in MOTIVES:
        return this(Outcome.UNKNOWN_REASON)
    if letter["sent_on"] is None:
        return this(Outcome.NOT_DEPOSITED)
    if letter["returned_on"] is not None:
        repeated = (letter["returned_on"], letter["return_motive"]) == (returned.returned_on, returned.motive)
        return this(Outcome.REPEATED if repeated else Outcome.CONTRADICTS)
    if not letter["sent_on"] <= returned.returned_on <= at.today:
        return this(Outcome.DATE_IMPOSSIBLE)
    if letter["all_opposed"]:
        return this(Outcome.AFTER_OPPOSITION)
    recorded = at.work.one(
        "notices/record_return",
        lot_id=letter["lot_id"], lot_rank=letter["lot_rank"], returned_on=returned.returned_on, motive=returned.motive,
        stops=policy.returned_letter is ReturnedLetter.STOP_WINDOW,
    )  # fmt: skip
    return this(Outcome.RECORDED, counts=recorded)


def returned_letters(key: bytes, policy: Policy) -> ReportKind[ReturnedOne]:
    """Return how reports of returned letters are read and decided, under the key that proves references."""
    decide = partial(_decide, key=key, policy=policy)
    return ReportKind("returned_letters", COLUMNS, _read, decide, counted=("people", "stopped"))


def tell_again(db: Database, policy: Policy, as_of: datetime) -> int:
    """Give back to planning the people whose letter came back and whose address was corrected since; return how many.

    A second letter then follows, with six weeks of its own: the windows of people already opened or past their last day are left alone.
    Safe to repeat: whoever was given back no longer waits.
    """
    binds = {"campaign_id": policy.campaign_id, "day": legal_day(as_of), "unusable_address": int(UNUSABLE)}
    done = db.once("tell_again", as_of.isoformat(), as_of, lambda work: {"people": work.run("notices/tell_again", **binds)})
    return done.counts["people"]
