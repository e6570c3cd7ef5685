"""Items are read apart as they would be here, and whatever one does, there is a verdict for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.documents import bounded_reader
from pipelines.documents.bounded_reader import BoundedReader
from pipelines.documents.bounded_worker import Bounds
from pipelines.documents.conformance import Conformance, Level, RuleSetFile
from pipelines.documents.reader import read_documents
from pipelines.platform.errors import FinalError
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_batches import FORMATS
from pipelines.synthetic.document_envelopes import xdm
from tests.document_builder import DOCUMENT

GOOD = cda(DOCUMENT)
LONG = DOCUMENT.but(body=b"%PDF-1.4\n" + b"a body that is long enough to be looked for " * 3 + b"%%EOF\n")


@pytest.fixture(scope="module")
def reader() -> Iterator[BoundedReader]:
    with BoundedReader() as reader:
        yield reader


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_reads_the_same_there_as_here(reader: BoundedReader, name: str) -> None:
    data = FORMATS[name][1](DOCUMENT)
    here = read_documents(data)
    there = reader.read(data).documents
    assert there == here
    assert [document.content for document in there] == [document.content for document in here]


def test_the_content_is_the_document_out_of_its_envelope(reader: BoundedReader) -> None:
    assert [document.content for document in reader.read(xdm([(DOCUMENT, GOOD)])).documents] == [GOOD]


def test_what_is_packed_comes_with_it_each_piece_once(reader: BoundedReader) -> None:
    data = cda(LONG)
    assert [piece.content for piece in reader.read(data).pieces] == [LONG.body]
    pieces = [piece.content for piece in reader.read(xdm([(LONG, data)])).pieces]
    assert (pieces.count(LONG.body), pieces.count(data)) == (1, 0)


@pytest.mark.parametrize("data", [b"", b"\0" * 200, b"PK\x03\x04", b"<", b"{" * 5000])
def test_whatever_the_bytes_there_is_a_verdict(reader: BoundedReader, data: bytes) -> None:
    assert [document.verdict for document in reader.read(data).documents] == [document.verdict for document in read_documents(data)]


def test_an_item_that_kills_its_reader_is_refused_and_the_next_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_reader, "_ENTRY", "tests.documents.hostile_readers:obedient")
    with BoundedReader() as reader:
        assert [document.verdict for document in reader.read(b"die").documents] == ["READER_FAILED"]
        assert [document.verdict for document in reader.read(b"no answer").documents] == ["READER_FAILED"]
        assert reader.worker.process is None


def test_an_item_that_bloats_its_reader_is_refused_and_the_next_one_read() -> None:
    large = cda(DOCUMENT.but(body=DOCUMENT.body + b" " * 9_000_000))
    with BoundedReader(Bounds(memory_bytes=8 << 20)) as reader:
        assert [document.verdict for document in reader.read(large).documents] == ["MEMORY_LIMIT"]
        assert [document.verdict for document in reader.read(GOOD).documents] == ["ok"]


def test_a_feed_asks_for_conformance() -> None:
    with BoundedReader(conformance=Conformance(rules=Level.REFUSE)) as reader:
        assert [document.verdict for document in reader.read(GOOD.replace(b"fr-FR", b"en-US")).documents] == ["NON_CONFORMANT"]


def test_a_feed_asks_for_a_rule_set_which_runs_within_the_bounds(tmp_path: Path) -> None:
    (tmp_path / "rules.sch").write_text(
        '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="cda" uri="urn:hl7-org:v3"/><pattern id="a">'
        '<rule context="cda:languageCode"><assert test="matches(@code, \'^fr\')">La langue est le français.</assert></rule>'
        "</pattern></schema>"
    )
    asked = Conformance(rules=Level.OFF, schematron=Level.REFUSE, rule_sets=(RuleSetFile(file=tmp_path / "rules.sch"),))
    with BoundedReader(Bounds(memory_bytes=300 << 20), asked) as reader:
        for _ in range(20):
            assert [document.verdict for document in reader.read(GOOD).documents] == ["ok"]
        (wrong,) = reader.read(GOOD.replace(b"fr-FR", b"en-US")).documents
    assert (wrong.verdict, wrong.detail) == ("NON_CONFORMANT", "rules: La langue est le français.")


def test_a_schema_that_is_missing_stops_the_feed(tmp_path: Path) -> None:
    missing = Conformance(xsd=Level.REFUSE, schema_file=tmp_path / "cda.xsd")
    with BoundedReader(conformance=missing) as reader, pytest.raises(FinalError, match=r"cda\.xsd"):
        reader.read(GOOD)
