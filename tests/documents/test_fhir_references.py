"""How the resources of a submission name each other, patients and organisations; what PDSm asks of the bundle around them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import document_reference, fhir_bundle
from tests.document_builder import DOCUMENT, DOCUMENT_FACTS, PATIENT, PDF, SOMEBODY_ELSE, facts, only

SEARCHED = f"Patient?identifier=urn:oid:{PATIENT.authority}|{PATIENT.matricule}"


def bundle(**changes: Any) -> dict[str, Any]:
    """Return a bundle around the CDA, its DocumentReference changed."""
    resource = copy.deepcopy(fhir_bundle(DOCUMENT, cda(DOCUMENT), "text/xml"))
    resource["entry"][1]["resource"] |= changes
    return resource


def simplified(**changes: Any) -> dict[str, Any]:
    """Return a simplified publication of the PDF, changed."""
    return copy.deepcopy(document_reference(DOCUMENT, PDF, "application/pdf")) | changes


def read(resource: dict[str, Any]) -> Any:
    """Read a resource from its JSON."""
    return only(json.dumps(resource).encode())


def test_a_subject_may_be_named_by_its_ins_alone() -> None:
    document = read(bundle(subject={"reference": SEARCHED}))
    assert (facts(document), document.verdict) == (DOCUMENT_FACTS, "ok")


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": SEARCHED.replace(PATIENT.matricule, SOMEBODY_ELSE.matricule)},
        {"identifier": {"system": f"urn:oid:{PATIENT.authority}", "value": SOMEBODY_ELSE.matricule}},
    ],
)
def test_a_subject_named_by_another_ins_is_refused(subject: dict[str, Any]) -> None:
    assert read(simplified(subject=subject)).verdict == "INS_MISMATCH"


def test_an_ins_without_traits_is_not_enough_for_a_document_that_says_nothing_itself() -> None:
    document = read(simplified(subject={"reference": SEARCHED}, context={}))
    assert (document.matricule, document.verdict) == (PATIENT.matricule, "INS_INCOMPLETE")


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        ({"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.250.1.5"}, "1.2.250.1.5"),
        ({"system": "urn:ietf:rfc:3986", "value": "urn:uuid:12345678-abcd-1234-abcd-1234567890ab"}, "12345678-abcd-1234-abcd-1234567890ab"),
        ({"system": "urn:oid:1.2.250.1", "value": "CR-7"}, "1.2.250.1^CR-7"),
        ({"value": "urn:oid:1.2.250.1^CR-7"}, "1.2.250.1^CR-7"),
        ({"value": "CR-7"}, None),
    ],
)
def test_a_document_is_known_by_an_oid_or_a_uuid(identifier: dict[str, str], told: str | None) -> None:
    document = read(simplified(masterIdentifier=identifier))
    assert (document.unique_id, document.verdict) == (told, "ok" if told else "BAD_FORMAT")


def test_a_version_may_be_replaced_by_the_id_that_it_has() -> None:
    target = {"reference": "DocumentReference?identifier=urn:ietf:rfc:3986|urn:oid:1.2.3.4"}
    assert read(simplified(relatesTo=[{"code": "replaces", "target": target}])).replaces == "1.2.3.4"


@pytest.mark.parametrize(
    ("target", "replaced", "wanted"),
    [
        ({"identifier": {"value": "urn:oid:1.2.3.4"}}, "1.2.3.4", "ok"),
        ({"reference": "DocumentReference/4"}, "1.2.3.4", "ok"),
        ({"identifier": {"value": "urn:oid:1.2.3.5"}}, "1.2.3.4", "METADATA_MISMATCH"),
        ({"identifier": {"value": "urn:oid:1.2.3.4"}}, None, "METADATA_MISMATCH"),
        ({"reference": "DocumentReference/4"}, None, "METADATA_MISMATCH"),
    ],
)
def test_what_a_description_replaces_is_what_its_cda_replaces(target: dict[str, Any], replaced: str | None, wanted: str) -> None:
    resource = fhir_bundle(DOCUMENT, cda(DOCUMENT.but(version=2, replaces=replaced)), "text/xml")
    resource["entry"][1]["resource"]["relatesTo"] = [{"code": "replaces", "target": target}]
    assert read(resource).verdict == wanted


def test_a_resource_is_found_by_the_end_of_its_address() -> None:
    resource = bundle()
    resource["entry"][2]["fullUrl"] = "https://serveur.invente.example/fhir/Binary/6789"
    resource["entry"][1]["resource"]["content"][0]["attachment"]["url"] = "Binary/6789"
    assert read(resource).verdict == "ok"


@pytest.mark.parametrize(
    ("system", "value", "told"),
    [
        ("urn:oid:1.2.250.1.71.4.2.2", "1750803447", "1750803447"),
        ("https://finess.esante.gouv.fr", "750803447", "1750803447"),
        ("https://sirene.fr", "26750045200011", "326750045200011"),
        ("https://sirene.fr", "267500452", "2267500452"),
        ("https://autre.example", "750803447", None),
    ],
)
def test_an_organisation_is_told_as_its_national_identifier(system: str, value: str, told: str | None) -> None:
    reference = simplified()
    reference["contained"][1]["identifier"] = [{"system": system, "value": value}]
    assert read(reference).author_organization == told


def test_the_type_is_the_coding_that_has_its_system() -> None:
    codings = [{"code": "CR"}, {"system": "http://loinc.org", "code": "11502-2"}]
    document = read(simplified(type={"coding": codings}))
    assert (document.type_code, document.type_system, document.verdict) == ("11502-2", "2.16.840.1.113883.6.1", "ok")


def test_the_type_of_a_description_is_that_of_its_cda() -> None:
    coding = {"system": "http://loinc.org", "code": "18748-4"}
    assert read(bundle(type={"coding": [coding]})).verdict == "METADATA_MISMATCH"


@pytest.mark.parametrize("kind", ["searchset", "document", "batch"])
def test_only_a_transaction_submits_documents(kind: str) -> None:
    assert read(bundle() | {"type": kind}).verdict == "BAD_FORMAT"


def test_a_bundle_has_one_submission_set() -> None:
    resource = bundle()
    without = resource | {"entry": resource["entry"][1:]}
    twice = resource | {"entry": [*resource["entry"], {"resource": {"resourceType": "List"}}]}
    folder = resource | {"entry": [*resource["entry"], {"resource": {"resourceType": "List", "code": {"coding": [{"code": "folder"}]}}}]}
    assert [read(found).verdict for found in (without, twice, folder)] == ["BAD_FORMAT", "BAD_FORMAT", "ok"]


def test_what_mhd_asks_besides_is_told_and_not_refused() -> None:
    document = read(bundle())
    assert document.verdict == "ok"
    assert "lacks, by MHD: category" in document.detail


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"relatesTo": [{"code": "deletes", "target": {"reference": "DocumentReference/1"}}]}, "BAD_FORMAT"),
        ({"securityLabel": [{"coding": [{"code": "SECRET"}]}]}, "BAD_VISIBILITY"),
    ],
)
def test_a_code_of_no_value_set_is_refused(changes: dict[str, Any], reason: str) -> None:
    assert read(bundle(**changes)).verdict == reason


def test_an_attachment_that_is_no_cda_after_all_is_told_by_what_describes_it() -> None:
    stub = b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>'
    document = read(fhir_bundle(DOCUMENT, stub, "text/xml"))
    assert (document.unique_id, document.type_code, document.verdict) == (DOCUMENT.unique_id, "11502-2", "BAD_FORMAT")
