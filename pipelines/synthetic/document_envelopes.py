"""The envelopes in which documents travel: XDM zip, secure mail, HL7 v2, FHIR, and the DICOM object that lists images."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from pipelines.synthetic.medical_documents import MedicalDocument, Patient

_ZIP_DATE = (2026, 1, 1, 0, 0, 0)
_RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
_LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
_UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
_PATIENT_ID = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
_KOS = "1.2.840.10008.5.1.4.1.1.88.59"
_COMPUTED_RADIOGRAPHY = "1.2.840.10008.5.1.4.1.1.1"
_INS_NAMES = {"8": "ASIP-SANTE-INS-NIR", "9": "ASIP-SANTE-INS-NIA"}
_FLAGS = (
    "MASQUE_PS",
    "INVISIBLE_PATIENT",
    "INVISIBLE_REP_LEGAUX",
    "CONNEXION_SECRETE",
    "MODIF_CONF_CODE",
    "DESTDMP",
    "DESTMSSANTEPS",
    "DESTMSSANTEPAT",
    "ACK_RECEPTION",
    "ACK_LECTURE_MSS",
)


def cx(patient: Patient) -> str:
    """Return the INS as HL7 v2 and XDS write it."""
    return f"{patient.matricule}^^^{_INS_NAMES.get(patient.authority[-1], 'TEST')}&{patient.authority}&ISO^INS"


def xdm(documents: Sequence[tuple[MedicalDocument, bytes]], entries: str | None = None) -> bytes:
    """Return an IHE_XDM.ZIP with one submission set; `entries` stands for the XML of its document entries."""
    described = entries if entries is not None else "".join(xds_entry(*pair, number) for number, pair in enumerate(documents, start=1))
    objects = f'<RegistryObjectList xmlns="{_RIM}">{described}</RegistryObjectList>'
    metadata = f'<lcm:SubmitObjectsRequest xmlns:lcm="{_LCM}">{objects}</lcm:SubmitObjectsRequest>'
    files = {"INDEX.HTM": b"<html/>", "README.TXT": b"Espace sante", "IHE_XDM/SUBSET01/METADATA.XML": metadata.encode()}
    files |= {f"IHE_XDM/SUBSET01/DOC{number:04d}.XML": content for number, (_, content) in enumerate(documents, start=1)}
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files, the same bytes each time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), content, zipfile.ZIP_DEFLATED, 1)
    return target.getvalue()


def xds_entry(document: MedicalDocument, content: bytes, number: int) -> str:
    """Return the entry of METADATA.XML that describes one file of the set."""
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    slots = {"URI": f"DOC{number:04d}.XML", "size": str(len(content)), "hash": sha1}
    identifiers = {_UNIQUE_ID: document.unique_id, _PATIENT_ID: f"{cx(document.patient).replace('^INS', '^NH')}"}
    return (
        f'<ExtrinsicObject id="Document{number}" mimeType="text/xml">'
        + "".join(f'<Slot name="{name}"><ValueList><Value>{value}</Value></ValueList></Slot>' for name, value in slots.items())
        + "".join(
            f'<ExternalIdentifier identificationScheme="{scheme}" value={quoteattr(value)}/>' for scheme, value in identifiers.items()
        )
        + "</ExtrinsicObject>"
    )


def secure_mail(document: MedicalDocument, attachment: bytes) -> bytes:
    """Return a message of secure mail that carries an XDM zip, with the subject and the headers that MSSanté prescribes."""
    mail = EmailMessage()
    mail["From"] = "laboratoire@invente.mssante.example"
    mail["To"] = f"{document.patient.matricule}@patient.mssante.example"
    mail["Subject"] = f"XDM/1.0/DDM+{document.title[:40]}"
    mail["Date"] = format_datetime(document.created)
    mail["X-MSS-CODECDA"] = document.type_code
    mail["X-MSS-INS"] = "O"
    mail["X-MSS-NIL"] = document.finess
    mail.set_content("Vous trouverez ci-joint un document.")
    mail.add_attachment(attachment, maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    mail.set_boundary(f"=={document.unique_id}==")
    return mail.as_bytes()


def hl7v2(
    document: MedicalDocument,
    content: bytes,
    event: str = "ORU^R01",
    flags: Mapping[str, str] | None = None,
    charset: tuple[str, str] = ("UNICODE UTF-8", "utf-8"),
    end: str = "\r",
) -> bytes:
    """Return an ORU^R01 or an MDM (T02, T10, T04) with the CDA in OBX-5; `flags` are those that are Y beside DESTDMP."""
    patient, when = document.patient, document.created.strftime("%Y%m%d%H%M")
    order, status = {"MDM^T10": ("RO", "C"), "MDM^T04": ("CA", "D")}.get(event, ("RO", "C") if document.replaces else ("NW", "F"))
    kind = "ORU_R01" if event == "ORU^R01" else "MDM_T02"
    names = patient.first_names.split()
    code = f"{document.type_code}^{document.title}^LN"
    packed = base64.b64encode(content).decode()
    said = {"DESTDMP": "Y", **(flags or {})}
    segments = [
        f"MSH|^~\\&|LOGICIEL|{document.finess}|PFI|DMP|{when}||{event}^{kind}|{document.unique_id[-15:]}|P|2.5|||||FRA|{charset[0]}|||2.1^CISIS_CDA_HL7_V2",
        f"PID|||{cx(patient)}||{patient.birth_name}^{names[0]}^{' '.join(names)}^^^^L||{patient.birth_date}|{patient.sex}{'|' * 24}VALI",
        "PV1|1|I",
        f"ORC|{order}",
        f"OBR|1|||{code}",
        *(
            [f"TXA|1|{document.type_code}|TEXT|{when}||||||||{document.unique_id}|{document.replaces or ''}||||AU"]
            if kind == "MDM_T02"
            else []
        ),
        f"OBX|1|ED|{code}||^TEXT^XML^Base64^{packed}||||||{status}",
        *(f"OBX|{number}|CE|{name}^{name}^MetaDMPMSS||{said.get(name, 'N')}||||||F" for number, name in enumerate(_FLAGS, start=2)),
    ]
    return (end.join(segments) + end).encode(charset[1])


def fhir_bundle(document: MedicalDocument, content: bytes, content_type: str) -> dict[str, Any]:
    """Return a PDSm bundle (ITI-65): submission set, document reference, binary, patient, organisation."""
    reference = document_reference(document, content, content_type)
    del reference["content"][0]["attachment"]["data"]
    reference["content"][0]["attachment"]["url"] = "urn:uuid:binary"
    held = {
        "urn:uuid:set": {"resourceType": "List", "status": "current", "mode": "working"},
        "urn:uuid:reference": reference,
        "urn:uuid:binary": {"resourceType": "Binary", "contentType": content_type, "data": base64.b64encode(content).decode()},
    }
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": str(resource["resourceType"])}}
            for url, resource in held.items()
        ],
    }


def document_reference(document: MedicalDocument, content: bytes, content_type: str) -> dict[str, Any]:
    """Return a DocumentReference that holds all: the simplified publication of PDSm (ITI-105)."""
    organization = {"reference": "#organization"}
    attachment = {
        "contentType": content_type,
        "data": base64.b64encode(content).decode(),
        "size": len(content),
        "hash": base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode(),
        "title": document.title,
        "creation": document.created.isoformat(),
    }
    return {
        "resourceType": "DocumentReference",
        "contained": [fhir_patient(document.patient), _organization(document.finess)],
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{document.unique_id}"},
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": document.type_code, "display": document.title}]},
        "subject": {"reference": "#patient"},
        "date": document.created.isoformat(),
        "author": [organization],
        "custodian": organization,
        **(
            {"relatesTo": [{"code": "replaces", "target": {"identifier": {"value": f"urn:oid:{document.replaces}"}}}]}
            if document.replaces
            else {}
        ),
        "securityLabel": [{"coding": [{"system": "urn:oid:2.16.840.1.113883.5.25", "code": document.confidentiality}]}],
        "content": [{"attachment": attachment}],
        "context": {"period": {"start": document.created.isoformat()}, "sourcePatientInfo": {"reference": "#patient"}},
    }


def fhir_patient(patient: Patient) -> dict[str, Any]:
    """Return a Patient of the French core profile, with a qualified INS."""
    core = "https://hl7.fr/ig/fhir/core/StructureDefinition"
    born = "-".join(part for part in (patient.birth_date[:4], patient.birth_date[4:6], patient.birth_date[6:8]) if part)
    status = {"url": "identityStatus", "valueCoding": {"code": "VALI"}}
    place = {"extension": [{"url": f"{core}/fr-core-address-insee-code", "valueCoding": {"code": patient.birthplace}}]}
    listed = {"url": f"{core}/fr-core-patient-birth-list-given-name", "valueString": patient.first_names}
    return {
        "resourceType": "Patient",
        "id": "patient",
        "extension": [
            {"url": f"{core}/fr-core-identity-reliability", "extension": [status]},
            {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": place},
        ],
        "identifier": [{"system": f"urn:oid:{patient.authority}", "value": patient.matricule}],
        "name": [{"use": "official", "family": patient.birth_name, "given": [patient.first_names.split()[0]], "extension": [listed]}],
        "gender": {"M": "male", "F": "female"}[patient.sex],
        "birthDate": born,
    }


def _organization(finess: str) -> dict[str, Any]:
    return {
        "resourceType": "Organization",
        "id": "organization",
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": finess}],
    }


def as_json(resource: Mapping[str, Any]) -> bytes:
    """Return a FHIR resource as JSON."""
    return json.dumps(resource, ensure_ascii=False).encode()


def key_object_selection(document: MedicalDocument) -> bytes:
    """Return a DICOM KOS: which images of a study there are to see."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(_KOS)
    meta.MediaStorageSOPInstanceUID = UID(document.unique_id)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    kos = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    kos.SpecificCharacterSet = "ISO_IR 192"
    kos.SOPClassUID, kos.SOPInstanceUID, kos.Modality = _KOS, document.unique_id, "KO"
    kos.StudyInstanceUID = generate_uid(entropy_srcs=[document.unique_id])
    kos.ContentDate, kos.ContentTime = document.created.strftime("%Y%m%d"), document.created.strftime("%H%M%S")
    kos.TimezoneOffsetFromUTC = document.created.strftime("%z")
    patient = document.patient
    names = patient.first_names.split()
    kos.PatientName = f"{patient.birth_name}^{names[0]}^{' '.join(names[1:])}"
    kos.PatientID, kos.PatientSex = patient.matricule, patient.sex
    kos.PatientBirthDate = patient.birth_date if len(patient.birth_date) == 8 else ""
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = patient.authority, "ISO"
    kos.IssuerOfPatientIDQualifiersSequence = [issuer]
    kos.CurrentRequestedProcedureEvidenceSequence = [_evidence(kos.StudyInstanceUID, document.unique_id)]
    target = io.BytesIO()
    kos.save_as(target, enforce_file_format=True)
    return target.getvalue()


def _evidence(study: UID, unique_id: str) -> Dataset:
    """Return the one image of a study to which a selection refers."""
    image, series, evidence = Dataset(), Dataset(), Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = _COMPUTED_RADIOGRAPHY, generate_uid(entropy_srcs=[unique_id, "image"])
    series.SeriesInstanceUID, series.ReferencedSOPSequence = generate_uid(entropy_srcs=[unique_id, "series"]), [image]
    evidence.StudyInstanceUID, evidence.ReferencedSeriesSequence = study, [series]
    return evidence
