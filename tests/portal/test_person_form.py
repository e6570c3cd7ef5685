"""What people type is read with tolerance; what is wrong is told in words that help, and that tell nothing about anybody."""

from __future__ import annotations

import pytest

from pipelines.campaign.opposition_code import derive
from pipelines.portal import person_form
from pipelines.portal.person_form import Insured, Typed, read_person
from pipelines.registry.matricule import MatriculeFault

CODE = derive(b"key", 1, 2, 3)
MATRICULE = "269059999904295"
RIGHT = Typed(CODE, MATRICULE, "12", "05", "1969")


def faults_of(**typed: str) -> dict[str, str]:
    return read_person(RIGHT._replace(**typed), 2022)[1]


def person_of(**typed: str) -> Insured | None:
    return read_person(RIGHT._replace(**typed), 2022)[0]


def test_a_person_is_read_as_the_file_wants_it() -> None:
    assert read_person(RIGHT, 2022) == (Insured(CODE, MATRICULE, "19690512"), {})


@pytest.mark.parametrize("typed", [CODE.lower(), f" {CODE[:4]}-{CODE[4:8]} {CODE[8:]} ", f"{CODE[:6]}.{CODE[6:]}", CODE.replace("0", "o")])
def test_a_code_is_read_however_it_is_grouped_or_spelled(typed: str) -> None:
    assert person_of(code=typed) == person_of()


@pytest.mark.parametrize("typed", ["2 69 05 99 999 042 95", "2690599999042", "2-69-05-99-999-042", "269.05.99.999.042.95"])
def test_a_matricule_is_read_with_its_key_or_without_and_however_it_is_grouped(typed: str) -> None:
    assert person_of(matricule=typed) == person_of()


@pytest.mark.parametrize(
    ("day", "month", "expected"),
    [("1", "5", "19690501"), ("1er", "mai", "19690501"), ("09", "Août", "19690809"), ("12", "févr.", "19690212"), ("00", "00", "19690000")],
)
def test_a_birth_date_is_read_as_people_write_it_and_may_be_incomplete(day: str, month: str, expected: str) -> None:
    person = person_of(day=day, month=month)
    assert person is not None and person.birth_date == expected


def test_a_day_that_no_calendar_has_is_taken_as_it_is() -> None:
    """Civil status knows some, and the registry keeps them as they are."""
    person = person_of(day="31", month="02")
    assert person is not None and person.birth_date == "19690231"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"code": ""}, {"code": person_form.CODE_MISSING}),
        ({"code": "ABCD-EFGH"}, {"code": person_form.CODE_LENGTH.format(count=8)}),
        ({"code": CODE[:-1] + ("A" if CODE[-1] != "A" else "B")}, {"code": person_form.CODE_MISTYPED}),
        ({"matricule": " "}, {"matricule": person_form.MATRICULE_FAULTS[MatriculeFault.MISSING]}),
        ({"matricule": "26905"}, {"matricule": person_form.MATRICULE_FAULTS[MatriculeFault.SHAPE]}),
        ({"matricule": "269059999904296"}, {"matricule": person_form.MATRICULE_FAULTS[MatriculeFault.KEY]}),
        ({"day": "", "month": "", "year": ""}, {"day": person_form.DATE_MISSING}),
        ({"day": "32"}, {"day": person_form.DAY_WRONG}),
        ({"month": "13"}, {"month": person_form.MONTH_WRONG}),
        ({"year": "69"}, {"year": person_form.YEAR_WRONG}),
        ({"year": "2023"}, {"year": person_form.YEAR_WRONG}),
    ],
)
def test_each_fault_is_told_at_its_field(typed: dict[str, str], expected: dict[str, str]) -> None:
    assert faults_of(**typed) == expected


def test_everything_at_fault_is_told_at_once() -> None:
    assert set(faults_of(code="?", matricule="?", day="?", month="?", year="?")) == set(Typed._fields)
