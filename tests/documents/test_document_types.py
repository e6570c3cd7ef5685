"""Types of documents: those of JDV_J07 pass, what may be newer than the list is told, what can be none is refused."""

from __future__ import annotations

import pytest

from pipelines.documents.document_types import LOINC, TRE_A05, judge_type, known_types


def reasons(code: str | None, system: str | None) -> list[str]:
    """Return why a type is refused."""
    return [str(fault.reason) for fault in judge_type(code, system, "the CDA")[0]]


@pytest.mark.parametrize(
    ("code", "system"), [("11502-2", LOINC), ("34112-3", LOINC), ("IMG-KOS", TRE_A05), ("PRESC-BIO", TRE_A05), ("11526-1", LOINC)]
)
def test_a_type_of_any_edition_passes_without_a_word(code: str, system: str) -> None:
    assert judge_type(code, system, "the CDA") == ([], [])


@pytest.mark.parametrize(("code", "system"), [("39256-3", LOINC), ("PRESC-NOUVELLE", TRE_A05)])
def test_a_type_that_a_later_edition_may_have_is_told_and_taken(code: str, system: str) -> None:
    assert reasons(code, system) == []
    assert len(judge_type(code, system, "the CDA")[1]) == 1


@pytest.mark.parametrize(
    ("code", "system"),
    [("11502-3", LOINC), ("IMG-KOS", LOINC), ("11502-2", "1.2.3"), ("11502-2", None), (None, LOINC), ("", "")],
)
def test_a_type_that_is_none_is_refused(code: str | None, system: str | None) -> None:
    assert reasons(code, system) == ["BAD_TYPE_CODE"]


def test_every_code_of_loinc_in_the_list_is_one() -> None:
    loinc = [code for code, system in known_types() if system == LOINC]
    assert len(loinc) > 70
    assert [code for code in loinc if reasons(f"{code[:-1]}{(int(code[-1]) + 1) % 10}", LOINC) != ["BAD_TYPE_CODE"]] == []


def test_a_type_that_is_told_is_never_quoted() -> None:
    assert "SECRET" not in judge_type("SECRET", TRE_A05, "the CDA")[1][0]
