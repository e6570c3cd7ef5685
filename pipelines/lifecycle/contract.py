"""The public contract of life events: what a line may ask, what is answered. See docs/contracts/life_events.md."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

MOST_LINES = 100_000
FIRST_YEAR = 2000


class System(StrEnum):
    """Who asks: the site on which people are signed in, agents, and those who see to fraud and serious malfunctions."""

    SITE = "SITE"
    PHONE = "PHONE_3422"
    DESK = "DESK"
    SECURITY = "SECURITY"


class Kind(StrEnum):
    """What is asked."""

    CLOSE = "CLOSE"
    REOPEN = "REOPEN"
    DELETE_EXPRESS = "DELETE_EXPRESS"
    WITHDRAW_OPPOSITION = "WITHDRAW_OPPOSITION"
    OBJECTION = "OBJECTION"
    SUSPEND = "SUSPEND"
    SUSPENSION_TOLD = "SUSPENSION_TOLD"
    LIFT_SUSPENSION = "LIFT_SUSPENSION"


OF_SECURITY = frozenset({Kind.SUSPEND, Kind.SUSPENSION_TOLD, Kind.LIFT_SUSPENSION})


class Motive(StrEnum):
    """Why a space is suspended (CSP R1111-36)."""

    FRAUD = "FRAUD"
    MALFUNCTION = "MALFUNCTION"


class Request(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One request as a system received it. The system has made sure who asks: the person, or whoever acts for them."""

    kind: Kind
    request_ref: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
    received_at: Annotated[datetime, Meta(tz=True)]
    matricule: Annotated[str, Meta(max_length=32)]
    birth_date: Annotated[str, Meta(pattern=r"\A[0-9]{8}\Z")]
    agent: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]{1,64}\Z")] | None = None
    motive: Motive | None = None
    told_on: date | None = None

    def is_complete(self, system: System) -> bool:
        """Tell whether the request has what its system and kind must give, and nothing that they do not give."""
        return (
            (self.kind in OF_SECURITY) == (system is System.SECURITY)
            and self.received_at.year >= FIRST_YEAR
            and (self.agent is not None) == (system is not System.SITE)
            and (self.motive is not None) == (self.kind is Kind.SUSPEND)
            and (self.told_on is not None) == (self.kind is Kind.SUSPENSION_TOLD)
        )


class Outcome(StrEnum):
    """What becomes of a request: an express deletion is planned, everything else is done at once."""

    DONE = "DONE"
    PLANNED = "PLANNED"
    REFUSED = "REFUSED"


class Cause(StrEnum):
    """Why a request is refused; each has its sentence in `REFUSALS`."""

    BAD_LINE = "BAD_LINE"
    FROM_THE_FUTURE = "FROM_THE_FUTURE"
    NOT_VERIFIED = "NOT_VERIFIED"
    DECEASED = "DECEASED"
    DOUBTFUL_IDENTITY = "DOUBTFUL_IDENTITY"
    NO_SPACE = "NO_SPACE"
    ALREADY_OPEN = "ALREADY_OPEN"
    ALREADY_CLOSED = "ALREADY_CLOSED"
    ALREADY_ASKED = "ALREADY_ASKED"
    BEING_DESTROYED = "BEING_DESTROYED"
    DESTROYED = "DESTROYED"
    SUSPENDED = "SUSPENDED"
    NOT_SUSPENDED = "NOT_SUSPENDED"
    NOT_OPPOSED = "NOT_OPPOSED"


ANSWERS: dict[Kind, str] = {
    Kind.CLOSE: "L'espace est fermé. Les données sont archivées pendant 10 ans, puis détruites ; il peut être rouvert d'ici là.",
    Kind.REOPEN: "L'espace est ouvert.",
    Kind.DELETE_EXPRESS: "Les données de l'espace seront détruites dans un délai de trois mois au plus. Une confirmation sera adressée.",
    Kind.WITHDRAW_OPPOSITION: "L'opposition est retirée : l'espace est ouvert.",
    Kind.OBJECTION: "L'objection est enregistrée : l'espace ne sera pas fermé au terme des six semaines.",
    Kind.SUSPEND: "L'accès à l'espace est suspendu : la personne doit en être informée.",
    Kind.SUSPENSION_TOLD: "L'information de la personne est enregistrée : le délai de six semaines court.",
    Kind.LIFT_SUSPENSION: "La suspension est levée : l'espace est de nouveau ouvert.",
}
REFUSALS: dict[Cause, str] = {
    Cause.BAD_LINE: "La ligne ne respecte pas le contrat de fichier.",
    Cause.FROM_THE_FUTURE: "La date de réception ou d'information est dans le futur.",
    Cause.NOT_VERIFIED: "Nous n'avons pas pu vérifier cette demande. Vérifiez les informations saisies.",
    Cause.DECEASED: "La personne est connue comme décédée : cette demande ne peut pas être traitée.",
    Cause.DOUBTFUL_IDENTITY: "Une vérification d'identité est en cours : renouvelez la demande dans quelques jours.",
    Cause.NO_SPACE: "Aucun espace n'est connu pour cette personne.",
    Cause.ALREADY_OPEN: "L'espace est déjà ouvert.",
    Cause.ALREADY_CLOSED: "L'espace est déjà fermé.",
    Cause.ALREADY_ASKED: "La demande a déjà été enregistrée.",
    Cause.BEING_DESTROYED: "Les données archivées sont en cours de destruction : renouvelez la demande demain.",
    Cause.DESTROYED: "Les données de l'espace sont déjà détruites.",
    Cause.SUSPENDED: "L'accès à l'espace est suspendu : cette demande ne peut pas être traitée tant que la suspension dure.",
    Cause.NOT_SUSPENDED: "Aucune suspension n'est en cours.",
    Cause.NOT_OPPOSED: "Aucune opposition n'est enregistrée.",
}


class Answer(Struct, frozen=True, gc=False):
    """What a system reads of one line; `due_on` is the last day of an express deletion."""

    line: int
    request_ref: str | None
    result: Outcome
    cause: Cause | None
    message: str
    receipt: str | None
    due_on: date | None
