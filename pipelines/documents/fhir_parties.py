"""Who a FHIR submission is about, and from which organisation: Patient and Organization of the French core profiles.

Sources: Interop'Santé, hl7.fhir.fr.core (fr-core-patient-ins, fr-core-organization); ANS, PDSm 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelines.documents.document import Fault, Reason, RefusedDocumentError, Traits
from pipelines.documents.fhir_received import Received
from pipelines.documents.fhir_resource import Resource, bare, every, extension, first, nodes, searched
from pipelines.documents.ins import Ins, birthplace_of, choose_ins
from pipelines.documents.timestamps import fhir_time

_SEXES = {"male": "M", "female": "F", "other": "U", "unknown": "U"}
_ORGANIZATIONS = "urn:oid:1.2.250.1.71.4.2.2"
# System and length of an identifier without the digit that tells its kind (annex "Source des données", Struct_IdNat).
_PREFIXES = {("finess.esante.gouv.fr", 9): "1", ("sirene.fr", 9): "2", ("sirene.fr", 14): "3"}


class Patient(NamedTuple):
    """What a Patient resource says: the INS, the traits, and what is wrong with them."""

    ins: Ins | None
    traits: Traits
    faults: list[Fault]


def author_organization(received: Received, reference: Resource) -> str | None:
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
    """Return a national identifier of a structure, which is a FINESS, SIREN or SIRET after a digit that tells which."""
    if not value or not system:
        return None
    if system == _ORGANIZATIONS:
        return value
    prefix = _PREFIXES.get((system.partition("://")[2].rstrip("/"), len(value)))
    return f"{prefix}{value}" if prefix else None


def patient_of(received: Received, reference: Resource) -> Patient:
    """Return the patient of a document: its subject, who must also be the source patient; the one whose traits are told goes before."""
    told = [patient for path in ("subject", "context.sourcePatientInfo") for patient in _patients(received, reference, path)]
    if not told:
        return Patient(None, Traits(), [])
    patient = max(told, key=lambda patient: patient.traits != Traits())
    if len({patient.ins for patient in told}) > 1:
        return patient._replace(faults=[*patient.faults, Fault(Reason.INS_MISMATCH, "the subject is not the source patient")])
    return patient


def _patients(received: Received, reference: Resource, path: str) -> Iterator[Patient]:
    """Give who is referred to: by a resource that came along, or by an identifier alone."""
    address = first(reference, f"{path}.reference")
    found = received.find(reference, address)
    if found is not None:
        yield _read_patient(found)
        return
    logical = (first(reference, f"{path}.identifier.system"), first(reference, f"{path}.identifier.value"))
    for system, value in (logical, searched(address)):
        ins, faults = choose_ins([(bare(system), value)])
        if ins is not None:
            yield Patient(ins, Traits(), faults)


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
