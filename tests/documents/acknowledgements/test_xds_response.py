"""RegistryResponse: what XDS says of a submission set, in the order and with the attributes of ebRS 3.0."""

from __future__ import annotations

import pytest
from lxml import etree

from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import xdm
from tests.answer_builder import answer
from tests.document_builder import DOCUMENT, PATIENT

RS = "{urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0}"
STATUSES = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:"
SEVERITIES = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:"
SECOND = DOCUMENT.but(unique_id="1.2.250.1.999.1.8.1", series_id="1.2.250.1.999.1.8")
SET = xdm([(DOCUMENT, cda(DOCUMENT)), (SECOND, cda(SECOND))])


def response(*codes: str) -> etree._Element:
    """Return the response to a set of two documents."""
    root = etree.fromstring(answer("XDS", SET, *codes))
    assert root.tag == f"{RS}RegistryResponse"
    return root


@pytest.mark.parametrize("codes", [("ok", "ok"), ("ok", "ALREADY_STORED")])
def test_a_set_that_is_stored_is_a_success_without_errors(codes: tuple[str, str]) -> None:
    root = response(*codes)
    assert (root.get("status"), len(root)) == (f"{STATUSES}Success", 0)


def test_a_set_that_is_refused_is_a_failure_with_an_error_for_each_document() -> None:
    root = response("BAD_VERSION", "LOT_REFUSED")
    (errors,) = root
    assert root.get("status") == f"{STATUSES}Failure"
    assert (errors.tag, errors.get("highestSeverity")) == (f"{RS}RegistryErrorList", f"{SEVERITIES}Error")
    assert [error.get("errorCode") for error in errors] == ["XDSReplaceFailed", "XDSRepositoryError"]
    assert [error.get("location") for error in errors] == [DOCUMENT.unique_id, SECOND.unique_id]
    assert {error.get("severity") for error in errors} == {f"{SEVERITIES}Error"}
    assert errors[0].get("codeContext").startswith("BAD_VERSION: ")


def test_a_document_that_waits_is_a_warning_of_a_success() -> None:
    root = response("ok", "AWAITING_ORIGINAL")
    assert root.get("status") == f"{STATUSES}Success"
    assert [error.get("severity") for error in root[0]] == [f"{SEVERITIES}Warning"]


def test_a_set_of_which_a_part_is_refused_says_so() -> None:
    assert response("ok", "CLOSED").get("status") == "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"


def test_a_zip_that_is_none_is_answered_all_the_same() -> None:
    root = etree.fromstring(answer("XDS", SET[:200]))
    assert [error.get("errorCode") for error in root[0]] == ["XDSRepositoryMetadataError"]


def test_the_response_does_not_say_who_the_patient_is() -> None:
    content = answer("XDS", SET, "INS_MISMATCH", "LOT_REFUSED").decode()
    assert PATIENT.matricule not in content and PATIENT.birth_name not in content
