"""What a reader decodes, a virus scanner sees: however its sender puts marks and spaces around it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pipelines.documents import cda as cda_reader
from pipelines.documents import fhir, hl7v2
from pipelines.documents.body import decode_base64
from pipelines.documents.document import RefusedDocumentError
from pipelines.documents.pieces import pieces_of
from pipelines.documents.reader import read_documents
from pipelines.synthetic import document_envelopes as envelopes
from pipelines.synthetic.cda_writer import cda
from tests.document_builder import DOCUMENT

BODY = b"%PDF-1.4\n" + b"what a scanner must see by itself " * 4 + b"\n%%EOF\n"
CONTENT = cda(DOCUMENT.but(body=BODY))
ENVELOPES: dict[str, Callable[[bytes], bytes]] = {
    "cda": lambda content: content,
    "xdm": lambda content: envelopes.xdm([(DOCUMENT, content)]),
    "mail": lambda content: envelopes.secure_mail(DOCUMENT, envelopes.xdm([(DOCUMENT, content)])),
    "hl7v2": lambda content: envelopes.hl7v2(DOCUMENT, content),
    "fhir": lambda content: envelopes.as_json(envelopes.fhir_bundle(DOCUMENT, content, "text/xml")),
}
SPACES = [" ", "\t", "\r\n", "\f", "\x85", "\xa0", "\u2003", "\ufeff"]
MARKS = [b"\xef\xbb\xbf", b" ", b"\n" * 3000, b"\xef\xbb\xbf \n", b"\xc2\xa0"]


@contextmanager
def decoding(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Note what readers decode."""
    decoded: list[bytes] = []

    def noted(text: str, where: str) -> bytes:
        decoded.append(decode_base64(text, where))
        return decoded[-1]

    with monkeypatch.context() as patched:
        for reader in (cda_reader, fhir, hl7v2):
            patched.setattr(reader, "decode_base64", noted)
        yield decoded


def with_space(data: bytes, carried: bytes, space: str) -> bytes:
    """Return bytes in which what they carry in Base64 has a space before, inside and behind."""
    packed, odd = b64encode(carried), space.encode()
    return data.replace(packed, odd + packed[:40] + odd + packed[40:] + odd)


def variants(write: Callable[[bytes], bytes]) -> Iterator[bytes]:
    yield write(CONTENT)
    for space in SPACES:
        yield write(with_space(CONTENT, BODY, space))
        yield with_space(write(CONTENT), CONTENT, space)
    for mark in MARKS:
        bare = CONTENT[CONTENT.index(b"<ClinicalDocument") :]
        yield from (write(mark + CONTENT), write(mark + bare), mark + write(CONTENT))
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        yield write(CONTENT.decode().replace("UTF-8", "UTF-16").encode(encoding))


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_every_body_that_a_reader_decodes_is_a_piece(monkeypatch: pytest.MonkeyPatch, envelope: str) -> None:
    taken = 0
    for data in variants(ENVELOPES[envelope]):
        with decoding(monkeypatch) as decoded:
            read_documents(data)
        assert set(decoded) <= {piece.content for piece in pieces_of(data)}
        taken += BODY in decoded
    assert taken > 5


@pytest.mark.parametrize("space", ["\x85", "\xa0", "\u2003", "\ufeff", "\x1c"])
def test_only_white_space_of_ascii_may_stand_in_base64(space: str) -> None:
    with pytest.raises(RefusedDocumentError, match="BAD_BASE64"):
        decode_base64(f"QUJD{space}QUJD", "it")


def test_line_breaks_in_base64_change_nothing() -> None:
    assert decode_base64(" QUJD\r\n\tQUI", "it") == b"ABCAB"
