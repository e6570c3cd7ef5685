"""The public contract of opposition files: what a line may say, what is answered. See docs/contracts/oppositions.md."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from pipelines.campaign.opposition_channel import Channel as Channel
from pipelines.platform.clock import PARIS

MOST_LINES = 200_000
FIRST_YEAR = 2000
# Channels whose agents answer for what they ask.
RELEASING = (Channel.PHONE, Channel.DESK)


class Kind(StrEnum):
    """What a request asks."""

    OPPOSE = "OPPOSE"
    NEW_CODE = "NEW_CODE"
    RELEASE = "RELEASE"


_Reference = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
_Agent = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]{1,64}\Z")]
_Body = Annotated[str, Meta(pattern=r"\A[A-Z0-9_]{2,32}\Z")]
_BirthDate = Annotated[str, Meta(pattern=r"\A[0-9]{8}\Z")]


class Request(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One request as a channel received it: `received_at`, or the legal day `received_on` of a letter, decides."""

    request_ref: _Reference
    matricule: Annotated[str, Meta(max_length=32)]
    birth_date: _BirthDate
    kind: Kind = Kind.OPPOSE
    received_at: Annotated[datetime, Meta(tz=True)] | None = None
    received_on: date | None = None
    agent: _Agent | None = None
    body: _Body | None = None
    code: Annotated[str, Meta(max_length=32)] | None = None
    birth_name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None

    @property
    def received(self) -> datetime:
        """The instant that decides: of a letter the first one of its day, so that no doubt goes against the person."""
        if self.received_at is not None:
            return self.received_at
        assert self.received_on is not None  # noqa: S101 - `is_complete` has seen to it
        return datetime.combine(self.received_on, time.min, PARIS)

    def is_complete(self, channel: Channel, may_lack_code: bool) -> bool:
        """Tell whether the request has what its channel and kind must give, and nothing that they do not give."""
        on_paper, opposes = channel is Channel.PAPER, self.kind is Kind.OPPOSE
        moment = self.received_on if on_paper else self.received_at
        return (
            (self.received_on is not None) == on_paper
            and (self.received_at is not None) != on_paper
            and (moment is not None and moment.year >= FIRST_YEAR)
            and (self.agent is not None) == (channel is not Channel.WEB)
            and (self.body is not None) == (channel is Channel.DESK)
            and ((self.code is None) != (self.birth_name is None) if opposes else self.code is None and self.birth_name is None)
            and (self.birth_name is None or may_lack_code)
            and (self.kind is not Kind.RELEASE or channel in RELEASING)
        )


class Outcome(StrEnum):
    """What becomes of a request."""

    ACCEPTED = "ACCEPTED"
    CLOSING = "CLOSING"
    PROPOSED = "PROPOSED"
    NOTED = "NOTED"
    RELEASED = "RELEASED"
    REFUSED = "REFUSED"


class Cause(StrEnum):
    """Why, for our own eyes: a channel learns two of them only (see `MESSAGES`)."""

    LATE = "LATE"
    IN_TIME_AFTER_OPENING = "IN_TIME_AFTER_OPENING"
    AFTER_OPENING = "AFTER_OPENING"
    ALREADY_OPPOSED = "ALREADY_OPPOSED"
    NO_RUNNING_NOTICE = "NO_RUNNING_NOTICE"
    BAD_LINE = "BAD_LINE"
    FROM_THE_FUTURE = "FROM_THE_FUTURE"
    CODE_MISTYPED = "CODE_MISTYPED"
    NOT_VERIFIED = "NOT_VERIFIED"
    LOCKED = "LOCKED"
    DEAD_CODE = "DEAD_CODE"
    TOO_SOON = "TOO_SOON"


UNVERIFIED_MESSAGE = "Nous n'avons pas pu vérifier votre demande. Vérifiez le code et les informations saisies, ou appelez le 3422."
MESSAGES: dict[Outcome | Cause, str] = {
    Outcome.ACCEPTED: "Votre opposition est enregistrée : aucun espace ne sera ouvert.",
    Outcome.CLOSING: "Votre espace est déjà ouvert : votre demande vaut demande de fermeture.",
    Outcome.PROPOSED: "Votre espace est déjà ouvert : vous pouvez le fermer à tout moment, sur monespacesante.fr ou en appelant le 3422.",
    Outcome.NOTED: (
        "Si ces informations sont exactes, un nouveau code sera envoyé à l'adresse que connaît l'organisme d'assurance maladie. "
        "L'ancien code n'est alors plus valable."
    ),
    Outcome.RELEASED: "Le code est de nouveau accepté.",
    Cause.BAD_LINE: "La ligne ne respecte pas le contrat de fichier.",
    Cause.FROM_THE_FUTURE: "La date de réception est dans le futur.",
}


def message(outcome: Outcome, cause: Cause | None) -> str:
    """Return the sentence for the person: the same one for every failure of proof, so that nothing can be guessed from it."""
    if outcome is not Outcome.REFUSED:
        return MESSAGES[outcome]
    return MESSAGES.get(cause, UNVERIFIED_MESSAGE) if cause else UNVERIFIED_MESSAGE


class Answer(Struct, frozen=True, gc=False):
    """What a channel reads of one line."""

    line: int
    request_ref: str | None
    result: Outcome
    message: str
    receipt: str | None


class Announcement(Struct, frozen=True, forbid_unknown_fields=True):
    """The files in which a channel says that the requests of a legal day are."""

    day: date
    files: Annotated[list[Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._-]{1,128}\Z")]], Meta(max_length=100_000)]
