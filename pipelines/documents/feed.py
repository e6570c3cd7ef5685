"""A feed as operations declare it: who sends, by which way, in which envelope, how it is answered. One TOML file a feed.

Adding a feed is adding a file to the directory of feeds (`ESPACE_SANTE_FEEDS`); its name is the feed's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from croniter import croniter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from stdnum import luhn

from pipelines.documents.acknowledgements.form import Form
from pipelines.documents.conformance import Conformance
from pipelines.documents.document import DocumentFormat
from pipelines.documents.limits import ENVELOPE_BYTES, FILE_BYTES
from pipelines.documents.scan_policy import ScanPolicy
from pipelines.platform.errors import FinalError

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)
_FINESS = re.compile(r"(?:\d{2}|2[AB])\d{7}", re.ASCII)
_CORSICA = str.maketrans("AB", "12")
_PLACE = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


class BadFeedError(FinalError):
    """A feed cannot be declared so: the message names the file, the key and the reason."""


def _finess(number: str) -> str:
    """Return a FINESS number: nine characters, the last a Luhn key (the letters of Corsica, A and B, counted as 1 and 2)."""
    if not _FINESS.fullmatch(number) or not luhn.is_valid(number.translate(_CORSICA)):
        raise ValueError("no FINESS number: nine characters, the last of which is the key of the others")
    return number


def _cron(schedule: str) -> str:
    if not croniter.is_valid(schedule) or len(schedule.split()) != 5:
        raise ValueError("no calendar of five fields, such as */5 * * * *")
    return schedule


Finess = Annotated[str, AfterValidator(_finess)]


class SenderKind(StrEnum):
    """Who sends."""

    HOSPITAL = "HOSPITAL"
    LABORATORY = "LABORATORY"
    IMAGING = "IMAGING"
    PRACTICE = "PRACTICE"


# What software that writes an envelope can read; a table goes with everything.
_ANSWERED = {
    Form.HL7V2: {DocumentFormat.HL7V2},
    Form.ZAM: {DocumentFormat.HL7V2},
    Form.XDS: {DocumentFormat.XDM, DocumentFormat.CDA, DocumentFormat.DICOM},
    Form.FHIR: {DocumentFormat.FHIR},
    Form.MAIL: {DocumentFormat.MAIL},
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sender(_Part):
    """Who sends; `speaks_for` names the other establishments whose documents it may replace and delete.

    `own_documents_only`: whatever an establishment for which it does not speak has written is refused.
    """

    finess: Finess
    name: str = Field(min_length=2, max_length=100)
    kind: SenderKind
    contact: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    speaks_for: frozenset[Finess] = frozenset()
    own_documents_only: bool = False

    @property
    def organizations(self) -> frozenset[str]:
        """Every establishment for which it may act on documents."""
        return self.speaks_for | {self.finess}


class BucketRoute(_Part):
    """A prefix of the bucket `exchanges`: `documents/<prefix>/inbox/`."""

    kind: Literal["BUCKET"]
    prefix: str = Field(pattern=_PLACE)


class DropRoute(_Part):
    """A directory into which an SFTP server lets the sender write: `<directory>/inbox/`, whole files only (`.part`, then renamed)."""

    kind: Literal["SFTP"]
    directory: Path


class MailRoute(_Part):
    """A Maildir into which secure mail is delivered: `<directory>/new/`."""

    kind: Literal["MAILDIR"]
    directory: Path


class Limits(_Part):
    """How much is taken at once, how long a version waits for the one that it replaces, and a refused file to be mended.

    A feed of whose documents of a day, `refused_from` at least, more than `refused_percent` failed is suspended by itself; 100: never.
    """

    file_bytes: int = Field(default=ENVELOPE_BYTES, ge=1, le=FILE_BYTES)
    files_a_batch: int = Field(default=200, ge=1, le=10_000)
    batches_a_run: int = Field(default=16, ge=1, le=1_000)
    parked_days: int = Field(default=7, ge=0, le=60)
    backlog_files: int = Field(default=5_000, ge=1, le=100_000)
    quarantine_days: int = Field(default=30, ge=1, le=90)
    refused_percent: int = Field(default=100, ge=1, le=100)
    refused_from: int = Field(default=200, ge=10)


class Feed(_Part):
    """One feed."""

    name: str
    sender: Sender
    route: Annotated[BucketRoute | DropRoute | MailRoute, Field(discriminator="kind")]
    envelopes: frozenset[DocumentFormat] = Field(min_length=1)
    acknowledgements: frozenset[Form] = Field(min_length=1)
    schedule: Annotated[str, AfterValidator(_cron)] = "*/5 * * * *"
    limits: Limits = Limits()
    scan: ScanPolicy = ScanPolicy.REQUIRED
    conformance: Conformance = Conformance()

    @model_validator(mode="after")
    def _answers_what_is_sent(self) -> Feed:
        """Refuse an acknowledgement that the software which writes these envelopes cannot read."""
        for form in sorted(self.acknowledgements):
            readable = _ANSWERED.get(form, self.envelopes)
            if not self.envelopes <= readable:
                raise ValueError(f"acknowledgements: {form} answers {', '.join(sorted(readable))} only; use CSV")
        return self

    @property
    def dag_id(self) -> str:
        """The name of its DAG."""
        return f"document_feed_{self.name}"


def declarations(directory: Path) -> Iterator[Path]:
    """Give the files that declare feeds, in the order of their names."""
    yield from sorted(directory.glob("*.toml"))


def load_feed(file: Path) -> Feed:
    """Read one declaration. Raises: BadFeedError, naming the file, each key and the reason."""
    if not _NAME.fullmatch(file.stem):
        raise BadFeedError(f"{file.name}: a feed is named by 2 to 40 letters a-z, digits and underscores")
    try:
        return Feed.model_validate({**tomllib.loads(file.read_text(encoding="utf-8")), "name": file.stem})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadFeedError(f"{file.name}: it cannot be read as TOML: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the feed'}: {e['msg']}" for e in error.errors(include_input=False))
        raise BadFeedError(f"{file.name}: {faults}") from None


def sound_feeds(directory: Path) -> Iterator[Feed]:
    """Give the feeds whose declarations can be used, in the order of their names; the others have a DAG that says why they cannot."""
    for file in declarations(directory):
        with suppress(BadFeedError):
            yield load_feed(file)


def named_feed(directory: Path, name: str) -> Feed:
    """Return the feed of a name. Raises: BadFeedError where it is not declared, or not rightly."""
    return load_feed(directory / f"{name}.toml")
