"""One invented document for tests, to be changed in one thing; and ways to read it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pipelines.documents.document import IncomingDocument
from pipelines.documents.reader import read_documents
from pipelines.registry.matricule import matricule_key
from pipelines.synthetic.medical_documents import NIR, MedicalDocument, Patient

PDF = b"%PDF-1.4\n%%EOF\n"
_STEM = "2820375056123"
PATIENT = Patient(_STEM + matricule_key(_STEM), NIR, "D'ALMEIDA-LEFÈVRE", "ANNE MARIE-LOUISE", "F", "19820314", "75056")
_OTHER = "1551299351007"
SOMEBODY_ELSE = Patient(_OTHER + matricule_key(_OTHER), NIR, "N'GUYEN", "JEAN PIERRE", "M", "195512", "99351")
DOCUMENT = MedicalDocument(
    patient=PATIENT,
    unique_id="1.2.250.1.999.1.7.1",
    series_id="1.2.250.1.999.1.7",
    version=1,
    type_code="11502-2",
    title="CR d'examens biologiques",
    created=dt.datetime(2026, 1, 5, 8, 30, 15, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    finess="1750803447",
    body=PDF,
)


def only(data: bytes) -> IncomingDocument:
    """Return the one document of a file."""
    (document,) = read_documents(data)
    return document


def verdict(data: bytes) -> str:
    """Return the verdict on the one document of a file."""
    return only(data).verdict


def facts(document: IncomingDocument) -> dict[str, Any]:
    """Return what a document says of itself that every format can carry."""
    return {
        "unique_id": document.unique_id,
        "type_code": document.type_code,
        "type_system": document.type_system,
        "created": document.created,
        "author_organization": document.author_organization,
        "matricule": document.matricule,
        "matricule_authority": document.matricule_authority,
        "birth_name": document.traits.birth_name,
        "first_names": document.traits.first_names,
        "sex": document.traits.sex,
        "birth_date": document.traits.birth_date,
        "birthplace": document.traits.birthplace,
    }


DOCUMENT_FACTS = {
    "unique_id": "1.2.250.1.999.1.7.1",
    "type_code": "11502-2",
    "type_system": "2.16.840.1.113883.6.1",
    "created": "2026-01-05T08:30:15+01:00",
    "author_organization": "1750803447",
    "matricule": PATIENT.matricule,
    "matricule_authority": "1.2.250.1.213.1.4.8",
    "birth_name": "D'ALMEIDA-LEFÈVRE",
    "first_names": "ANNE MARIE-LOUISE",
    "sex": "F",
    "birth_date": "1982-03-14",
    "birthplace": "75056",
}
