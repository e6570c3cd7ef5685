"""Whatever bytes come, there is an answer, it is one of the documented reasons, and it tells nothing of the patient."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.documents.clamd import ScannerAwayError
from pipelines.documents.examination import from_process
from pipelines.documents.pdf import runs_something
from pipelines.documents.reader import read_documents
from pipelines.documents.virus_scan import UnscannedError, signature_of
from pipelines.synthetic.document_batches import FORMATS
from tests.document_builder import DOCUMENT
from tests.fuzzing.targets import BEGINNINGS, require_answer

WRITTEN = {name: write(DOCUMENT) for name, (_, write) in FORMATS.items()}
PDF = st.lists(st.sampled_from(["/ObjStm", "/Filter", "stream\n", "x\x9c", "#", "/", "(Launch)", "/Launcher"])).map("".join)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_document_gets_an_answer(name: str, data: st.DataObject) -> None:
    good = WRITTEN[name]
    start = data.draw(st.integers(0, len(good)))
    taken = data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=40))
    require_answer(good[:start] + put + good[start + taken :])


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_cut_anywhere_gets_an_answer(name: str) -> None:
    good = WRITTEN[name]
    for end in range(0, len(good), max(len(good) // 50, 1)):
        require_answer(good[:end])


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_get_an_answer(begins: bytes, rest: bytes) -> None:
    require_answer(begins + rest)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4\n", b"hello", b"<html/>", b"\0" * 500])
def test_what_is_no_document_is_told_so(data: bytes) -> None:
    assert [answer.verdict for answer in read_documents(data)] == ["NO_DOCUMENT"]


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_bytes_of_a_process_that_reads_do_anything_but_answer(said: bytes) -> None:
    with suppress(msgspec.DecodeError):
        assert from_process(memoryview(said), b"").documents is not None


@given(st.text(max_size=100))
@settings(max_examples=300, deadline=None)
def test_only_ok_is_clean_whatever_a_scanner_says(said: str) -> None:
    with suppress(ScannerAwayError, UnscannedError):
        assert (signature_of(said, "the file") == "") == (said == "OK")


@given(PDF, st.sampled_from(["/JavaScript", "/J#61vaScript", "/#4Caunch", "/#4caunch"]), PDF)
@settings(max_examples=300, deadline=None)
def test_an_action_is_found_whatever_stands_around_it(before: str, action: str, after: str) -> None:
    assert runs_something(f"{before}{action} {after}".encode("latin-1"))
