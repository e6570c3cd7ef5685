"""Batches of invented documents in every national format, one folder a format, the same for the same seed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from pipelines.synthetic.cda_writer import cda, section, self_displaying
from pipelines.synthetic.document_envelopes import as_json, document_reference, fhir_bundle, hl7v2, key_object_selection, secure_mail, xdm
from pipelines.synthetic.medical_documents import PDF, MedicalDocument, draw_documents

_RESULT = section("Résultats", "Glycémie à jeun : 5,1 mmol/L (4,1 à 5,9)")


def _secure_mail(document: MedicalDocument) -> bytes:
    return secure_mail(document, xdm([(document, cda(document))]))


def _mdm(document: MedicalDocument) -> bytes:
    return hl7v2(document, cda(document), "MDM^T10" if document.replaces else "MDM^T02")


# Folder and ending of the files, and what writes one.
FORMATS: dict[str, tuple[str, Callable[[MedicalDocument], bytes]]] = {
    "cda-n1": ("xml", cda),
    "cda-n3": ("xml", lambda document: cda(document, _RESULT)),
    "cda-self-displaying": ("xml", lambda document: self_displaying(document, _RESULT)),
    "xdm": ("zip", lambda document: xdm([(document, cda(document))])),
    "mail": ("eml", _secure_mail),
    "hl7-oru": ("hl7", lambda document: hl7v2(document, cda(document))),
    "hl7-mdm": ("er7", _mdm),
    "fhir-bundle": ("json", lambda document: as_json(fhir_bundle(document, cda(document), "text/xml"))),
    "fhir-simplified": ("json", lambda document: as_json(document_reference(document, document.body, PDF))),
    "dicom-kos": ("dcm", key_object_selection),
}


def write_batches(count: int, out: Path, seed: int, as_of: dt.date, body_bytes: int) -> dict[str, int]:
    """Write `count` documents under `out/<format>/`, formats taking turns; return how many files each format has."""
    written = dict.fromkeys(FORMATS, 0)
    names = list(FORMATS)
    for number, document in enumerate(draw_documents(count, seed, as_of, body_bytes), start=1):
        name = names[number % len(names)]
        ending, write = FORMATS[name]
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:08d}.{ending}").write_bytes(write(document))
        written[name] += 1
    return written
