"""Documents in FHIR R4: the bundles of PDSm and MHD (ITI-65), and the simplified publication (ITI-105) of one DocumentReference.

References are followed inside what was received only; nothing is fetched. Source: ANS, PDSm 3.1.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pipelines.documents.body import decode_base64, require_media_type, sha256
from pipelines.documents.cda import read_cda
from pipelines.documents.dicom import TRE_A05
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError, Traits, refused
from pipelines.documents.fhir_resource import Resource, every, extension, first, nodes
from pipelines.documents.ins import Ins, birthplace_of, choose_ins, judge_ins
from pipelines.documents.limits import DOCUMENTS_A_LOT, RESOURCES_A_BUNDLE, require_few
from pipelines.documents.timestamps import fhir_time
from pipelines.documents.visibility import hide

_SYSTEMS = {
    "http://loinc.org": "2.16.840.1.113883.6.1",
    "https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire": TRE_A05,
}
_SEXES = {"male": "M", "female": "F", "other": "U", "unknown": "U"}
_CDA_TYPES = ("text/xml", "application/xml", "application/xslt+xml", "application/hl7-cda+xml")
_ASKED = (
    "status",
    "date",
    "masterIdentifier.value",
    "custodian",
    "content.attachment.contentType",
    "content.attachment.title",
)
_ASKED_IN_BUNDLES = ("context.period.start", "content.attachment.size", "content.attachment.hash")
_ORGANIZATIONS = "urn:oid:1.2.250.1.71.4.2.2"


class Patient(NamedTuple):
    """What a Patient resource says: the INS, the traits, and what is wrong with them."""

    ins: Ins | None
    traits: Traits
    faults: list[Fault]


class _Received:
    """The resources that came together, found by the ways in which they refer to each other."""

    def __init__(self, resource: Resource) -> None:
        self.is_bundle = resource["resourceType"] == "Bundle"
        entries = list(nodes(resource, "entry")) if self.is_bundle else [{"resource": resource}]
        require_few(len(entries), RESOURCES_A_BUNDLE, "entries in the bundle")
        self.resources: list[Resource] = []
        self.by_reference: dict[str, Resource] = {}
        for entry in entries:
            for held in nodes(entry, "resource"):
                self.resources.append(held)
                identifier = first(held, "id")
                for name in (first(entry, "fullUrl"), f"{held.get('resourceType')}/{identifier}" if identifier else None):
                    if name and self.by_reference.setdefault(name, held) is not held:
                        raise RefusedDocumentError(Reason.BAD_FORMAT, "two resources of the bundle have one address")

    def of_type(self, kind: str) -> list[Resource]:
        """Return the resources of a type."""
        return [resource for resource in self.resources if resource.get("resourceType") == kind]

    def find(self, holder: Resource, reference: str | None) -> Resource | None:
        """Return what a resource refers to: contained in it (`#id`), or beside it."""
        if not reference:
            return None
        if reference.startswith("#"):
            return next((held for held in nodes(holder, "contained") if first(held, "id") == reference[1:]), None)
        return self.by_reference.get(reference)


def read_fhir(resource: Resource) -> list[IncomingDocument]:
    """Return the documents of a Bundle or of one DocumentReference.

    Raises: RefusedDocumentError where the resource holds no document.
    """
    received = _Received(resource)
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


def _document(received: _Received, reference: Resource, what: str) -> IncomingDocument:
    faults = list(_lacking(reference, received.is_bundle, what))
    media_type = (first(reference, "content.attachment.contentType") or "").split(";")[0].strip().lower() or None
    patient = _patient(received, reference)
    described = _described(received, reference, patient, media_type, faults, what)
    body = _body(received, reference, media_type, faults, what)
    described = replace(described, faults=tuple(faults))
    labels = [code for code in every(reference, "securityLabel.coding.code") if isinstance(code, str)]
    if body is not None and media_type in _CDA_TYPES:
        return hide(_as_cda(body, described, patient, what), labels)
    identity, notes = judge_ins(patient.ins, patient.traits, f"{what}: the patient")
    all_faults = (*described.faults, *patient.faults, *identity)
    body_hash = sha256(body) if body is not None else None
    return hide(replace(described, body_sha256=body_hash, faults=all_faults, notes=tuple(notes)), labels)


def _lacking(reference: Resource, in_bundle: bool, what: str) -> Iterator[Fault]:
    """Name the elements that the profiles ask for and that are missing."""
    for path in (*_ASKED, *(_ASKED_IN_BUNDLES if in_bundle else ())):
        if next(every(reference, path), None) is None:
            yield Fault(Reason.BAD_FORMAT, f"{what} lacks {path}")
    if first(reference, "status") not in (None, "current"):
        yield Fault(Reason.BAD_FORMAT, f"{what} is not current: only a current document is published")
    if len(list(nodes(reference, "content"))) > 1:
        yield Fault(Reason.BAD_FORMAT, f"{what} has several contents")


def _described(
    received: _Received, reference: Resource, patient: Patient, media_type: str | None, faults: list[Fault], what: str
) -> IncomingDocument:
    """Return what the DocumentReference says; what is wrong with it is added to `faults`."""
    code, system = first(reference, "type.coding.code"), first(reference, "type.coding.system")
    if not code or not system:
        faults.append(Fault(Reason.BAD_TYPE_CODE, f"{what} has no type code with its system"))
    created = _created(reference, faults, what)
    replaced = _replaced(received, reference, faults, what)
    return IncomingDocument(
        format=DocumentFormat.FHIR,
        unique_id=bare(first(reference, "masterIdentifier.value")),
        type_code=code,
        type_system=_SYSTEMS.get(system, bare(system)) if system else None,
        created=created,
        author_organization=_author_organization(received, reference),
        matricule=patient.ins.matricule if patient.ins else None,
        matricule_authority=patient.ins.authority if patient.ins else None,
        traits=patient.traits,
        replaces=replaced,
        media_type=media_type,
    )


def bare(identifier: str | None) -> str | None:
    """Return an OID or a UUID without the `urn:oid:` or `urn:uuid:` that FHIR puts before it."""
    for prefix in ("urn:oid:", "urn:uuid:"):
        if identifier and identifier.startswith(prefix):
            return identifier.removeprefix(prefix)
    return identifier


def _created(reference: Resource, faults: list[Fault], what: str) -> str | None:
    """Return when the document was made (`attachment.creation`), else when it was published."""
    value = first(reference, "content.attachment.creation") or first(reference, "date")
    try:
        return fhir_time(value, f"{what}: its date") if value else None
    except RefusedDocumentError as error:
        faults.append(error.fault)
        return None


def _replaced(received: _Received, reference: Resource, faults: list[Fault], what: str) -> str | None:
    """Return the unique id of the version that is replaced, or else the address at which it was published."""
    related = [node for node in nodes(reference, "relatesTo") if first(node, "code") == "replaces"]
    if len(related) > 1:
        faults.append(Fault(Reason.BAD_FORMAT, f"{what} replaces several documents"))
    if not related:
        return None
    target = first(related[0], "target.reference")
    held = received.find(reference, target)
    return bare(first(related[0], "target.identifier.value") or first(held, "masterIdentifier.value") or target)


def _author_organization(received: _Received, reference: Resource) -> str | None:
    """Return the national identifier of an author's organisation, else the custodian's."""
    for author in nodes(reference, "author"):
        resource = received.find(reference, first(author, "reference"))
        organization = received.find(reference, first(resource, "organization.reference"))
        for candidate in (resource if resource and resource.get("resourceType") == "Organization" else None, organization):
            if identifier := _organization(candidate):
                return identifier
        if identifier := _identified(first(resource, "organization.identifier.system"), first(resource, "organization.identifier.value")):
            return identifier
    custodian = received.find(reference, first(reference, "custodian.reference"))
    own = _identified(first(reference, "custodian.identifier.system"), first(reference, "custodian.identifier.value"))
    return _organization(custodian) or own


def _organization(organization: Resource | None) -> str | None:
    found = (_identified(first(node, "system"), first(node, "value")) for node in nodes(organization, "identifier"))
    return next((identifier for identifier in found if identifier), None)


def _identified(system: str | None, value: str | None) -> str | None:
    return value if system == _ORGANIZATIONS else None


def _patient(received: _Received, reference: Resource) -> Patient:
    """Return the patient of a document: its subject, who must also be the source patient."""
    found = [
        patient
        for path in ("subject", "context.sourcePatientInfo")
        if (patient := received.find(reference, first(reference, f"{path}.reference"))) is not None
    ]
    if not found:
        logical = [(bare(first(reference, "subject.identifier.system")), first(reference, "subject.identifier.value"))]
        return Patient(choose_ins(logical)[0], Traits(), [])
    read = [_read_patient(patient) for patient in found]
    faults = [fault for patient in read[:1] for fault in patient.faults]
    if read[-1].ins != read[0].ins:
        faults.append(Fault(Reason.INS_MISMATCH, "the subject is not the source patient"))
    return Patient(read[0].ins, read[0].traits, faults)


def _read_patient(patient: Resource) -> Patient:
    """Read a Patient of the French core profiles (`fr-core-patient-ins`)."""
    ins, faults = choose_ins((bare(first(node, "system")), first(node, "value")) for node in nodes(patient, "identifier"))
    status = next((first(node, "valueCoding.code") for node in extension(patient, "identityStatus")), None)
    if status not in (None, "VALI"):
        faults.append(Fault(Reason.INS_NOT_QUALIFIED, "the patient's identity is not qualified (VALI)"))
    names = sorted(nodes(patient, "name"), key=lambda name: first(name, "use") != "official")
    official = names[0] if names else None
    given = [text for text in every(official, "given") if isinstance(text, str)]
    listed = next((first(node, "valueString") for node in extension(official, "birth-list-given-name")), None)
    born = first(patient, "birthDate")
    try:
        born = fhir_time(born, "the birth date")[:10] if born else None
    except RefusedDocumentError as error:
        faults.append(error.fault)
        born = None
    places = (first(code, "valueCoding.code") for place in extension(patient, "patient-birthPlace") for code in _place_codes(place))
    traits = Traits(
        birth_name=first(official, "family"),
        first_names=listed or " ".join(given) or None,
        sex=_SEXES.get(first(patient, "gender") or ""),
        birth_date=born,
        birthplace=next((code for code in map(birthplace_of, places) if code), None),
    )
    return Patient(ins, traits, faults)


def _place_codes(place: Resource) -> Iterator[Resource]:
    """Give the extensions of a birthplace's address that hold its INSEE code."""
    for address in nodes(place, "valueAddress"):
        yield from extension(address, "insee-code")


def _body(received: _Received, reference: Resource, media_type: str | None, faults: list[Fault], what: str) -> bytes | None:
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


def _binary(received: _Received, reference: Resource, url: str | None, media_type: str | None, what: str) -> str:
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
    faults = [*document.faults, *described.faults, *patient.faults]
    if (described.unique_id or "").lower() != (document.unique_id or "").lower():
        faults.append(Fault(Reason.METADATA_MISMATCH, f"{what} has not the unique id of its CDA"))
    if patient.ins is not None and patient.ins != Ins(document.matricule or "", document.matricule_authority or ""):
        faults.append(Fault(Reason.INS_MISMATCH, f"{what} is not of the patient of its CDA"))
    return replace(document, faults=tuple(faults))


def _of_one_patient(documents: list[IncomingDocument]) -> list[IncomingDocument]:
    """Refuse every document of a submission that is of several patients."""
    if len({(document.matricule_authority, document.matricule) for document in documents if document.matricule}) < 2:
        return documents
    fault = Fault(Reason.MANY_PATIENTS, "the submission has documents of several patients")
    return [replace(document, faults=(fault, *document.faults)) for document in documents]
