"""What becomes of received documents: what is wrong with each, whose it is, and what it does to that person's record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from uuid import UUID

from pipelines.documents.acknowledgements.outcome import Status
from pipelines.documents.document import Action, IncomingDocument, Reason
from pipelines.documents.feed import Sender
from pipelines.documents.identity import Recipient, Recipients
from pipelines.documents.versions import Candidate, Decision, Known, Shelf, refusal
from pipelines.platform.database import Session

_RECORD = "DMP"
# What is wrong with an identity, and can be put right by two people who name the person.
OF_IDENTITY = {
    Reason.INS_MISSING,
    Reason.INS_INVALID,
    Reason.INS_INCOMPLETE,
    Reason.INS_MISMATCH,
    Reason.INS_NOT_QUALIFIED,
    Reason.PERSON_UNKNOWN,
}
_NOBODY = Recipient(None, None, None)


@dataclass(slots=True)
class Received:
    """One document at its place in the file (`delivery_id`) in which it came, with the SHA-256 of its content.

    `named` is whom two people named as the one whom it is about; `recipient` and `decision` are what is found out.
    """

    delivery_id: UUID
    place: int
    document: IncomingDocument
    sha256: bytes
    scanned_with: str | None = None
    named: int | None = None
    recipient: Recipient = _NOBODY
    decision: Decision | None = None

    def __post_init__(self) -> None:
        self.document = _canonical(self.document)

    @property
    def decided(self) -> Decision:
        """What becomes of it."""
        assert self.decision is not None  # noqa: S101 - `judge` leaves none out
        return self.decision

    @property
    def lot(self) -> tuple[UUID, int]:
        """The lot that is taken whole or not at all."""
        return self.delivery_id, self.document.lot


def _canonical(document: IncomingDocument) -> IncomingDocument:
    """Return a document whose UUIDs, and those that it names, are in lower case: they are compared as texts."""
    return replace(
        document,
        unique_id=_lower_root(document.unique_id),
        series_id=_lower_root(document.series_id),
        replaces=_lower_root(document.replaces),
    )


def _lower_root(identifier: str | None) -> str | None:
    if identifier is None:
        return None
    root, mark, extension = identifier.partition("^")
    return f"{root.lower()}{mark}{extension}"


@dataclass(frozen=True)
class Judge:
    """Judges what one sender sends."""

    sender: Sender
    recipients: Recipients

    def judge(self, session: Session, received: Sequence[Received], may_wait: bool) -> Shelf:
        """Decide on documents, in the order in which they came; return the shelf with what is to be stored and changed.

        `may_wait`: what is about a document that has not come is parked; else it is refused.
        """
        for item in received:
            code = _own_refusal(item, self.sender)
            item.recipient, item.decision = _NOBODY, refusal(code) if code else None
        sound = [item for item in received if item.decision is None]
        recipients = self.recipients.find(session, [item.document for item in sound], [item.named for item in sound])
        for item, recipient in zip(sound, recipients, strict=True):
            item.recipient = recipient
            if recipient.refusal:
                item.decision = refusal(recipient.refusal)
            elif item.document.action is Action.CONSENT:
                item.decision = Decision(Status.STORED, Reason.CONSENT_RECORDED)
        shelf = _shelf_for(session, [item for item in sound if item.decision is None])
        for _, lot in groupby(received, key=lambda item: item.lot):
            shelf = self._decide_lot(list(lot), shelf, may_wait)
        return shelf

    def _decide_lot(self, lot: list[Received], shelf: Shelf, may_wait: bool) -> Shelf:
        waiting = [item for item in lot if item.decision is None]
        if any(item.decision is not None and item.decision.status is Status.REFUSED for item in lot):
            decisions = [refusal(Reason.LOT_REFUSED) for _ in waiting]
        else:
            decisions, shelf = shelf.decide_lot([self._candidate(item) for item in waiting], may_wait)
        for item, decision in zip(waiting, decisions, strict=True):
            item.decision = decision
        return shelf

    def _candidate(self, item: Received) -> Candidate:
        organization = organization_of(item.document, self.sender)
        assert item.recipient.person_id is not None  # noqa: S101 - whoever may receive is known
        return Candidate(item.document, item.recipient.person_id, item.sha256, organization, organization in self.sender.organizations)


def organization_of(document: IncomingDocument, sender: Sender) -> str:
    """Return the number of the organisation of a document's author, without the digit that tells its kind; the sender's where none is told.

    Source: ANS, identifier of a structure: 1 and a FINESS, 2 and a SIREN, 3 and a SIRET.
    """
    told = document.author_organization
    if not told:
        return sender.finess
    return told[1:] if (told[0], len(told)) in (("1", 10), ("2", 10), ("3", 15)) else told


def _own_refusal(item: Received, sender: Sender) -> Reason | None:
    """Return why a document is refused whoever it is for; once two people named whom it is about, what it says of that counts no more."""
    document = item.document
    faults = [fault.reason for fault in document.faults if item.named is None or fault.reason not in OF_IDENTITY]
    if faults:
        return faults[0]
    if document.action is Action.CONSENT:
        return None
    if document.destinations is not None and _RECORD not in document.destinations:
        return Reason.NOT_FOR_THE_RECORD
    if sender.own_documents_only and organization_of(document, sender) not in sender.organizations:
        return Reason.SENDER_MISMATCH
    return None if document.content else Reason.EMPTY_BODY


def _shelf_for(session: Session, items: Iterable[Received]) -> Shelf:
    """Return what is known of the documents that these are, replace, or follow in their series."""
    found = list(items)
    if not found:
        return Shelf()
    ids = {name for item in found for name in (item.document.unique_id, item.document.replaces) if name}
    rows = session.all("documents/known_documents", ids=sorted(ids))
    series = sorted({(item.recipient.person_id or 0, item.document.series_id) for item in found if item.document.series_id})
    standing = session.all(
        "documents/standing_of_series", person_ids=[person for person, _ in series], series_ids=[name for _, name in series]
    )
    return Shelf(
        documents={row["unique_id"]: Known(**{**row, "sha256": bytes(row["sha256"])}) for row in rows},
        standing={(row["person_id"], row["series_id"]): row["unique_id"] for row in standing},
    )
