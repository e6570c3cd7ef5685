"""What became of a document, as its sender is told: nothing that tells who the patient is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pipelines.documents.document import IncomingDocument, Reason
from pipelines.documents.reasons import Told, told


class Status(StrEnum):
    """What became of a document. A duplicate is a success: it is told as if it had just been stored."""

    STORED = "STORED"
    DUPLICATE = "DUPLICATE"
    PARKED = "PARKED"
    REFUSED = "REFUSED"


class Answer(StrEnum):
    """What a sender is told, the same for the first delivery and for those that repeat it."""

    ACCEPTED = "ACCEPTED"
    WAITING = "WAITING"
    REFUSED = "REFUSED"


_ANSWERS = {
    Status.STORED: Answer.ACCEPTED,
    Status.DUPLICATE: Answer.ACCEPTED,
    Status.PARKED: Answer.WAITING,
    Status.REFUSED: Answer.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document of a file; `lot`, `unique_id` and `detail` are those of its `IncomingDocument`."""

    status: Status
    code: Reason
    lot: int = 0
    unique_id: str | None = None
    detail: str = ""

    @classmethod
    def of(cls, document: IncomingDocument, status: Status, code: Reason) -> Outcome:
        """Return the outcome of a document; its own detail is told where a fault of its own refuses it."""
        own = {document.verdict, *(fault.reason for fault in document.faults)}
        detail = document.detail if status is Status.REFUSED and code in own else ""
        return cls(status, code, document.lot, document.unique_id, detail)

    @property
    def answer(self) -> Answer:
        """What the sender is told of the status."""
        return _ANSWERS[self.status]

    @property
    def told_code(self) -> Reason:
        """The code that the sender is told."""
        return Reason.OK if self.code is Reason.ALREADY_STORED else self.code

    @property
    def told(self) -> Told:
        """The sentences that the sender is told."""
        return told(self.told_code)


@dataclass(frozen=True, slots=True)
class Reception:
    """A file as it was received, and when it was decided on for the first time: a repeated delivery gets the same answer, byte for byte.

    `is_whole`: `content` is not only the beginning of a file that is too big.
    """

    content: bytes
    name: str
    decided_at: dt.datetime
    is_whole: bool = True


class Answerer(NamedTuple):
    """Who answers: a name for people, an address of secure mail, an application and an organisation of HL7 v2.

    `software` is the number of the software that MSSanté gives (X-MSS-NIL), empty where there is none.
    """

    name: str
    address: str
    application: str
    facility: str
    software: str = ""


class Acknowledgement(NamedTuple):
    """An answer as a file: the name is the same for the same answer."""

    name: str
    media_type: str
    content: bytes


def refusals(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return those that refuse."""
    return [outcome for outcome in outcomes if outcome.answer is Answer.REFUSED]


def first_refusal(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome that says why a lot is refused: a document's own fault goes before what it did to the others."""
    refused = refusals(outcomes)
    return next((outcome for outcome in refused if outcome.code is not Reason.LOT_REFUSED), refused[0])
