"""The examples of the contract are what the code writes."""

from __future__ import annotations

import pytest

from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import as_json, fhir_bundle, hl7v2, xdm
from tests.answer_builder import answer
from tests.conftest import PROJECT
from tests.document_builder import DOCUMENT

PAGE = (PROJECT / "docs" / "contracts" / "document_answers.md").read_text()
CONTENT = cda(DOCUMENT)
MESSAGE = hl7v2(DOCUMENT, CONTENT, flags={"ACK_RECEPTION": "Y"})


@pytest.mark.parametrize(
    ("form", "data", "code"),
    [
        ("HL7V2", MESSAGE, "PERSON_UNKNOWN"),
        ("ZAM", MESSAGE, "CLOSED"),
        ("XDS", xdm([(DOCUMENT, CONTENT)]), "BAD_VERSION"),
        ("FHIR", as_json(fhir_bundle(DOCUMENT, CONTENT, "text/xml")), "INS_MISSING"),
        ("CSV", CONTENT, "INS_INCOMPLETE"),
    ],
)
def test_the_page_shows_what_the_code_writes(form: str, data: bytes, code: str) -> None:
    shown = answer(form, data, code).decode().replace("\r\n", "\n").replace("\r", "\n")
    assert f"```\n{shown.rstrip()}\n```" in PAGE
