"""The real campaign: its inputs must give its days.

What is known: sent from 31 January to 28 March 2022 on every working day, by department number, 65 to 69 million people, 1.6 to 1.7
million notices a working day; the last windows ended on 9 May. The share of e-mails, the failures and the delay of the post are not
known, and its days are days of sending: hence channels of equal size, no failure and no delay.
"""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.campaign.forecast import Forecast
from pipelines.campaign.forecast_rates import load_assumptions
from pipelines.campaign.working_days import is_working_day
from tests.campaign.forecast_builder import DEPARTMENTS, MONDAY, PLAIN, forecast, nation

REAL_END = date(2022, 3, 28)
REAL_LAST_WINDOW = date(2022, 5, 9)
WORKING_DAYS = 41
PEOPLE = range(65_000_000, 69_000_001, 250_000)
PACES = range(1_600_000, 1_700_001, 10_000)
INPUTS = [(people, pace) for people in PEOPLE for pace in PACES]
# What 43 working days at that pace cannot hold: of the whole range, the slowest pace with the most people alone.
TOO_MANY = {(people, pace) for people, pace in INPUTS if people > (WORKING_DAYS + 2) * pace}


def campaign_of(people: int, pace: int) -> Forecast:
    return forecast(nation(people // 2, people - people // 2), pace // 2, pace - pace // 2)


def days_apart(end: date) -> int:
    """How many working days lie between an end and the real one."""
    first, last = sorted((end, REAL_END))
    return sum(is_working_day(date.fromordinal(day)) for day in range(first.toordinal() + 1, last.toordinal() + 1))


def ends_of(inputs: list[tuple[int, int]]) -> dict[tuple[int, int], date]:
    found = {(people, pace): campaign_of(people, pace).sending_ends_on for people, pace in inputs}
    return {given: end for given, end in found.items() if end}


def test_there_were_41_working_days() -> None:
    days = range(MONDAY.toordinal(), REAL_END.toordinal() + 1)
    assert sum(is_working_day(date.fromordinal(day)) for day in days) == WORKING_DAYS


def test_it_ends_within_two_working_days_of_the_real_end_wherever_the_pace_can_hold_the_people() -> None:
    ends = ends_of([given for given in INPUTS if given not in TOO_MANY])
    assert {given: end for given, end in ends.items() if days_apart(end) > 2} == {}


def test_only_69_million_at_the_slowest_pace_are_too_many_for_two_days_more() -> None:
    """They need 43.1 working days: the two extremes contradict the 41 days that the pace was derived from."""
    assert {(69_000_000, 1_600_000)} == TOO_MANY
    assert [days_apart(end) for end in ends_of(list(TOO_MANY)).values()] == [3]


def test_it_ends_on_the_real_day_exactly_where_people_over_pace_make_41_days() -> None:
    ends = ends_of(INPUTS)
    assert {given for given, end in ends.items() if end == REAL_END} == {(n, pace) for n, pace in INPUTS if -(-n // pace) == WORKING_DAYS}


@pytest.mark.parametrize("people", PEOPLE)
def test_whatever_the_people_there_is_a_pace_of_the_range_that_ends_on_28_march_with_the_last_window_on_9_may(people: int) -> None:
    real = [made for made in (campaign_of(people, pace) for pace in PACES) if made.sending_ends_on == REAL_END]
    assert real and {made.last_window_on for made in real} == {REAL_LAST_WINDOW}


def test_spaces_open_from_15_march_to_10_may() -> None:
    opened = [day.day for day in campaign_of(67_000_000, 1_650_000).days if day.openings]
    assert (opened[0], opened[-1]) == (date(2022, 3, 15), date(2022, 5, 10))


def test_nobody_is_lost() -> None:
    made = campaign_of(67_123_457, 1_650_000)
    assert made.emails + made.letters == made.openings == 67_123_457


def test_departments_begin_in_their_order() -> None:
    made = campaign_of(67_000_000, 1_650_000)
    assert [span.department for span in made.departments] == DEPARTMENTS
    begun = [span.first_day for span in made.departments if span.first_day]
    assert begun == sorted(begun) and begun[0] == MONDAY


def test_the_slower_channel_sets_the_end() -> None:
    """A third more letters than their cap was made for: e-mails end early, letters late."""
    made = forecast(nation(27_000_000, 40_000_000), 825_000, 825_000)
    assert made.sending_ends_on == date(2022, 4, 7)


def test_with_failures_and_a_delay_of_the_post_planning_ends_as_before_and_letters_one_and_two_days_later() -> None:
    assumed = load_assumptions()
    made = forecast(nation(33_000_000, 33_000_000), 825_000, 825_000, assumed)
    plain = forecast(nation(33_000_000, 33_000_000), 825_000, 825_000, PLAIN)
    assert plain.sending_ends_on == date(2022, 3, 25)
    assert (made.sending_ends_on, made.replacements_end_on) == (date(2022, 3, 28), date(2022, 3, 29))
