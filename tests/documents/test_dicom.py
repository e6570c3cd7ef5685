"""Documents in DICOM: the header says what, whose and when; pixels are not looked at."""

from __future__ import annotations

import hashlib
import io

import pydicom

from pipelines.synthetic.document_envelopes import key_object_selection
from tests.document_builder import DOCUMENT, DOCUMENT_FACTS, facts, only, verdict

KOS = key_object_selection(DOCUMENT)
NO_PLACE = {"author_organization": None, "birthplace": None, "type_code": "IMG-KOS", "type_system": "1.2.250.1.213.1.1.4.12"}


def changed(**elements: object) -> bytes:
    """Return the KOS with some elements of its header set otherwise."""
    header = pydicom.dcmread(io.BytesIO(KOS))
    for name, value in elements.items():
        setattr(header, name, value)
    target = io.BytesIO()
    header.save_as(target, enforce_file_format=True)
    return target.getvalue()


def test_a_key_object_selection_says_everything_but_the_birthplace() -> None:
    document = only(KOS)
    assert facts(document) == DOCUMENT_FACTS | NO_PLACE
    assert (document.format, document.verdict, document.media_type) == ("dicom", "ok", "application/dicom")
    assert document.body_sha256 == hashlib.sha256(KOS).hexdigest()


def test_an_image_is_told_by_its_sop_class() -> None:
    document = only(changed(SOPClassUID="1.2.840.10008.5.1.4.1.1.2"))
    assert (document.type_code, document.type_system) == ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.2.6.1")


def test_the_authority_may_stand_beside_the_number() -> None:
    document = only(changed(IssuerOfPatientIDQualifiersSequence=[], IssuerOfPatientID="1.2.250.1.213.1.4.8"))
    assert (document.matricule, document.verdict) == (DOCUMENT.patient.matricule, "ok")


def test_the_birth_name_goes_before_the_name_of_use() -> None:
    assert only(changed(PatientName="LEROY^ANNE", PatientBirthName="MARTIN^ANNE")).traits.birth_name == "MARTIN"


def test_a_header_without_ins_or_traits_is_refused() -> None:
    assert verdict(changed(IssuerOfPatientIDQualifiersSequence=[])) == "INS_MISSING"
    assert verdict(changed(PatientSex="", PatientBirthDate="")) == "INS_INCOMPLETE"


def test_a_header_without_a_date_is_refused() -> None:
    assert verdict(changed(ContentDate="")) == "BAD_DATE"


def test_a_header_without_identity_of_its_own_is_refused() -> None:
    assert verdict(changed(SOPInstanceUID="")) == "BAD_FORMAT"


def test_a_selection_that_refers_to_no_image_is_told() -> None:
    told = only(changed(CurrentRequestedProcedureEvidenceSequence=[]))
    assert (only(KOS).detail, told.verdict) == ("", "ok")
    assert "refers to no image" in told.detail
