"""Documents in FHIR R4: the bundles of PDSm and MHD (ITI-65), and the simplified publication (ITI-105) of one DocumentReference.

References are followed inside what was received only; nothing is fetched. Source: ANS, PDSm 3.1.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

from pipelines.documents.body import decode_base64, require_media_type, sha256
from pipelines.documents.cda import read_cda
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError, refused
from pipelines.documents.document_types import LOINC, TRE_A05, judge_type
from pipelines.documents.fhir_parties import Patient, author_organization, patient_of
from pipelines.documents.fhir_profile import judge_reference
from pipelines.documents.fhir_received import Received
from pipelines.documents.fhir_resource import Resource, bare, every, first, nodes, searched
from pipelines.documents.identifiers import instance_id
from pipelines.documents.ins import Ins, judge_ins
from pipelines.documents.limits import DOCUMENTS_A_LOT, require_few
from pipelines.documents.timestamps import fhir_time
from pipelines.documents.visibility import hide

_SYSTEMS = {
    "http://loinc.org": LOINC,
    "https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire": TRE_A05,
}
_CDA_TYPES = ("text/xml", "application/xml", "application/xslt+xml", "application/hl7-cda+xml")


def read_fhir(resource: Resource) -> list[IncomingDocument]:
    """Return the documents of a Bundle or of one DocumentReference.

    Raises: RefusedDocumentError where the resource holds no document.
    """
    received = Received(resource)
    references = received.of_type("DocumentReference")
    if not references:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, "the FHIR resource has no DocumentReference")
    require_few(len(references), DOCUMENTS_A_LOT, "documents in the bundle")
    documents = []
    for number, reference in enumerate(references, start=1):
        try:
            documents.append(_document(received, reference, f"DocumentReference {number}"))
        except RefusedDocumentError as error:
            documents.append(refused(DocumentFormat.FHIR, error.fault))
    return _of_one_patient(documents)


def _document(received: Received, reference: Resource, what: str) -> IncomingDocument:
    faults, oddities = judge_reference(reference, received.is_bundle, what)
    faults += received.faults
    media_type = (first(reference, "content.attachment.contentType") or "").split(";")[0].strip().lower() or None
    patient = patient_of(received, reference)
    described = _described(received, reference, patient, media_type, faults, what)
    body = _body(received, reference, media_type, faults, what)
    described = replace(described, faults=tuple(faults), notes=tuple(oddities))
    labels = [code for code in every(reference, "securityLabel.coding.code") if isinstance(code, str)]
    if body is not None and media_type in _CDA_TYPES:
        return hide(_as_cda(body, described, patient, what), labels)
    identity, notes = judge_ins(patient.ins, patient.traits, f"{what}: the patient")
    kind, type_notes = judge_type(described.type_code, described.type_system, what)
    all_faults = (*described.faults, *kind, *patient.faults, *identity)
    body_hash = sha256(body) if body is not None else None
    return hide(
        replace(described, body_sha256=body_hash, faults=all_faults, notes=(*described.notes, *type_notes, *notes), content=body), labels
    )


def _described(
    received: Received, reference: Resource, patient: Patient, media_type: str | None, faults: list[Fault], what: str
) -> IncomingDocument:
    """Return what the DocumentReference says; what is wrong with it is added to `faults`."""
    code, system = _type(reference)
    created = _created(reference, faults, what)
    replaced = _replaced(received, reference, faults, what)
    return IncomingDocument(
        format=DocumentFormat.FHIR,
        unique_id=_unique_id(reference, faults, what),
        type_code=code,
        type_system=system,
        created=created,
        author_organization=author_organization(received, reference),
        matricule=patient.ins.matricule if patient.ins else None,
        matricule_authority=patient.ins.authority if patient.ins else None,
        traits=patient.traits,
        replaces=replaced,
        media_type=media_type,
    )


def _unique_id(reference: Resource, faults: list[Fault], what: str) -> str | None:
    """Return the unique id: a URN, or a value within the OID that is its system."""
    system, value = bare(first(reference, "masterIdentifier.system")), bare(first(reference, "masterIdentifier.value"))
    if value is None:
        return None
    found = instance_id(value, None) or instance_id(*value.partition("^")[::2]) or instance_id(system, value)
    if found is None:
        faults.append(Fault(Reason.BAD_FORMAT, f"{what}: its master identifier is neither an OID nor a UUID"))
    return found


def _type(reference: Resource) -> tuple[str | None, str | None]:
    """Return the first type code that has its system, which is told as an OID."""
    codings = [(first(coding, "code"), first(coding, "system")) for coding in nodes(reference, "type.coding")]
    code, system = next((coding for coding in codings if all(coding)), codings[0] if codings else (None, None))
    return code, _SYSTEMS.get(system, bare(system)) if system else None


def _created(reference: Resource, faults: list[Fault], what: str) -> str | None:
    """Return when the document was made (`attachment.creation`), else when it was published."""
    value = first(reference, "content.attachment.creation") or first(reference, "date")
    try:
        return fhir_time(value, f"{what}: its date") if value else None
    except RefusedDocumentError as error:
        faults.append(error.fault)
        return None


def _replaced(received: Received, reference: Resource, faults: list[Fault], what: str) -> str | None:
    """Return the unique id of the version that is replaced, which may be its address here, or else the address that is told."""
    related = [node for node in nodes(reference, "relatesTo") if first(node, "code") == "replaces"]
    if len(related) > 1:
        faults.append(Fault(Reason.BAD_FORMAT, f"{what} replaces several documents"))
    if not related:
        return None
    target = first(related[0], "target.reference")
    held = received.find(reference, target)
    named = searched(target)[1] or instance_id((target or "").removeprefix("DocumentReference/"), None)
    return bare(first(related[0], "target.identifier.value") or first(held, "masterIdentifier.value") or named or target)


def _body(received: Received, reference: Resource, media_type: str | None, faults: list[Fault], what: str) -> bytes | None:
    """Return the bytes of the attachment, held against the size and the SHA-1 that are told; None where they cannot be read."""
    attachment = next(nodes(reference, "content.attachment"), None)
    try:
        text = first(attachment, "data") or _binary(received, reference, first(attachment, "url"), media_type, what)
        body = decode_base64(text, f"{what}: its attachment")
        if media_type and media_type not in _CDA_TYPES:
            require_media_type(body, media_type, f"{what}: its attachment")
    except RefusedDocumentError as error:
        faults.append(error.fault)
        return None
    size, told = next(every(attachment, "size"), None), first(attachment, "hash")
    if size is not None and str(size) != str(len(body)):
        faults.append(Fault(Reason.SIZE_MISMATCH, f"{what}: its attachment has not the size that is told"))
    # SHA-1 is what FHIR R4 prescribes: it finds damage, not malice.
    if told and told != base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode():
        faults.append(Fault(Reason.HASH_MISMATCH, f"{what}: its attachment has not the SHA-1 that is told"))
    return body


def _binary(received: Received, reference: Resource, url: str | None, media_type: str | None, what: str) -> str:
    binary = received.find(reference, url)
    data = first(binary, "data")
    if binary is None or binary.get("resourceType") != "Binary" or data is None:
        raise RefusedDocumentError(Reason.DOCUMENT_MISSING, f"{what}: its attachment is not in what was received")
    if (first(binary, "contentType") or "").split(";")[0].strip().lower() != media_type:
        raise RefusedDocumentError(Reason.METADATA_MISMATCH, f"{what}: the Binary has another type than the attachment")
    return data


def _as_cda(body: bytes, described: IncomingDocument, patient: Patient, what: str) -> IncomingDocument:
    """Return the CDA that is attached, held against what describes it: a document speaks for itself."""
    document = read_cda(body, DocumentFormat.FHIR, f"{what}, its CDA")
    if document.unique_id is None:
        document = replace(described, content=document.content, faults=document.faults, notes=document.notes)
    faults = [*document.faults, *described.faults, *patient.faults]
    if (described.unique_id or "").lower() != (document.unique_id or "").lower():
        faults.append(Fault(Reason.METADATA_MISMATCH, f"{what} has not the unique id of its CDA"))
    if described.type_code and described.type_code != document.type_code:
        faults.append(Fault(Reason.METADATA_MISMATCH, f"{what} has not the type of its CDA"))
    if described.replaces and not _is_the_same(described.replaces, document.replaces):
        faults.append(Fault(Reason.METADATA_MISMATCH, f"{what} replaces another document than its CDA does"))
    if patient.ins is not None and patient.ins != Ins(document.matricule or "", document.matricule_authority or ""):
        faults.append(Fault(Reason.INS_MISMATCH, f"{what} is not of the patient of its CDA"))
    return replace(document, faults=tuple(faults), notes=(*document.notes, *described.notes))


def _is_the_same(told: str, replaced: str | None) -> bool:
    """Say whether what a DocumentReference replaces may be what its CDA replaces: the address of a resource says only that it replaces."""
    if replaced is None or instance_id(*told.partition("^")[::2]) is None:
        return replaced is not None
    return told.lower() == replaced.lower()


def _of_one_patient(documents: list[IncomingDocument]) -> list[IncomingDocument]:
    """Refuse every document of a submission that is of several patients."""
    if len({(document.matricule_authority, document.matricule) for document in documents if document.matricule}) < 2:
        return documents
    fault = Fault(Reason.MANY_PATIENTS, "the submission has documents of several patients")
    return [replace(document, faults=(fault, *document.faults)) for document in documents]
