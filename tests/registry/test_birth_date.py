"""Incomplete birth dates, ages and majority."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.registry.birth_date import BirthPrecision, age_on, majority_on, normalise_birth_date, normalise_birth_dates

DAY, MONTH, YEAR, NONE = BirthPrecision.DAY, BirthPrecision.MONTH, BirthPrecision.YEAR, BirthPrecision.NONE


@pytest.mark.parametrize(
    ("raw", "day", "precision"),
    [
        ("19790328", "1979-03-28", DAY),
        ("20040229", "2004-02-29", DAY),
        ("19550300", "1955-03-01", MONTH),
        ("19550299", "1955-02-01", MONTH),
        ("19550231", "1955-02-01", MONTH),
        ("19550229", "1955-02-01", MONTH),
        ("19550431", "1955-04-01", MONTH),
        ("19550015", "1955-01-15", YEAR),
        ("19552015", "1955-01-15", YEAR),
        ("19550000", "1955-12-31", YEAR),
        ("19553100", "1955-12-31", YEAR),
        ("19559999", "1955-12-31", YEAR),
        ("00000000", None, NONE),
        ("00000315", None, NONE),
        ("1955-3-1", None, NONE),
        ("195503", None, NONE),
        ("", None, NONE),
        (None, None, NONE),
        ("١٩٥٥٠٣٠١", None, NONE),
        ("19550301\n", None, NONE),
    ],
)
def test_unknown_or_impossible_parts_follow_the_rule(raw: str | None, day: str | None, precision: BirthPrecision) -> None:
    assert normalise_birth_date(raw) == (dt.date.fromisoformat(day) if day else None, precision)


@given(st.dates(dt.date(1850, 1, 1), dt.date(2150, 12, 31)))
def test_a_whole_date_is_itself(day: dt.date) -> None:
    assert normalise_birth_date(f"{day:%Y%m%d}") == (day, DAY)


@given(st.lists(st.integers(0, 99_999_999)))
def test_any_eight_digits_are_answered(numbers: list[int]) -> None:
    dates = normalise_birth_dates(pa.array([f"{n:08d}" for n in numbers], pa.string()))
    for number, day, precision in zip(numbers, dates.born_on.to_pylist(), dates.precision.to_pylist(), strict=True):
        assert (day is None) == (precision == NONE)
        assert day is None or day.year == number // 10_000


def test_a_sliced_column_is_read_from_its_first_row() -> None:
    assert normalise_birth_dates(pa.array(["19790328", "19550000"]).slice(1)).born_on.to_pylist() == [dt.date(1955, 12, 31)]


def test_majority_of_29_february_comes_on_28_february() -> None:
    assert majority_on(dt.date(2004, 2, 29)) == dt.date(2022, 2, 28)


def test_majority_comes_on_the_eighteenth_anniversary() -> None:
    assert majority_on(dt.date(2004, 3, 15)) == dt.date(2022, 3, 15)


def test_year_alone_keeps_a_person_a_minor_until_the_end_of_the_year() -> None:
    born, _ = normalise_birth_date("20040000")
    assert born is not None
    assert majority_on(born) == dt.date(2022, 12, 31)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)), st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)))
def test_age_and_majority_never_disagree(birth: dt.date, day: dt.date) -> None:
    assert (age_on(birth, day) >= 18) == (day >= majority_on(birth))


def test_age_counts_whole_years() -> None:
    assert [age_on(dt.date(2000, 5, 10), dt.date(2020, 5, d)) for d in (9, 10)] == [19, 20]
    assert age_on(dt.date(2004, 2, 29), dt.date(2024, 2, 28)) == 19
