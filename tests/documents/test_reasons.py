"""One list of reasons: the code, what senders are told and the documentation name the same ones."""

from __future__ import annotations

import re
import tomllib

import pytest

from pipelines.documents.document import Reason
from pipelines.documents.reasons import FILE, told
from tests.conftest import PROJECT

# OperationOutcome.issue.code, FHIR R4 (value set issue-type).
_FHIR_ISSUES = """invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported
duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient lock-error
no-store exception timeout incomplete throttled informational"""


def test_every_reason_is_explained() -> None:
    page = (PROJECT / "docs" / "documents.md").read_text()
    verdicts = page.partition("## Verdicts")[2].partition("## Answers")[0]
    first_cells = re.findall(r"^\| (`[^|]*`) \|", verdicts, re.MULTILINE)
    explained = [code for cell in first_cells for code in re.findall(r"`(\w+)`", cell)]
    assert sorted(explained) == sorted(Reason)


def test_senders_are_told_of_every_reason_and_of_no_other() -> None:
    assert set(tomllib.loads(FILE.read_text(encoding="utf-8"))) == set(Reason)


@pytest.mark.parametrize("code", Reason)
def test_a_reason_is_told_in_the_words_of_each_protocol(code: Reason) -> None:
    said = told(code)
    assert said.hl7 in {str(number) for number in range(900, 907)}
    assert said.condition in {"102", "200", "207"}
    assert said.xds.startswith("XDS")
    assert said.fhir in _FHIR_ISSUES.split()
    assert not said.text.endswith(".") and not said.action.endswith(".")


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("BAD_VERSION", "900"),
        ("NOT_AUTHOR", "901"),
        ("PERSON_UNKNOWN", "902"),
        ("INS_MISSING", "903"),
        ("INS_MISMATCH", "904"),
        ("INS_INCOMPLETE", "905"),
        ("CLOSED", "906"),
    ],
)
def test_the_national_numbers_are_those_of_the_volet(code: str, number: str) -> None:
    assert told(Reason(code)).hl7 == number
