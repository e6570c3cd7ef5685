"""Whatever bytes come, there is an answer, it is one of the documented reasons, and it tells nothing of the patient."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.documents.document import Reason
from pipelines.documents.reader import read_documents
from pipelines.synthetic.document_batches import FORMATS
from tests.document_builder import DOCUMENT, PATIENT

WRITTEN = {name: write(DOCUMENT) for name, (_, write) in FORMATS.items()}
BEGINNINGS = [b"", b"<", b"{", b"MSH|^~\\&|", b"PK\x03\x04", b"\0" * 128 + b"DICM", b"From: a\r\n", b"\xef\xbb\xbf<", b"\xff\xfe<\0"]
SECRETS = (PATIENT.matricule, "ALMEIDA", "MARIE")


def _require_answer(data: bytes) -> None:
    answers = read_documents(data)
    assert answers
    for answer in answers:
        assert answer.verdict is not Reason.OTHER, answer.detail
        assert not any(secret in answer.detail for secret in SECRETS)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_document_gets_an_answer(name: str, data: st.DataObject) -> None:
    good = WRITTEN[name]
    start = data.draw(st.integers(0, len(good)))
    taken = data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=40))
    _require_answer(good[:start] + put + good[start + taken :])


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_cut_anywhere_gets_an_answer(name: str) -> None:
    good = WRITTEN[name]
    for end in range(0, len(good), max(len(good) // 50, 1)):
        _require_answer(good[:end])


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_get_an_answer(begins: bytes, rest: bytes) -> None:
    _require_answer(begins + rest)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4\n", b"hello", b"<html/>", b"\0" * 500])
def test_what_is_no_document_is_told_so(data: bytes) -> None:
    assert [answer.verdict for answer in read_documents(data)] == ["NO_DOCUMENT"]
