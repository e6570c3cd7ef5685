"""Documents in FHIR: bundles and simplified publications, in JSON and in XML, nothing fetched from elsewhere."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from pipelines.documents.reader import read_documents
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import as_json, document_reference, fhir_bundle, fhir_patient
from tests.document_builder import DOCUMENT, DOCUMENT_FACTS, PDF, SOMEBODY_ELSE, facts, only, verdict

CONTENT = cda(DOCUMENT)
NAMESPACE = "http://hl7.org/fhir"


def simplified(**changes: Any) -> dict[str, Any]:
    """Return a simplified publication of the PDF; a change to None takes an element away."""
    reference = copy.deepcopy(document_reference(DOCUMENT, PDF, "application/pdf")) | changes
    return {name: value for name, value in reference.items() if value is not None}


def bundle() -> dict[str, Any]:
    """Return a bundle around the CDA."""
    return copy.deepcopy(fhir_bundle(DOCUMENT, CONTENT, "text/xml"))


def reference_of(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the DocumentReference of a bundle."""
    found: dict[str, Any] = resource["entry"][1]["resource"]
    return found


def as_xml(resource: Mapping[str, Any]) -> bytes:
    """Write a resource as the XML of FHIR."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_resource(resource, f" xmlns={quoteattr(NAMESPACE)}")}'.encode()


def _resource(resource: Mapping[str, Any], namespace: str = "") -> str:
    inner = "".join(_element(name, value) for name, value in resource.items() if name != "resourceType")
    return f"<{resource['resourceType']}{namespace}>{inner}</{resource['resourceType']}>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, Mapping):
        if "resourceType" in value:
            return f"<{name}>{_resource(value)}</{name}>"
        attributes = f" url={quoteattr(value['url'])}" if name == "extension" else ""
        inner = "".join(_element(part, item) for part, item in value.items() if not (attributes and part == "url"))
        return f"<{name}{attributes}>{inner}</{name}>"
    return f"<{name} value={quoteattr(str(value))}/>"


@pytest.mark.parametrize("write", [as_json, as_xml])
def test_a_bundle_gives_the_cda_that_it_carries(write: Any) -> None:
    document = only(write(bundle()))
    assert facts(document) == DOCUMENT_FACTS
    assert (document.format, document.verdict, document.series_id) == ("fhir", "ok", DOCUMENT.series_id)


@pytest.mark.parametrize("write", [as_json, as_xml])
def test_a_simplified_publication_is_described_by_itself(write: Any) -> None:
    document = only(write(simplified()))
    assert facts(document) == DOCUMENT_FACTS
    assert (document.verdict, document.media_type, document.body_sha256) == ("ok", "application/pdf", hashlib.sha256(PDF).hexdigest())
    assert document.confidentiality == ("N",)


def test_a_byte_order_mark_changes_nothing() -> None:
    assert verdict(b"\xef\xbb\xbf" + as_json(simplified())) == "ok"


def test_a_replacement_names_the_document_that_it_replaces() -> None:
    replaced = document_reference(DOCUMENT.but(replaces="1.2.3.4"), PDF, "application/pdf")
    assert only(as_json(replaced)).replaces == "1.2.3.4"
    twice = replaced | {"relatesTo": replaced["relatesTo"] * 2}
    assert verdict(as_json(twice)) == "BAD_FORMAT"


@pytest.mark.parametrize("missing", ["masterIdentifier", "status", "date", "custodian"])
def test_what_the_profile_asks_for_is_asked(missing: str) -> None:
    assert verdict(as_json(simplified(**{missing: None}))) == "BAD_FORMAT"


@pytest.mark.parametrize(
    ("missing", "when_alone"), [("title", "BAD_FORMAT"), ("size", "ok"), ("hash", "ok"), ("contentType", "BAD_FORMAT")]
)
def test_what_the_profiles_ask_of_the_attachment_is_asked(missing: str, when_alone: str) -> None:
    resource, reference = bundle(), simplified()
    for described in (reference_of(resource), reference):
        del described["content"][0]["attachment"][missing]
    assert (verdict(as_json(resource)), verdict(as_json(reference))) == ("BAD_FORMAT", when_alone)


def test_a_bundle_must_say_when_the_act_was() -> None:
    resource = bundle()
    del reference_of(resource)["context"]["period"]
    assert verdict(as_json(resource)) == "BAD_FORMAT"
    assert verdict(as_json(simplified(context=None))) == "ok"


def test_only_a_current_document_with_one_content_is_published() -> None:
    assert verdict(as_json(simplified(status="superseded"))) == "BAD_FORMAT"
    assert verdict(as_json(simplified(content=simplified()["content"] * 2))) == "BAD_FORMAT"


def test_a_document_without_type_is_refused() -> None:
    assert verdict(as_json(simplified(type={"text": "Compte rendu"}))) == "BAD_TYPE_CODE"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("size", 3, "SIZE_MISMATCH"),
        ("hash", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "HASH_MISMATCH"),
        ("contentType", "image/png", "BAD_MEDIA_TYPE"),
    ],
)
def test_what_the_attachment_says_otherwise_is_refused(name: str, value: object, reason: str) -> None:
    reference = simplified()
    reference["content"][0]["attachment"][name] = value
    assert verdict(as_json(reference)) == reason


def test_an_attachment_elsewhere_is_not_fetched() -> None:
    resource = bundle()
    reference_of(resource)["content"][0]["attachment"]["url"] = "http://127.0.0.1:9/Binary/1"
    assert verdict(as_json(resource)) == "DOCUMENT_MISSING"


def test_the_binary_must_have_the_type_of_the_attachment() -> None:
    resource = bundle()
    resource["entry"][2]["resource"]["contentType"] = "text/html"
    assert verdict(as_json(resource)) == "METADATA_MISMATCH"


def test_a_bundle_of_another_id_or_another_patient_than_its_cda_is_refused() -> None:
    resource = bundle()
    reference_of(resource)["masterIdentifier"]["value"] = "urn:oid:1.2.3"
    assert verdict(as_json(resource)) == "METADATA_MISMATCH"
    resource = bundle()
    reference_of(resource)["contained"][0] = fhir_patient(SOMEBODY_ELSE)
    assert verdict(as_json(resource)) == "INS_MISMATCH"


@pytest.mark.parametrize("resource", [bundle(), simplified()])
def test_labels_that_exclude_each_other_are_refused(resource: dict[str, Any]) -> None:
    described = reference_of(resource) if "entry" in resource else resource
    described["securityLabel"] = [{"coding": [{"code": code}]} for code in ("N", "MASQUE_PS")]
    assert only(as_json(resource)).confidentiality == ("N", "MASQUE_PS")
    described["securityLabel"] += [{"coding": [{"code": "INVISIBLE_PATIENT"}]}]
    assert verdict(as_json(resource)) == "BAD_VISIBILITY"


def test_the_subject_must_be_the_source_patient() -> None:
    reference = simplified()
    reference["contained"].append(fhir_patient(SOMEBODY_ELSE) | {"id": "other"})
    reference["context"]["sourcePatientInfo"] = {"reference": "#other"}
    assert verdict(as_json(reference)) == "INS_MISMATCH"


def test_an_identity_that_is_not_qualified_is_refused() -> None:
    reference = simplified()
    reference["contained"][0]["extension"][0]["extension"][0]["valueCoding"]["code"] = "PROV"
    assert verdict(as_json(reference)) == "INS_NOT_QUALIFIED"


@pytest.mark.parametrize("missing", ["name", "gender", "birthDate"])
def test_a_patient_who_lacks_a_trait_is_refused(missing: str) -> None:
    reference = simplified()
    del reference["contained"][0][missing]
    assert verdict(as_json(reference)) == "INS_INCOMPLETE"


def test_the_official_name_is_the_one_of_the_ins() -> None:
    reference = simplified()
    reference["contained"][0]["name"].insert(0, {"use": "usual", "family": "LEROY", "given": ["ANNIE"]})
    assert facts(only(as_json(reference))) == DOCUMENT_FACTS


def test_a_patient_without_ins_is_refused() -> None:
    assert verdict(as_json(simplified(subject={"reference": "Patient/elsewhere"}, context=None))) == "INS_MISSING"


def test_documents_of_two_patients_in_one_submission_are_refused() -> None:
    resource = bundle()
    other = fhir_bundle(DOCUMENT.but(patient=SOMEBODY_ELSE), cda(DOCUMENT.but(patient=SOMEBODY_ELSE)), "text/xml")
    for entry in other["entry"]:
        entry["fullUrl"] += "-2"
    reference_of(other)["content"][0]["attachment"]["url"] += "-2"
    resource["entry"] += other["entry"]
    assert [document.verdict for document in read_documents(as_json(resource))] == ["MANY_PATIENTS", "MANY_PATIENTS"]


def test_two_resources_of_one_address_are_refused() -> None:
    resource = bundle()
    resource["entry"].append(copy.deepcopy(resource["entry"][2]))
    assert verdict(as_json(resource)) == "BAD_FORMAT"


@pytest.mark.parametrize(
    "data", [b'{"resourceType": "Patient"}', b'{"resourceType": "Bundle", "entry": []}', as_xml({"resourceType": "Patient"})]
)
def test_a_resource_without_a_document_holds_none(data: bytes) -> None:
    assert (only(data).format, verdict(data)) == ("fhir", "NO_DOCUMENT")


@pytest.mark.parametrize("data", [b"{", b"{}", b'{"resourceType": []}'])
def test_json_that_is_no_resource_is_refused(data: bytes) -> None:
    assert verdict(data) == "BAD_FORMAT"
