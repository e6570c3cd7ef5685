"""The answer to a batch as a table (RFC 4180, with semicolons): one line for each document of each file, whatever their formats."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence

from pipelines.documents.acknowledgements.outcome import Acknowledgement, Outcome, Reception

MEDIA_TYPE = "text/csv; charset=utf-8"
COLUMNS = ("file", "document", "unique_id", "answer", "code", "reason", "what_to_do", "detail")
# A spreadsheet takes what begins so for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def acknowledge_csv(batch: Iterable[tuple[Reception, Sequence[Outcome]]]) -> Acknowledgement:
    """Return the table of a batch: files in the order given, documents counted from 1 in each."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";", lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for reception, outcomes in batch:
        for number, outcome in enumerate(outcomes, start=1):
            rows.writerow([_cell(reception.name), number, *map(_cell, _told(outcome))])
    content = out.getvalue().encode()
    return Acknowledgement(f"documents-{hashlib.sha256(content).hexdigest()[:16]}.csv", MEDIA_TYPE, content)


def _told(outcome: Outcome) -> Iterable[str]:
    told = outcome.told
    return outcome.unique_id or "", outcome.answer, outcome.told_code, told.text, told.action, outcome.detail


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text
