"""`espace-sante inspect-document`: one JSON line for each document, with the keys that its readers count on."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.documents.limits import FILE_BYTES
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import xdm
from tests.document_builder import DOCUMENT, DOCUMENT_FACTS, PDF

KEYS = ["file", "format", "unique_id", "series_id", "version", "type_code", "type_system", "created", "author_organization"]
KEYS += ["matricule", "matricule_authority", "traits", "confidentiality", "replaces", "media_type", "body_sha256", "verdict", "detail"]


def inspect(*files: Path) -> tuple[int, list[dict[str, Any]]]:
    """Run the command; return its exit code and its lines."""
    result = CliRunner().invoke(app, ["inspect-document", *map(str, files)])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A file with one good document, under a name that says something else."""
    file = tmp_path / "image.dcm"
    file.write_bytes(cda(DOCUMENT))
    return file


def test_a_document_is_a_line_with_the_agreed_keys(good: Path) -> None:
    code, (line,) = inspect(good)
    assert (code, list(line)) == (0, KEYS)
    assert list(line["traits"]) == ["birth_name", "first_names", "sex", "birth_date", "birthplace"]
    assert {**line, **line["traits"]} | DOCUMENT_FACTS == {**line, **line["traits"]}
    assert (line["file"], line["format"], line["version"], line["confidentiality"], line["verdict"]) == (str(good), "cda", 1, "N", "ok")


def test_each_document_of_each_file_is_a_line_in_order(good: Path, tmp_path: Path) -> None:
    second = DOCUMENT.but(unique_id="1.2.3.4")
    several, none = tmp_path / "several.zip", tmp_path / "report.pdf"
    several.write_bytes(xdm([(DOCUMENT, cda(DOCUMENT)), (second, cda(second))]))
    none.write_bytes(PDF)
    code, lines = inspect(several, none, good)
    assert [(Path(line["file"]).name, line["verdict"]) for line in lines] == [
        ("several.zip", "ok"),
        ("several.zip", "ok"),
        ("report.pdf", "NO_DOCUMENT"),
        ("image.dcm", "ok"),
    ]
    assert code == 0


def test_a_file_that_cannot_be_opened_is_a_line_and_an_exit_code(good: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    code, lines = inspect(tmp_path / "nowhere", tmp_path, tmp_path / "pipe", good)
    assert (code, [line["verdict"] for line in lines]) == (1, ["NO_DOCUMENT", "NO_DOCUMENT", "NO_DOCUMENT", "ok"])


def test_a_file_above_the_limit_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(FILE_BYTES + 1)
    assert [line["verdict"] for line in inspect(tmp_path / "huge")[1]] == ["TOO_BIG"]


def test_nothing_but_the_named_files_is_touched(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    before = sorted(good.parent.iterdir())
    assert inspect(good)[0] == 0
    assert sorted(good.parent.iterdir()) == before
