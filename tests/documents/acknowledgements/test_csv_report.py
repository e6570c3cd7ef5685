"""A table answers a batch: a line for each document of each file, and no formula for a spreadsheet to run."""

from __future__ import annotations

import csv
import io

from pipelines.documents.acknowledgements.csv_report import COLUMNS, acknowledge_csv
from pipelines.synthetic.cda_writer import cda
from tests.answer_builder import outcomes, reception
from tests.document_builder import DOCUMENT

CONTENT = cda(DOCUMENT)


def rows(*batch: tuple[str, bytes, str]) -> list[dict[str, str]]:
    """Return the lines of the table of files, each given by name, content and code."""
    table = acknowledge_csv([(reception(data, name), outcomes(data, code)) for name, data, code in batch])
    read = csv.DictReader(io.StringIO(table.content.decode(), newline=""), delimiter=";")
    assert tuple(read.fieldnames or ()) == COLUMNS
    return list(read)


def test_a_line_says_what_became_of_a_document_why_and_what_to_do() -> None:
    (row,) = rows(("lettre.xml", CONTENT, "INS_INCOMPLETE"))
    assert row["file"] == "lettre.xml"
    assert (row["document"], row["unique_id"]) == ("1", DOCUMENT.unique_id)
    assert (row["answer"], row["code"]) == ("REFUSED", "INS_INCOMPLETE")
    assert row["reason"] == "L'INS transmise n'est pas complète"
    assert "renvoyez" in row["what_to_do"]


def test_the_files_of_a_batch_are_told_in_their_order() -> None:
    told = rows(("b.xml", CONTENT, "ok"), ("a.xml", CONTENT, "AWAITING_ORIGINAL"), ("c.xml", CONTENT, "ALREADY_STORED"))
    assert [(row["file"], row["answer"], row["code"]) for row in told] == [
        ("b.xml", "ACCEPTED", "ok"),
        ("a.xml", "WAITING", "AWAITING_ORIGINAL"),
        ("c.xml", "ACCEPTED", "ok"),
    ]


def test_a_name_that_a_spreadsheet_would_run_is_shown_as_text() -> None:
    assert rows(("=cmd|calc.xml", CONTENT, "ok"))[0]["file"] == "'=cmd|calc.xml"


def test_a_name_with_semicolons_and_quotes_stays_one_cell() -> None:
    assert rows(('a;"b".xml', CONTENT, "ok"))[0]["file"] == 'a;"b".xml'
