"""What a document does to the record it is for: a new one, a version that replaces another, a deletion, a change of who may see it.

Nothing here opens a database: a `Shelf` is what is known of the documents concerned, and takes what is decided as if it were stored, so
that documents of one batch meet each other. Sources: CI-SIS and DMP rules (logical deletion, only the author's organisation replaces or
deletes: 900, 901), IHE XDS (a unique id names one content for ever).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pipelines.documents.acknowledgements.outcome import Status
from pipelines.documents.document import Action, IncomingDocument, Reason
from pipelines.documents.visibility import HIDDEN_FROM_PATIENT, HIDDEN_FROM_PROFESSIONALS, HIDDEN_FROM_REPRESENTATIVES

CURRENT, REPLACED, DELETED = "CURRENT", "REPLACED", "DELETED"
# In the order in which `documents.who_may_see` tells them.
_HIDING = (HIDDEN_FROM_PROFESSIONALS, HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES)


@dataclass(frozen=True, slots=True)
class Known:
    """A document that a record holds. `hidden` are the codes that hide it, separated by spaces."""

    unique_id: str
    person_id: int
    status: str
    sha256: bytes
    version: int | None
    series_id: str | None
    author_organization: str
    hidden: str


class Decision(NamedTuple):
    """What becomes of a document, and why; `code` is ok where there is nothing to say."""

    status: Status
    code: Reason


STORED = Decision(Status.STORED, Reason.OK)
ERASED = Decision(Status.STORED, Reason.DELETED)
SHOWN_OTHERWISE = Decision(Status.STORED, Reason.VISIBILITY_CHANGED)
ALREADY_STORED = Decision(Status.DUPLICATE, Reason.ALREADY_STORED)
PARKED = Decision(Status.PARKED, Reason.AWAITING_ORIGINAL)


def refusal(code: Reason) -> Decision:
    """Return a refusal."""
    return Decision(Status.REFUSED, code)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that its person may receive: its content's SHA-256, and whether its sender speaks for the organisation of its author."""

    document: IncomingDocument
    person_id: int
    sha256: bytes
    author_organization: str
    speaks_for_author: bool

    @property
    def unique_id(self) -> str:
        """The id of this version."""
        return self.document.unique_id or ""

    @property
    def known(self) -> Known:
        """What a record that holds it knows of it."""
        document = self.document
        return Known(
            self.unique_id, self.person_id, CURRENT, self.sha256, document.version, document.series_id, self.author_organization,
            hidden_by(document),
        )  # fmt: skip


def hidden_by(document: IncomingDocument) -> str:
    """Return the codes that hide a document, as `documents.who_may_see` tells them."""
    return " ".join(code for code in _HIDING if code in document.confidentiality)


def awaited(document: IncomingDocument) -> str | None:
    """Return the id of what must have come before a new document: what it replaces, or itself where it is to be deleted or hidden."""
    if document.action is Action.DELETE:
        return document.unique_id
    return document.replaces or (document.unique_id if document.action is Action.CHANGE_VISIBILITY else None)


@dataclass
class Shelf:
    """The documents concerned: what was known of them, then what is decided."""

    documents: dict[str, Known] = field(default_factory=dict)
    standing: dict[tuple[int, str], str] = field(default_factory=dict)
    added: dict[str, Candidate] = field(default_factory=dict)
    changed: dict[str, Known] = field(default_factory=dict)

    def copy(self) -> Shelf:
        """Return a shelf on which something can be tried."""
        return Shelf(dict(self.documents), dict(self.standing), dict(self.added), dict(self.changed))

    def add(self, candidate: Candidate) -> None:
        """Put a new document down."""
        known = candidate.known
        self.added[known.unique_id] = candidate
        self.documents[known.unique_id] = known
        if known.series_id:
            self.standing[known.person_id, known.series_id] = known.unique_id

    def change(self, known: Known) -> None:
        """Put a document down that says something else now."""
        self.changed[known.unique_id] = self.documents[known.unique_id] = known
        if known.status != CURRENT and known.series_id and self.standing.get((known.person_id, known.series_id)) == known.unique_id:
            del self.standing[known.person_id, known.series_id]

    def decide_lot(self, candidates: Iterable[Candidate], may_wait: bool) -> tuple[list[Decision], Shelf]:
        """Decide on the documents of one lot, all or none of which is taken; return the decisions, and the shelf as it then is.

        `may_wait`: what is about a document that has not come is parked; else it is refused.
        """
        trial = self.copy()
        decisions = [trial._decide(candidate, may_wait) for candidate in candidates]
        worst = next((status for status in (Status.REFUSED, Status.PARKED) if any(d.status is status for d in decisions)), None)
        if worst is None:
            return decisions, trial
        code = Reason.LOT_REFUSED if worst is Status.REFUSED else Reason.AWAITING_ORIGINAL
        return [decision if decision.status is worst else Decision(worst, code) for decision in decisions], self

    def _decide(self, candidate: Candidate, may_wait: bool) -> Decision:
        document, known = candidate.document, self.documents.get(candidate.unique_id)
        if known is None and (original := awaited(document)) and original not in self.documents:
            return PARKED if may_wait else refusal(Reason.ORIGINAL_MISSING)
        if document.action is Action.DELETE:
            return self._delete(candidate, known)
        if known is not None:
            return self._meet_again(candidate, known)
        if document.replaces:
            return self._replace(candidate, self.documents[document.replaces])
        if document.series_id and (candidate.person_id, document.series_id) in self.standing:
            return refusal(Reason.BAD_VERSION)
        self.add(candidate)
        return STORED

    def _delete(self, candidate: Candidate, known: Known | None) -> Decision:
        if known is None or known.person_id != candidate.person_id:
            return refusal(Reason.ORIGINAL_MISSING)
        if not _is_author(candidate, known):
            return refusal(Reason.NOT_AUTHOR)
        if known.status == DELETED:
            return ALREADY_STORED
        if known.status != CURRENT:
            return refusal(Reason.BAD_VERSION)
        self.change(replace(known, status=DELETED))
        return ERASED

    def _meet_again(self, candidate: Candidate, known: Known) -> Decision:
        """Decide on a document whose id is known: the same again, another who may see it, or a clash."""
        if (known.person_id, known.sha256) != (candidate.person_id, candidate.sha256):
            return refusal(Reason.DUPLICATE_OTHER_HASH)
        if known.status == DELETED:
            return refusal(Reason.BAD_VERSION)
        hidden = hidden_by(candidate.document)
        if candidate.document.action is not Action.CHANGE_VISIBILITY or hidden == known.hidden:
            return ALREADY_STORED
        if not _is_author(candidate, known):
            return refusal(Reason.NOT_AUTHOR)
        if known.status != CURRENT:
            return refusal(Reason.BAD_VERSION)
        self.change(replace(known, hidden=hidden))
        return SHOWN_OTHERWISE

    def _replace(self, candidate: Candidate, original: Known) -> Decision:
        if original.person_id != candidate.person_id:
            return refusal(Reason.INS_MISMATCH)
        if not _is_author(candidate, original):
            return refusal(Reason.NOT_AUTHOR)
        if original.status != CURRENT or _is_not_newer(candidate.document.version, original.version):
            return refusal(Reason.BAD_VERSION)
        self.change(replace(original, status=REPLACED))
        self.add(candidate)
        return STORED


def _is_author(candidate: Candidate, known: Known) -> bool:
    """Say whether the organisation that wrote a document asks to replace, delete or hide it, by a sender who speaks for it."""
    return candidate.speaks_for_author and candidate.author_organization == known.author_organization


def _is_not_newer(version: int | None, than: int | None) -> bool:
    return version is not None and than is not None and version <= than
