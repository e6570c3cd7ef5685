"""From the bytes of a file to its documents. The format is told from the bytes alone: a name may lie, and often does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pipelines.documents.cda import is_cda, read_cda_tree
from pipelines.documents.dicom import looks_like_dicom, read_dicom
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError, refused
from pipelines.documents.fhir import read_fhir
from pipelines.documents.fhir_resource import from_json, from_xml, is_fhir
from pipelines.documents.hl7v2 import read_hl7v2
from pipelines.documents.hl7v2_message import looks_like_hl7v2
from pipelines.documents.limits import ENVELOPE_BYTES, require_size
from pipelines.documents.mail import looks_like_mail, read_mail
from pipelines.documents.safe_xml import parse_xml
from pipelines.documents.xdm import looks_like_zip, read_xdm

# Control characters, and halves of pairs, which JSON and HL7 v2 can write.
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read_documents(data: bytes) -> list[IncomingDocument]:
    """Return every document of a file, at least one: what holds no document is told as one, with the reason.

    Raises: MemoryError, nothing else.
    """
    fmt = tell_format(data)
    try:
        return [_in_text(document) for document in _read(data, fmt)]
    except RefusedDocumentError as error:
        return [refused(fmt, error.fault)]
    except MemoryError:
        raise
    except Exception as error:  # whatever a stranger's bytes do to us must not stop the documents of others
        return [refused(fmt, Fault(Reason.OTHER, f"a fault of ours while reading it: {type(error).__name__}"))]


def _in_text(document: IncomingDocument) -> IncomingDocument:
    """Return a document, or why it is refused where something in it is no text: no database, file or answer could hold it."""
    traits = document.traits
    said = [
        *(document.unique_id, document.series_id, document.replaces, document.type_code, document.type_system, document.media_type),
        *(document.author_organization, document.matricule, *document.confidentiality),
        *(traits.birth_name, traits.first_names, traits.birthplace),
    ]
    if not _NO_TEXT.search("".join(text for text in said if text)):
        return document
    return replace(refused(document.format, Fault(Reason.BAD_ENCODING, "control characters in what identifies it")), lot=document.lot)


def tell_format(data: bytes) -> DocumentFormat:
    """Tell what bytes are by how they begin; XML is taken for a CDA until its root is seen."""
    if looks_like_zip(data):
        return DocumentFormat.XDM
    if looks_like_dicom(data):
        return DocumentFormat.DICOM
    if looks_like_hl7v2(data):
        return DocumentFormat.HL7V2
    begins = beginning_of(data)
    if begins.startswith("<"):
        return DocumentFormat.FHIR if 'xmlns="http://hl7.org/fhir"' in begins else DocumentFormat.CDA
    if begins.startswith("{"):
        return DocumentFormat.FHIR
    return DocumentFormat.MAIL if looks_like_mail(data) else DocumentFormat.UNKNOWN


def beginning_of(data: bytes) -> str:
    """Return how a text begins, without a byte-order mark and leading spaces: by it, XML and JSON are told."""
    head = data[:2000]
    encoding = "utf-16" if head.startswith(_BYTE_ORDER_MARKS[1:]) else "latin-1"
    return head.removeprefix(_BYTE_ORDER_MARKS[0]).decode(encoding, "replace").lstrip()


def _read(data: bytes, fmt: DocumentFormat) -> Iterable[IncomingDocument]:
    if fmt is DocumentFormat.XDM:
        return read_xdm(data)
    if fmt is DocumentFormat.MAIL:
        return read_mail(data)
    if fmt is DocumentFormat.HL7V2:
        return read_hl7v2(data)
    if fmt is DocumentFormat.DICOM:
        return [read_dicom(data)]
    if fmt is DocumentFormat.UNKNOWN:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, "an empty file" if not data else "none of the formats that are taken")
    if beginning_of(data).startswith("{"):
        require_size(data, ENVELOPE_BYTES, "the FHIR resource")
        return read_fhir(from_json(data))
    return _read_xml(data)


def _read_xml(data: bytes) -> Iterable[IncomingDocument]:
    root = parse_xml(data, "the document")
    if is_fhir(root):
        return read_fhir(from_xml(root))
    if is_cda(root):
        return [read_cda_tree(root, data)]
    raise RefusedDocumentError(Reason.NO_DOCUMENT, "XML that is neither a CDA nor a FHIR resource")
