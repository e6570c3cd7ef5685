"""Working days, and the day on which letters that are ready at some instant should be handed to the post."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.easter import easter

from pipelines.campaign.working_days import deposit_day, easter_sunday, is_working_day, next_working_day, working_day_before
from tests.campaign_driver import paris


def test_easter_is_that_of_the_gregorian_calendar() -> None:
    assert [year for year in range(1900, 2200) if easter_sunday(year) != easter(year)] == []


HOLIDAYS_2026 = ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"]


def test_the_eleven_public_holidays_of_2026_and_the_weekends_are_no_working_days() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    idle = {day for day in days if not is_working_day(day)}
    assert idle == {day for day in days if day.weekday() > 4} | {date.fromisoformat(f"2026-{day}") for day in HOLIDAYS_2026}


@pytest.mark.parametrize(
    ("day", "following"),
    [("2026-01-09", "2026-01-12"), ("2026-04-02", "2026-04-03"), ("2026-04-03", "2026-04-07"), ("2025-12-31", "2026-01-02")],
)
def test_after_a_day_comes_the_next_on_which_people_work(day: str, following: str) -> None:
    assert next_working_day(date.fromisoformat(day)) == date.fromisoformat(following)


@pytest.mark.parametrize(
    ("day", "count", "before"),
    [("2026-01-09", 1, "2026-01-08"), ("2026-01-12", 1, "2026-01-09"), ("2026-01-11", 2, "2026-01-08"), ("2026-04-08", 2, "2026-04-03")],
)
def test_working_days_are_counted_back_over_those_on_which_nobody_works(day: str, count: int, before: str) -> None:
    assert working_day_before(date.fromisoformat(day), count) == date.fromisoformat(before)


def test_no_working_day_is_not_counted_back() -> None:
    with pytest.raises(ValueError, match="at least one"):
        working_day_before(date(2026, 1, 9), 0)


@pytest.mark.parametrize(
    ("ready_at", "day"),
    [
        (paris(2026, 1, 6, 9, 59, 59), "2026-01-06"),
        (paris(2026, 1, 6, 10), "2026-01-07"),
        (paris(2026, 1, 9, 10), "2026-01-12"),
        (paris(2026, 1, 10, 8), "2026-01-12"),
        (paris(2026, 5, 8, 8), "2026-05-11"),
        (datetime(2026, 1, 6, 8, 59, tzinfo=UTC), "2026-01-06"),
        (datetime(2026, 7, 6, 8, 0, tzinfo=UTC), "2026-07-07"),
        (datetime(2026, 1, 5, 23, 30, tzinfo=UTC), "2026-01-06"),
    ],
)
def test_letters_ready_before_the_cut_off_go_the_same_working_day(ready_at: datetime, day: str) -> None:
    assert deposit_day(ready_at, 10) == date.fromisoformat(day)


@pytest.mark.parametrize(("cut_off", "day"), [(0, "2026-01-07"), (24, "2026-01-06")])
def test_a_cut_off_may_let_everything_or_nothing_go_the_same_day(cut_off: int, day: str) -> None:
    assert deposit_day(paris(2026, 1, 6, 23, 59), cut_off) == date.fromisoformat(day)
