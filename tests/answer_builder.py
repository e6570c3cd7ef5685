"""What came in and what became of it, for tests of the answers."""

from __future__ import annotations

import datetime as dt

from pipelines.documents.acknowledgements.answer import acknowledge
from pipelines.documents.acknowledgements.form import Form
from pipelines.documents.acknowledgements.outcome import Answerer, Outcome, Reception, Status
from pipelines.documents.document import Reason
from pipelines.documents.reader import read_documents

ANSWERER = Answerer("Espace santé", "documents@espace.mssante.example", "ESPACE-SANTE", "CNAM", "123456")
DECIDED_AT = dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)
_STATUSES = {Reason.OK: Status.STORED, Reason.ALREADY_STORED: Status.DUPLICATE, Reason.AWAITING_ORIGINAL: Status.PARKED}


def reception(data: bytes, name: str = "lot.bin") -> Reception:
    """Return a file as it was received."""
    return Reception(data, name, DECIDED_AT)


def outcomes(data: bytes, *codes: str) -> list[Outcome]:
    """Return what became of each document: its own verdict, or the code given for it."""
    documents = read_documents(data)
    decided = [Reason(code) for code in codes] or [document.verdict for document in documents]
    return [Outcome.of(document, _STATUSES.get(code, Status.REFUSED), code) for document, code in zip(documents, decided, strict=True)]


def answered(form: str, data: bytes, *codes: str) -> bytes | None:
    """Return the answer to a file, None where there is none."""
    answer = acknowledge(Form(form), reception(data), outcomes(data, *codes), ANSWERER)
    return answer.content if answer else None


def answer(form: str, data: bytes, *codes: str) -> bytes:
    """Return the answer to a file, which must get one."""
    content = answered(form, data, *codes)
    assert content is not None
    return content
