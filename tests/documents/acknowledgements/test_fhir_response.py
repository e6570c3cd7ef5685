"""What FHIR says of a submission, read back by fhir.resources, which holds every element to its definition."""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome
from lxml import etree

from pipelines.documents.fhir_resource import from_json
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import document_reference, fhir_bundle
from tests.answer_builder import answer
from tests.document_builder import DOCUMENT, PATIENT, PDF, only

BUNDLE = json.dumps(fhir_bundle(DOCUMENT, cda(DOCUMENT), "text/xml")).encode()
REFERENCE = json.dumps(document_reference(DOCUMENT, cda(DOCUMENT), "text/xml")).encode()
FHIR = "{http://hl7.org/fhir}"


def test_a_bundle_that_is_stored_gets_an_entry_for_each_of_its_own() -> None:
    response = Bundle.model_validate_json(answer("FHIR", BUNDLE))
    assert response.type == "transaction-response"
    assert [entry.response.status for entry in response.entry] == ["201 Created"] * 3
    (told,) = [entry.response.outcome for entry in response.entry if entry.response.outcome]
    assert OperationOutcome.model_validate(told.model_dump()).issue[0].severity == "information"


def test_a_stored_document_has_an_address_by_which_a_later_version_may_replace_it() -> None:
    response = Bundle.model_validate_json(answer("FHIR", BUNDLE))
    (address,) = [entry.response.location for entry in response.entry if entry.response.location]
    later = document_reference(DOCUMENT.but(unique_id="1.2.250.1.999.1.7.2"), PDF, "application/pdf")
    later["relatesTo"] = [{"code": "replaces", "target": {"reference": address}}]
    assert only(json.dumps(later).encode()).replaces == DOCUMENT.unique_id


def test_an_entry_that_changes_something_creates_nothing() -> None:
    bundle = json.loads(BUNDLE)
    bundle["entry"].append({"resource": {"resourceType": "Parameters"}, "request": {"method": "PATCH", "url": "DocumentReference/1"}})
    response = Bundle.model_validate_json(answer("FHIR", json.dumps(bundle).encode()))
    assert response.entry[-1].response.status == "200 OK"


def test_a_document_that_waits_is_accepted_and_not_created() -> None:
    response = Bundle.model_validate_json(answer("FHIR", BUNDLE, "AWAITING_ORIGINAL"))
    assert [entry.response.status for entry in response.entry].count("202 Accepted") == 1


def test_a_bundle_that_is_refused_gets_an_outcome_that_says_why_and_what_to_do() -> None:
    outcome = OperationOutcome.model_validate_json(answer("FHIR", BUNDLE, "INS_MISSING"))
    (issue,) = outcome.issue
    assert (issue.severity, issue.code) == ("error", "required")
    assert issue.details.coding[0].code == "INS_MISSING"
    assert "INSi" in issue.details.text
    assert DOCUMENT.unique_id in issue.diagnostics


@pytest.mark.parametrize(("code", "severity"), [("ok", "information"), ("CLOSED", "error")])
def test_a_simplified_publication_gets_an_outcome(code: str, severity: str) -> None:
    outcome = OperationOutcome.model_validate_json(answer("FHIR", REFERENCE, code))
    assert outcome.issue[0].severity == severity


def test_what_is_no_resource_gets_an_outcome() -> None:
    outcome = OperationOutcome.model_validate_json(answer("FHIR", b'{"resourceType": "Bundle", "entry": ['))
    assert outcome.issue[0].details.coding[0].code == "BAD_FORMAT"


def test_xml_is_answered_in_xml_with_the_same_content() -> None:
    in_xml = b'<Bundle xmlns="http://hl7.org/fhir"><entry><resource><DocumentReference/></resource></entry></Bundle>'
    root = etree.fromstring(answer("FHIR", in_xml, "ok"))
    assert root.tag == f"{FHIR}Bundle"
    assert [child.tag.removeprefix(FHIR) for child in root] == ["type", "timestamp", "entry"]
    assert root.find(f"{FHIR}entry/{FHIR}response/{FHIR}status").get("value") == "201 Created"
    assert root.find(f"{FHIR}entry/{FHIR}response/{FHIR}outcome/{FHIR}OperationOutcome/{FHIR}issue/{FHIR}severity") is not None


def test_a_repeated_delivery_gets_the_same_bytes() -> None:
    assert answer("FHIR", BUNDLE, "ALREADY_STORED") == answer("FHIR", BUNDLE, "ok")


def test_the_answer_does_not_say_who_the_patient_is() -> None:
    content = answer("FHIR", BUNDLE, "INS_MISMATCH").decode()
    assert from_json(content.encode())["resourceType"] == "OperationOutcome"
    assert PATIENT.matricule not in content and PATIENT.birth_name not in content
