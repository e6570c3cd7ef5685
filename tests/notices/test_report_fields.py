"""Numbers and days of a report are written in one way: what another reader would take otherwise is no line."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.notices.report_fields import calendar_day, whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("1207", 1207), ("00017", 17), ("9" * 18, 10**18 - 1)])
def test_a_number_has_one_to_eighteen_digits(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", " 5", "5 ", "5\n", "-1", "+1", "1_000", "1 000", "1.0", "1e3", "0x1f", "１２", "٣", "9" * 19])
def test_nothing_else_is_a_number(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        whole_number(text)


def test_a_day_is_year_month_and_day() -> None:
    assert calendar_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20260105",
        "2026-W02-1",
        "2026W021",
        "2026-1-5",
        "05/01/2026",
        " 2026-01-05",
        "2026-01-05\n",
        "2026-01-05T00:00",
        "２０２６-01-05",
    ],
)
def test_no_other_form_is_a_day(text: str) -> None:
    with pytest.raises(ValueError, match="not a day"):
        calendar_day(text)


@pytest.mark.parametrize("text", ["2026-02-29", "2026-13-01", "0000-01-01"])
def test_a_day_that_is_not_in_the_calendar_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|month|year"):
        calendar_day(text)
