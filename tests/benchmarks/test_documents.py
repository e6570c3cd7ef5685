"""The benchmark of documents, small: it prints one object, from documents that were all found right, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.benchmarks import documents
from pipelines.platform.errors import RuleError
from pipelines.synthetic.document_batches import FORMATS


def test_it_prints_the_object_that_all_benchmarks_share(tmp_path: Path) -> None:
    printed = json.loads(documents.run(30, tmp_path, lambda _: None).as_json())
    assert (printed["benchmark"], printed["count"]) == ("documents", 30)
    assert printed["peers"]["bare libraries"]["per_second"] > 0
    assert printed["stages"].keys() == (FORMATS.keys() - {documents.MAIN}) | {"examined-here", "examined-apart"}
    assert {target["verdict"] for target in printed["targets"]} == {"not measured"}
    assert list(tmp_path.iterdir()) == []


def test_a_document_has_the_size_that_is_promised(tmp_path: Path) -> None:
    assert 215_000 < documents.write_documents(tmp_path, 3) < 225_000


def test_documents_that_are_refused_give_no_figure(tmp_path: Path) -> None:
    documents.write_documents(tmp_path, 10)
    spoilt = next((tmp_path / documents.MAIN).iterdir())
    spoilt.write_bytes(spoilt.read_bytes()[:1000])
    with pytest.raises(RuleError, match="1 of 10"):
        documents._require(documents.decide(tmp_path / documents.MAIN, 10), 10, documents.MAIN)
