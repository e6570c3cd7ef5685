"""What identifies a document is text: a control character, which JSON and HL7 v2 can write, would stop a database or an answer."""

from __future__ import annotations

import json

import pytest

from pipelines.synthetic.document_envelopes import document_reference
from tests.document_builder import DOCUMENT, PDF, only
from tests.documents.test_hl7v2_requests import admission


def with_character(place: str, character: str) -> bytes:
    """Return a publication that writes a character in one place."""
    reference = document_reference(DOCUMENT.but(replaces="1.2.3"), PDF, "application/pdf")
    reference["masterIdentifier"] = {"system": "urn:oid:1.2.3", "value": f"A{character if place == 'id' else ''}"}
    if place == "replaced":
        reference["relatesTo"][0]["target"]["identifier"]["value"] = f"A{character}"
    if place == "name":
        reference["contained"][0]["name"][0]["family"] = f"A{character}"
    return json.dumps(reference).encode()


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800"])
@pytest.mark.parametrize(("place", "verdict"), [("id", "BAD_FORMAT"), ("replaced", "BAD_ENCODING"), ("name", "BAD_ENCODING")])
def test_json_that_writes_what_is_no_text_is_refused_without_it(character: str, place: str, verdict: str) -> None:
    document = only(with_character(place, character))
    assert document.verdict == verdict
    assert [text for text in (document.unique_id, document.replaces, document.traits.birth_name) if character in (text or "")] == []


def test_the_same_publication_without_it_is_taken() -> None:
    assert only(with_character("none", "")).verdict == "ok"


def test_an_escape_of_hl7_that_is_no_text_is_refused_without_it() -> None:
    document = only(admission().replace(b"||D'ALMEIDA", b"||D\\X00\\ALMEIDA"))
    assert (document.verdict, document.traits.birth_name) == ("BAD_ENCODING", None)
