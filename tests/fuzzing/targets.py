"""What is fuzzed: each parser of documents, the invented documents it begins with, and what must hold of every answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from pipelines.documents.body import PDF
from pipelines.documents.conformance import Conformance
from pipelines.documents.document import Reason
from pipelines.documents.examination import Examination
from pipelines.documents.reader import tell_format
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_batches import FORMATS
from pipelines.synthetic.document_envelopes import xds_entry, zipped
from tests.document_builder import DOCUMENT, PATIENT

# How each format begins, and what no format is.
BEGINNINGS = (b"", b"<", b"{", b"MSH|^~\\&|", b"PK\x03\x04", b"\0" * 128 + b"DICM", b"From: a\r\n", b"\xef\xbb\xbf<", b"\xff\xfe<\0")
SECRETS = (PATIENT.matricule, "ALMEIDA", "MARIE-LOUISE")
GOOD = cda(DOCUMENT)
_EXAMINATION = Examination(Conformance())
_CUT = b"<!--cut-->"


@dataclass(frozen=True)
class Target:
    """One parser: the seeds, and how an input becomes a file where bytes alone would seldom pass its checksums."""

    seeds: tuple[bytes, ...]
    wrap: Callable[[bytes], bytes] = bytes


def _carrying(media_type: str) -> Callable[[bytes], bytes]:
    """Let an input be the body of a document."""
    return lambda data: cda(DOCUMENT.but(body=data, media_type=media_type))


def _set_of(data: bytes) -> bytes:
    """Return the zip of a METADATA.XML and a document, which an input has one after the other."""
    metadata, _, document = data.partition(_CUT)
    return zipped({"IHE_XDM/SUBSET01/METADATA.XML": metadata, "IHE_XDM/SUBSET01/DOC0001.XML": document})


def _metadata() -> bytes:
    rim = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
    return f'<RegistryObjectList xmlns="{rim}">{xds_entry(DOCUMENT, GOOD, 1)}</RegistryObjectList>'.encode()


def _written(*names: str) -> tuple[bytes, ...]:
    return tuple(FORMATS[name][1](DOCUMENT) for name in names)


TARGETS: dict[str, Target] = {
    "cda": Target(_written("cda-n1", "cda-n3", "cda-self-displaying")),
    "xdm": Target(_written("xdm")),
    "xds": Target((_metadata() + _CUT + GOOD,), _set_of),
    "mail": Target(_written("mail")),
    "hl7v2": Target(_written("hl7-oru", "hl7-mdm")),
    "fhir": Target(_written("fhir-bundle", "fhir-simplified")),
    "dicom": Target(_written("dicom-kos")),
    "pdf": Target((b"%PDF-1.4\n<</Type /ObjStm /Filter /FlateDecode>> stream\nx\x9c\x03\0\0\0\0\x01 /J#61vaScript",), _carrying(PDF)),
    "packed": Target(_written(*FORMATS), _carrying("application/octet-stream")),
    "any": Target((*BEGINNINGS, *_written(*FORMATS))),
}


def require_answer(data: bytes) -> None:
    """Examine a file. Raises: AssertionError where there is no answer, none of the documented ones, or one that tells of the patient."""
    tell_format(data)
    examined = _EXAMINATION.examine(data)
    assert examined.documents
    for document in examined.documents:
        assert document.verdict is not Reason.OTHER, document.detail
        assert not any(secret in document.detail for secret in SECRETS), "it tells of the patient"
        assert cast(object, document.content) != b""
