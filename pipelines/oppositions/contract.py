"""The public contract of opposition files: one JSON object a line in, one a line out. See docs/contracts/oppositions.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from pipelines.platform.errors import BadFileError
from pipelines.registry.matricule import check_matricule, kind_of

MOST_LINES = 50_000


class Channel(StrEnum):
    """Where people oppose."""

    WEB = "WEB"
    PHONE = "PHONE_3422"
    PAPER = "PAPER"
    DESK = "DESK"


class Request(BaseModel):
    """One person's wish not to be given a space, as a channel received it. `received_at` carries its offset and decides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request_ref: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    received_at: AwareDatetime
    matricule: Annotated[str, StringConstraints(max_length=32)]
    birth_date: Annotated[str, StringConstraints(pattern=r"^\d{8}$")]
    code: Annotated[str, StringConstraints(max_length=32)]

    @property
    def number(self) -> str | None:
        """The matricule as the registry keeps it (key added, spaces gone), None where it cannot be one."""
        return check_matricule(self.matricule, kind_of(self.matricule))[0]


class Outcome(StrEnum):
    """What becomes of a request."""

    ACCEPTED = "ACCEPTED"
    CLOSING = "CLOSING"
    REFUSED = "REFUSED"


class Cause(StrEnum):
    """Why, for our own eyes; a channel learns it only where the code was proven (see `MESSAGES`)."""

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


UNVERIFIED_MESSAGE = "Nous n'avons pas pu vérifier votre demande. Vérifiez le code et les informations saisies, ou appelez le 3422."
MESSAGES = {
    Cause.ALREADY_OPPOSED: "Votre opposition est déjà enregistrée : vous n'avez rien d'autre à faire.",
    Cause.BAD_LINE: "La ligne ne respecte pas le contrat de fichier.",
    Cause.FROM_THE_FUTURE: "La date de réception est dans le futur.",
}
ACCEPTED_MESSAGE = "Votre opposition est enregistrée : aucun espace ne sera ouvert."
CLOSING_MESSAGE = "Votre espace est déjà ouvert : votre demande vaut demande de fermeture."


@dataclass(frozen=True)
class Line:
    """One line of a file: a request, or None where the line is not one."""

    number: int
    request: Request | None


def read_lines(content: bytes) -> list[Line]:
    """Read a file of requests. Raises: BadFileError where it is not UTF-8, is empty, is too long or was cut short."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFileError("the file is not UTF-8") from None
    if not text.strip():
        raise BadFileError("the file is empty")
    if not text.endswith("\n"):
        raise BadFileError("the last line has no line end: the file was cut short")
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MOST_LINES:
        raise BadFileError(f"the file has more than {MOST_LINES} lines: send it in parts")
    return [Line(number, _request(line)) for number, line in enumerate(lines, 1)]


def _request(line: str) -> Request | None:
    try:
        return Request.model_validate_json(line)
    except ValidationError:
        return None


def message(outcome: Outcome, cause: Cause | None) -> str:
    """Return the sentence for the person: the same one for every failure of proof, so that nothing can be guessed from it."""
    if outcome is Outcome.ACCEPTED:
        return ACCEPTED_MESSAGE
    if outcome is Outcome.CLOSING:
        return CLOSING_MESSAGE
    return MESSAGES.get(cause, UNVERIFIED_MESSAGE) if cause else UNVERIFIED_MESSAGE


def write_answers(answers: Iterable[dict[str, object]]) -> bytes:
    """Write the answer file of a channel."""
    return "".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers).encode()


@dataclass(frozen=True)
class Decision:
    """What was decided on one line."""

    line: int
    outcome: Outcome
    cause: Cause | None = None
    request_ref: str | None = None
    received_at: datetime | None = None
    person_id: int | None = None
    receipt: str | None = None
