"""What any document says of itself, whatever format it came in, and why one is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pipelines.platform.errors import FinalError


class DocumentFormat(StrEnum):
    """What a document came in: the outermost envelope, which is what its sender's software writes."""

    CDA = "cda"
    XDM = "xdm"
    MAIL = "mail"
    HL7V2 = "hl7v2"
    FHIR = "fhir"
    DICOM = "dicom"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """What is said of a document: `ok`, or a code of the one list that senders are told (`reasons.toml`, docs/documents.md)."""

    OK = "ok"
    NO_DOCUMENT = "NO_DOCUMENT"
    BAD_FORMAT = "BAD_FORMAT"
    BAD_ENCODING = "BAD_ENCODING"
    BAD_BASE64 = "BAD_BASE64"
    BAD_MEDIA_TYPE = "BAD_MEDIA_TYPE"
    ACTIVE_CONTENT = "ACTIVE_CONTENT"
    EMPTY_BODY = "EMPTY_BODY"
    TOO_BIG = "TOO_BIG"
    HOSTILE = "HOSTILE"
    BAD_DATE = "BAD_DATE"
    BAD_TYPE_CODE = "BAD_TYPE_CODE"
    BAD_VISIBILITY = "BAD_VISIBILITY"
    INS_MISSING = "INS_MISSING"
    INS_INVALID = "INS_INVALID"
    INS_INCOMPLETE = "INS_INCOMPLETE"
    INS_MISMATCH = "INS_MISMATCH"
    INS_NOT_QUALIFIED = "INS_NOT_QUALIFIED"
    MANY_PATIENTS = "MANY_PATIENTS"
    DOCUMENT_MISSING = "DOCUMENT_MISSING"
    SIZE_MISMATCH = "SIZE_MISMATCH"
    HASH_MISMATCH = "HASH_MISMATCH"
    METADATA_MISMATCH = "METADATA_MISMATCH"
    NON_CONFORMANT = "NON_CONFORMANT"
    INFECTED = "INFECTED"
    NOT_SCANNED = "NOT_SCANNED"
    TIME_LIMIT = "TIME_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    READER_FAILED = "READER_FAILED"
    OTHER = "OTHER"
    # From here on the record is asked: no reader gives these.
    ALREADY_STORED = "ALREADY_STORED"
    AWAITING_ORIGINAL = "AWAITING_ORIGINAL"
    DELETED = "DELETED"
    VISIBILITY_CHANGED = "VISIBILITY_CHANGED"
    CONSENT_RECORDED = "CONSENT_RECORDED"
    PERSON_UNKNOWN = "PERSON_UNKNOWN"
    ENVIRONMENT_MISMATCH = "ENVIRONMENT_MISMATCH"
    NOT_OPENED_YET = "NOT_OPENED_YET"
    OPPOSED = "OPPOSED"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"
    DECEASED = "DECEASED"
    NO_CONSENT = "NO_CONSENT"
    NOT_FOR_THE_RECORD = "NOT_FOR_THE_RECORD"
    SENDER_MISMATCH = "SENDER_MISMATCH"
    BAD_VERSION = "BAD_VERSION"
    NOT_AUTHOR = "NOT_AUTHOR"
    ORIGINAL_MISSING = "ORIGINAL_MISSING"
    DUPLICATE_OTHER_HASH = "DUPLICATE_OTHER_HASH"
    LOT_REFUSED = "LOT_REFUSED"


class Action(StrEnum):
    """What is asked with a document; one that replaces another says so by `replaces`, and is a new version unless its id is known."""

    ADD = "ADD"
    DELETE = "DELETE"
    CHANGE_VISIBILITY = "CHANGE_VISIBILITY"
    CONSENT = "CONSENT"


class Fault(NamedTuple):
    """One thing that is wrong with a document: the reason, and where (never a word of the patient's)."""

    reason: Reason
    where: str


class RefusedDocumentError(FinalError):
    """A document or its envelope cannot be read at all: nothing of it can be told but the reason."""

    def __init__(self, reason: Reason, where: str) -> None:
        super().__init__(f"{reason}: {where}")
        self.fault = Fault(reason, where)


@dataclass(frozen=True, slots=True)
class Traits:
    """The five strict traits of the INS as the document spells them; `birth_date` is ISO 8601, cut where it is not known further.

    `sex` is M, F or U (undetermined); `birthplace` is the COG code of the commune, or 99 and the country's.
    """

    birth_name: str | None = None
    first_names: str | None = None
    sex: str | None = None
    birth_date: str | None = None
    birthplace: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingDocument:
    """A document that came in; what it does not say is None.

    Identifiers are OIDs or UUIDs, `root^extension` where there is an extension; systems of codes are OIDs in every format.
    `created` is ISO 8601 with the offset that the document gave. `body_sha256` is of the decoded body where there is one
    (a PDF, an image), else of the document as received. `content` is the document itself, out of its envelope, where it could be read.

    What the envelope asks: `action`; `lot` is the message of the file that it came in, counted from 0; `destinations`, where it is to go
    (`DMP`, `PROFESSIONALS`, `PATIENT`), None where that is not said. `software` is what the program that sends calls itself.
    An admission that tells the consent to feeding has the action CONSENT, `feeding`, the identity of its patient, and when it was said
    (`created`).
    """

    format: DocumentFormat
    unique_id: str | None = None
    series_id: str | None = None
    version: int | None = None
    type_code: str | None = None
    type_system: str | None = None
    created: str | None = None
    author_organization: str | None = None
    matricule: str | None = None
    matricule_authority: str | None = None
    traits: Traits = Traits()
    confidentiality: tuple[str, ...] = ()
    replaces: str | None = None
    media_type: str | None = None
    body_sha256: str | None = None
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    content: bytes | None = field(default=None, repr=False, compare=False)
    action: Action = Action.ADD
    lot: int = 0
    destinations: frozenset[str] | None = None
    software: str | None = None
    feeding: bool | None = None

    @property
    def verdict(self) -> Reason:
        """`ok`, or the reason of the first thing found wrong; an admission holds no document, whatever else is wrong with it."""
        if self.action is Action.CONSENT:
            return Reason.NO_DOCUMENT
        return self.faults[0].reason if self.faults else Reason.OK

    @property
    def detail(self) -> str:
        """Where it is wrong, everything found, then what is odd without being wrong."""
        return "; ".join([*(fault.where for fault in self.faults), *self.notes])


def refused(fmt: DocumentFormat, fault: Fault) -> IncomingDocument:
    """Return what stands for a document of which only the reason is known."""
    return IncomingDocument(format=fmt, faults=(fault,))
