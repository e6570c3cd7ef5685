"""What a forecast does with the caps, the calendar and the rates of a campaign."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.campaign.forecast import Caps, Stock
from pipelines.campaign.forecast_rates import Observed, rates
from pipelines.campaign.forecast_simulation import MOST_DAYS, simulate
from pipelines.campaign.forecast_weeks import weeks
from pipelines.campaign.window import last_day
from pipelines.campaign.working_days import is_working_day
from tests.campaign.forecast_builder import MONDAY, PLAIN, assuming, forecast, stock, volumes


def test_a_line_is_served_by_the_cap_of_each_working_day() -> None:
    assert volumes(forecast(stock({"01": 25}), 10), "emails") == {"01-31": 10, "02-01": 10, "02-02": 5}


def test_nothing_leaves_on_a_weekend_or_a_holiday() -> None:
    """Good Friday is no holiday of the whole of France, Easter Monday is."""
    made = forecast(stock({"01": 30}), 10, begins_on=date(2022, 4, 15))
    assert volumes(made, "emails") == {"04-15": 10, "04-19": 10, "04-20": 10}


def test_a_channel_that_is_through_does_not_wait_for_the_other() -> None:
    made = forecast(stock({"01": 10, "02": 10}, {"01": 3}), 10, 1)
    spans = {span.department: (span.first_day, span.last_day) for span in made.departments}
    assert spans == {"01": (date(2022, 1, 31), date(2022, 2, 2)), "02": (date(2022, 2, 1), date(2022, 2, 1))}


def test_a_window_closes_on_the_42nd_day_and_the_space_opens_the_day_after() -> None:
    made = forecast(stock({"01": 7}), 10)
    assert (volumes(made, "windows_closing"), volumes(made, "openings")) == ({"03-14": 7}, {"03-15": 7})


def test_who_opposes_is_not_opened() -> None:
    made = forecast(stock({"01": 1000}), 500, assumptions=assuming(opposition_rate=0.25))
    assert volumes(made, "openings") == {"03-15": 375, "03-16": 375}


def test_the_post_receives_letters_after_its_delay_and_their_windows_run_from_then() -> None:
    made = forecast(stock({}, {"01": 4}), 0, 10, assuming(deposit_delay=2))
    assert (volumes(made, "letters"), volumes(made, "windows_closing")) == ({"02-02": 4}, {"03-16": 4})


def test_an_email_that_fails_is_followed_by_a_letter_beyond_the_cap_and_has_one_window() -> None:
    made = forecast(stock({"01": 100}), 100, 0, assuming(bounce_rate=0.1, bounce_delay=1, deposit_delay=1))
    assert (volumes(made, "emails"), volumes(made, "letters")) == ({"01-31": 100}, {"02-02": 10})
    assert volumes(made, "windows_closing") == {"03-14": 90, "03-16": 10}


def test_the_end_of_sending_is_told_apart_from_that_of_replacements() -> None:
    made = forecast(stock({"01": 100}), 100, 0, assuming(bounce_rate=0.1, bounce_delay=1, deposit_delay=1))
    assert (made.sending_ends_on, made.last_window_on) == (date(2022, 1, 31), date(2022, 3, 14))
    assert (made.replacements_end_on, made.last_replacement_window_on) == (date(2022, 2, 2), date(2022, 3, 16))


def test_notices_that_were_planned_leave_first_and_beyond_the_cap() -> None:
    made = forecast(stock({"01": 15}, waiting_emails=5, waiting_letters=2), 10)
    assert (volumes(made, "emails"), volumes(made, "letters")) == ({"01-31": 15, "02-01": 5}, {"01-31": 2})


def test_planning_goes_on_after_the_last_day_that_is_planned() -> None:
    made = forecast(stock({"01": 15}, waiting_emails=5, planned_through=date(2022, 1, 31)), 10)
    assert volumes(made, "emails") == {"01-31": 5, "02-01": 10, "02-02": 5}


def test_windows_that_run_close_on_their_day_and_less_than_the_whole_rate_still_opposes() -> None:
    made = forecast(stock({}, windows={date(2022, 2, 20): 1000}), 0, 0, assuming(opposition_rate=0.1))
    assert (volumes(made, "windows_closing"), volumes(made, "openings")) == ({"02-20": 1000}, {"02-21": 950})


def test_windows_that_have_ended_are_opened_on_the_first_day() -> None:
    made = forecast(stock({}, windows={date(2022, 1, 20): 9}), 0, 0, assuming(opposition_rate=0.1))
    assert (volumes(made, "windows_closing"), volumes(made, "openings")) == ({}, {"01-31": 9})


def test_calls_come_by_day_since_the_notice_and_wait_while_the_line_is_closed() -> None:
    """Sent on Friday 4 February: the calls of Saturday and Sunday come on Monday, with those of that day."""
    made = forecast(stock({"01": 1000}), 1000, assumptions=assuming(calls_per_thousand=(1, 2, 3, 4)), begins_on=date(2022, 2, 4))
    assert volumes(made, "calls") == {"02-04": 1, "02-07": 9}


def test_people_told_before_the_forecast_begins_still_call() -> None:
    told_on = date(2022, 1, 28)
    made = forecast(stock({}, windows={last_day(told_on): 1000}), 0, 0, assuming(calls_per_thousand=(1, 2, 3, 4, 5)))
    assert volumes(made, "calls") == {"01-31": 4, "02-01": 5}


def test_postage_is_paid_by_envelope_replacements_included() -> None:
    made = forecast(stock({"01": 100}, {"01": 50}), 100, 50, assuming(bounce_rate=0.1, notices_a_letter=1.5, letter_price=2.0))
    assert made.postage == 80


def test_the_busiest_day_is_that_of_most_notices() -> None:
    made = forecast(stock({"01": 15}, {"01": 25}), 10, 10)
    assert (made.busiest.day, made.busiest.notices) == (date(2022, 1, 31), 20)


def test_a_cap_of_0_leaves_its_channel_over() -> None:
    made = forecast(stock({"01": 15}, {"01": 25}), 10, 0)
    assert (made.left_over, made.sending_ends_on) == (25, date(2022, 2, 1))
    assert forecast(stock({}, {"01": 25}), 10, 0).departments[0].first_day is None


def test_who_is_not_reached_in_ten_years_is_left_over() -> None:
    assert forecast(stock({"01": MOST_DAYS + 3}), 1).left_over == 3


def test_where_nobody_is_left_nothing_ends() -> None:
    made = forecast(stock({}), 10, 10)
    assert (made.sending_ends_on, made.last_window_on, made.replacements_end_on, len(made.days)) == (None, None, None, 1)


def test_weeks_add_up_to_the_days() -> None:
    made = forecast(stock({"01": 95}, {"02": 40}), 10, 10, assuming(bounce_rate=0.1, calls_per_thousand=(100, 50)))
    by_week = weeks(made)
    assert [week.monday.weekday() for week in by_week] == [0] * len(by_week)
    for what in ("emails", "letters", "windows_closing", "openings", "calls"):
        assert sum(getattr(week, what) for week in by_week) == sum(getattr(day, what) for day in made.days)


PEOPLE = st.dictionaries(st.sampled_from(["01", "02", "2A", "75", "976"]), st.integers(0, 5_000))


@settings(max_examples=60, deadline=None)
@given(
    PEOPLE,
    PEOPLE,
    st.tuples(st.integers(10, 900), st.integers(10, 900)),
    st.floats(0, 1),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.dates(date(2022, 1, 1), date(2030, 1, 1)),
)
def test_everybody_is_told_once_by_a_notice_that_counts(
    emails: dict[str, int], letters: dict[str, int], caps: tuple[int, int], bounces: float, delays: tuple[int, int], begins_on: date
) -> None:
    assumed = assuming(bounce_rate=bounces, bounce_delay=delays[0], deposit_delay=delays[1])
    made = forecast(stock(emails, letters), *caps, assumed, begins_on)
    told = sum(emails.values()) + sum(letters.values())
    assert made.left_over == 0 and made.emails == sum(emails.values())
    assert sum(day.windows_closing for day in made.days) == made.openings == told
    assert all(day.emails <= caps[0] for day in made.days)
    assert all(is_working_day(day.day) for day in made.days if day.notices)


@pytest.mark.parametrize("weeks_later", [0, 1])
def test_a_forecast_names_every_day_once(weeks_later: int) -> None:
    made = forecast(stock({"01": 95}), 10, begins_on=date(2022, 1, 29) + timedelta(weeks=weeks_later))
    assert [day.day for day in made.days] == [made.begins_on + timedelta(days=place) for place in range(len(made.days))]


def test_a_body_is_planned_no_faster_than_its_cap_by_both_channels_together() -> None:
    people = Stock(("01", "02"), np.array([[4, 1], [0, 5]]), np.array([[2, 0], [0, 0]]), ("CPAM", "MSA"))
    made = simulate(people, Caps(100, 100, {"CPAM": 3}), rates(PLAIN, Observed()), PLAIN, MONDAY)
    assert (volumes(made, "emails"), volumes(made, "letters")) == ({"01-31": 9, "02-01": 1}, {"02-01": 2})


def test_a_body_that_takes_nothing_is_left_over() -> None:
    people = Stock(("01",), np.array([[4, 1]]), np.array([[2, 0]]), ("CPAM", "MSA"))
    assert simulate(people, Caps(100, 100, {"CPAM": 0}), rates(PLAIN, Observed()), PLAIN, MONDAY).left_over == 6
