"""Six weeks, counted in days of Paris from the day of sending."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.campaign.window import last_day, last_day_by_letter, window
from pipelines.platform.clock import PARIS, legal_day

MICROSECOND = timedelta(microseconds=1)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def in_paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("sent_at", "last"),
    [
        (in_paris(2022, 1, 31, 14), date(2022, 3, 14)),
        (in_paris(2022, 2, 14, 23, 30), date(2022, 3, 28)),  # over the start of summer time
        (in_paris(2022, 9, 26, 10), date(2022, 11, 7)),  # over its end
        (in_paris(2024, 1, 18, 8), date(2024, 2, 29)),  # ends on a leap day
        (in_paris(2024, 2, 29, 8), date(2024, 4, 11)),  # begins on one
        (in_paris(2022, 12, 31, 23, 59, 59), date(2023, 2, 11)),  # over a new year
        (datetime(2022, 1, 30, 23, 0, tzinfo=UTC), date(2022, 3, 14)),  # midnight in Paris: already the 31st
        (datetime(2022, 1, 30, 22, 59, 59, tzinfo=UTC), date(2022, 3, 13)),
        (datetime(2022, 2, 1, 1, tzinfo=timezone(timedelta(hours=4))), date(2022, 3, 14)),  # sent from La Réunion
    ],
)
def test_the_last_day_is_the_42nd_after_the_sending(sent_at: datetime, last: date) -> None:
    assert window(sent_at).last_day == last


@pytest.mark.parametrize(
    ("deposited_on", "last"),
    [(date(2022, 1, 31), date(2022, 3, 14)), (date(2022, 2, 3), date(2022, 3, 17)), (date(2022, 1, 29), date(2022, 3, 14))],
    ids=["on its day", "later", "before its day"],
)
def test_the_last_day_of_a_letter_is_never_before_the_one_printed_on_it(deposited_on: date, last: date) -> None:
    assert last_day_by_letter(deposited_on, dated=date(2022, 1, 31)) == last


def test_the_day_of_creation_plays_no_part() -> None:
    """Created on 28 January, sent on the 31st: the window ends on 14 March."""
    assert window(in_paris(2022, 1, 31)).last_instant == in_paris(2022, 3, 14, 23, 59, 59, 999999)


def test_the_space_may_be_opened_on_the_next_day() -> None:
    assert window(in_paris(2022, 1, 31)).opens_on == date(2022, 3, 15)


def test_the_end_of_summer_time_does_not_open_an_hour_early() -> None:
    """42 times 24 hours would end at 22:00 UTC; the last day ends in Paris at 23:00 UTC."""
    assert window(in_paris(2022, 9, 26)).last_instant.astimezone(UTC) == datetime(2022, 11, 7, 23, tzinfo=UTC) - MICROSECOND


def test_the_start_of_summer_time_does_not_close_an_hour_late() -> None:
    assert window(in_paris(2022, 2, 14)).last_instant.astimezone(UTC) == datetime(2022, 3, 28, 22, tzinfo=UTC) - MICROSECOND


@pytest.mark.parametrize(
    ("sent_at", "change"),
    [(in_paris(2022, 2, 13), datetime(2022, 3, 27, 22, tzinfo=UTC)), (in_paris(2022, 9, 18), datetime(2022, 10, 30, 23, tzinfo=UTC))],
)
def test_a_last_day_that_changes_its_time_ends_at_midnight_in_paris(sent_at: datetime, change: datetime) -> None:
    assert window(sent_at).last_instant == change - MICROSECOND


@pytest.mark.parametrize(
    ("received_at", "admitted"),
    [
        (datetime(2022, 3, 14, 21, 59, 30, tzinfo=UTC), True),
        (datetime(2022, 3, 14, 22, 59, 30, tzinfo=UTC), True),
        (datetime(2022, 3, 14, 22, 59, 59, 999999, tzinfo=UTC), True),
        (datetime(2022, 3, 14, 23, 0, 0, tzinfo=UTC), False),
    ],
)
def test_an_opposition_counts_until_the_last_instant_in_paris(received_at: datetime, admitted: bool) -> None:
    assert window(in_paris(2022, 1, 31)).admits(received_at) is admitted


def test_a_naive_sending_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        window(datetime(2022, 1, 31, 14))  # noqa: DTZ001


def test_a_naive_receipt_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        window(in_paris(2022, 1, 31)).admits(datetime(2022, 2, 1))  # noqa: DTZ001


@given(INSTANTS)
def test_last_instant_is_admitted_and_the_next_is_not(sent_at: datetime) -> None:
    found = window(sent_at)
    last = found.last_instant.astimezone(UTC)
    assert found.admits(last) and not found.admits(last + MICROSECOND)


@given(INSTANTS)
def test_42_whole_days_lie_between_the_day_of_sending_and_the_opening(sent_at: datetime) -> None:
    found = window(sent_at)
    assert found.opens_on - legal_day(sent_at) == timedelta(days=43) and found.last_day == last_day(legal_day(sent_at))
