"""Whatever is packed in a file comes out to be scanned by itself, however it is packed."""

from __future__ import annotations

import base64
import json

import pytest

from pipelines.documents import pieces
from pipelines.documents.document import RefusedDocumentError
from pipelines.documents.pieces import pieces_of
from pipelines.synthetic.cda_writer import cda, section
from pipelines.synthetic.document_batches import FORMATS
from pipelines.synthetic.document_envelopes import xdm, zipped
from tests.document_builder import DOCUMENT

BODY = b"%PDF-1.4\n" + b"what a scanner must see by itself " * 4 + b"\n%%EOF\n"
CARRYING = DOCUMENT.but(body=BODY)
GOOD = cda(DOCUMENT)
PACKED = base64.b64encode(BODY).decode()


def contents(data: bytes) -> list[bytes]:
    return [piece.content for piece in pieces_of(data)]


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("cda-n3", "cda-self-displaying", "dicom-kos")])
def test_the_body_comes_out_of_every_envelope(name: str) -> None:
    _, write = FORMATS[name]
    assert BODY in contents(write(CARRYING))


def test_an_image_of_a_structured_document_comes_out() -> None:
    inside = f'<observationMedia><value mediaType="image/png" representation="B64">{PACKED}</value></observationMedia>'
    data = cda(DOCUMENT, section("a", "b")).replace(b"</structuredBody>", inside.encode() + b"</structuredBody>")
    assert contents(data) == [BODY]


def test_an_address_that_holds_its_data_comes_out() -> None:
    data = GOOD.replace(b"<title>", f'<title x="data:image/svg+xml;base64,{PACKED}">'.encode())
    assert BODY in contents(data)


def test_a_string_of_json_comes_out_wherever_it_stands() -> None:
    assert contents(json.dumps({"resourceType": "Basic", "extension": [{"a": [PACKED]}]}).encode()) == [BODY]


def test_a_field_of_a_message_comes_out_though_no_profile_has_it_there() -> None:
    assert contents(f"MSH|^~\\&|||||||ORU^R01|1|P|2.5\rNTE|1||a^b^{PACKED[:40]}\\.br\\{PACKED[40:]}~c\r".encode()) == [BODY]


def test_members_of_a_zip_come_out_that_no_entry_describes() -> None:
    assert contents(zipped({"a": b"a", "b/c": b"b"})) == [b"a", b"b"]


def test_what_lies_in_what_was_packed_comes_out_too() -> None:
    inner = cda(DOCUMENT.but(body=zipped({"a": BODY}), media_type="application/zip"))
    assert BODY in contents(xdm([(DOCUMENT, inner)]))


def test_packing_without_end_is_refused() -> None:
    data = b"the innermost of all files"
    for _ in range(8):
        data = zipped({"a": data})
    with pytest.raises(RefusedDocumentError, match="HOSTILE"):
        pieces_of(data)


@pytest.mark.parametrize("limit", ["PACKED_BYTES", "PACKED_PIECES"])
def test_more_than_any_document_needs_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(pieces, limit, 1)
    with pytest.raises(RefusedDocumentError, match="TOO_BIG"):
        pieces_of(zipped({"a": b"a", "b": b"b"}))


@pytest.mark.parametrize("data", [b"", b"<broken", b"{", b"MSH|", b"%PDF-1.4\n", b"\0" * 500])
def test_what_holds_nothing_gives_nothing(data: bytes) -> None:
    assert contents(data) == []
