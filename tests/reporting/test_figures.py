"""From rows to the figures of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.reporting.figures import CHANNELS, DAYS_SHOWN, EVENTS, STATUSES, compute
from tests.reporting.report_rows import AS_OF, DAY, EQUATIONS, NOTHING, SOURCE


def test_everyone_of_the_registry_is_in_one_status() -> None:
    figures = compute(SOURCE, EQUATIONS, AS_OF)
    assert figures.people == sum(figures.by_status.values()) == 3300
    assert list(figures.by_status) == list(STATUSES)


def test_departments_and_channels_add_up_to_the_same_people() -> None:
    figures = compute(SOURCE, EQUATIONS, AS_OF)
    for pivot in (figures.by_department, figures.by_channel):
        assert sum(sum(row.values()) for row in pivot.values()) == figures.people
    assert list(figures.by_department) == ["01", "2A", "ZZ"]
    assert figures.by_channel["LETTER"]["OPENED"] == 990


def test_exclusions_are_told_by_reason() -> None:
    assert compute(SOURCE, EQUATIONS, AS_OF).exclusions == {
        "DECEASED": {"EXCLUDED": 1, "CANCELLED": 0},
        "NO_ADDRESS": {"EXCLUDED": 4, "CANCELLED": 0},
    }


def test_events_have_a_row_each_and_a_column_a_day_today_first() -> None:
    events = compute(SOURCE, EQUATIONS, AS_OF).events
    assert list(events) == list(EVENTS)
    assert {len(days) for days in events.values()} == {DAYS_SHOWN}
    assert list(events["EMAIL_SENT"].values()) == [250, 0, 0, 0, 0, 0, 7]


def test_windows_run_from_today_to_the_42nd_day_and_nobody_is_left_out() -> None:
    figures = compute(SOURCE, EQUATIONS, AS_OF)
    assert next(iter(figures.windows)) == "2022-03-14" and list(figures.windows)[-1] == "2022-04-25"
    assert len(figures.windows) == 43
    assert (figures.windows_overdue, sum(figures.windows.values()), figures.windows_beyond) == (3, 1197, 0)


def test_the_rate_among_ended_journeys_leaves_running_windows_out() -> None:
    email, letter, both = compute(SOURCE, EQUATIONS, AS_OF).opposition
    assert (email.of_told, email.of_ended) == (pytest.approx(30 / 2200), pytest.approx(0.03))
    assert letter.of_ended == pytest.approx(0.01)
    assert (both.channel, both.told, both.of_ended) == ("ALL", 3200, pytest.approx(0.02))


def test_a_rate_of_nobody_is_no_rate() -> None:
    assert {rate.of_ended for rate in compute(NOTHING, EQUATIONS, AS_OF).opposition} == {None}


def test_an_empty_installation_has_figures_of_zero() -> None:
    figures = compute(NOTHING, EQUATIONS, AS_OF)
    assert figures.people == 0 and set(figures.by_status.values()) == {0}
    assert figures.by_department == figures.exclusions == figures.quarantine == {}


def test_the_day_is_the_legal_one_of_paris() -> None:
    assert compute(NOTHING, EQUATIONS, datetime(2022, 3, 13, 23, 30, tzinfo=UTC)).day == DAY


@pytest.mark.parametrize("fault", [{"violations": 1}, {"right_hand": 4}])
def test_one_broken_equation_breaks_the_books(fault: dict[str, int]) -> None:
    assert compute(NOTHING, EQUATIONS, AS_OF).balanced
    assert not compute(NOTHING, (EQUATIONS[0], replace(EQUATIONS[1], **fault)), AS_OF).balanced


def test_channels_without_people_are_shown() -> None:
    assert list(compute(NOTHING, EQUATIONS, AS_OF).by_channel) == list(CHANNELS)
