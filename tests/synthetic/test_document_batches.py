"""Invented batches of documents: every format, right as a sender's software would have it, the same for the same seed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.documents.document import IncomingDocument
from pipelines.documents.reader import read_documents
from pipelines.synthetic.document_batches import FORMATS, write_batches

AS_OF = dt.date(2026, 1, 1)


def _files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*.*"))}


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Eight documents of each format."""
    folder = tmp_path_factory.mktemp("batch")
    assert write_batches(80, folder, 5, AS_OF, 2_000) == dict.fromkeys(FORMATS, 8)
    return _files(folder)


def test_every_document_is_right(batch: dict[str, bytes]) -> None:
    documents: list[IncomingDocument] = [document for data in batch.values() for document in read_documents(data)]
    assert [(document.verdict, document.faults) for document in documents] == [("ok", ())] * 80
    assert len({document.unique_id for document in documents}) == 80


def test_some_documents_replace_one_of_the_same_batch(batch: dict[str, bytes]) -> None:
    documents = [document for data in batch.values() for document in read_documents(data)]
    replaced = {document.replaces for document in documents} - {None}
    assert replaced
    assert replaced <= {document.unique_id for document in documents}


def test_the_same_seed_gives_the_same_files(batch: dict[str, bytes], tmp_path: Path) -> None:
    write_batches(80, tmp_path / "again", 5, AS_OF, 2_000)
    write_batches(80, tmp_path / "other", 6, AS_OF, 2_000)
    assert _files(tmp_path / "again") == batch
    assert _files(tmp_path / "other") != batch
