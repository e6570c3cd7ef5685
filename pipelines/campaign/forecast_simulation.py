"""The campaign followed to its end: departments in ascending order, working days, the caps of a day, the rates seen so far.

The two channels wait in lines of their own, as in planning: one that is through does not wait for the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.campaign.forecast import Caps, DepartmentSpan, Forecast, ForecastDay, People, Stock
from pipelines.campaign.forecast_rates import Assumptions, Rates
from pipelines.campaign.window import SIX_WEEKS, last_day
from pipelines.campaign.working_days import is_working_day, next_working_day

Series = npt.NDArray[Any]
"""One number a day."""

ONE_DAY = timedelta(days=1)
MOST_DAYS = 2_600
"""Working days, ten years: who is not planned by then counts as left over."""
UNLIMITED = 2**40


def simulate(stock: Stock, caps: Caps, rates: Rates, assumptions: Assumptions, begins_on: date) -> Forecast:
    """Follow the campaign from `begins_on` to its last opening and last call.

    The same arguments always give the same forecast. People are whole: what a rate takes from a series is rounded so that the running
    sum is right. Whoever the caps never reach is `left_over`.
    Source: CSP R1111-28 (e-mail first, post if it fails, six weeks from the sending); national sending of 2022 by department number.
    """
    deposit_delay = round(rates.deposit_delay.value)
    lines = _served(stock, caps)
    follow_up = assumptions.bounce_delay + deposit_delay
    calendar, first = _working_days(begins_on, stock.planned_through, max(map(len, lines)) + follow_up + 1)

    emails, gathered = (_on_days(line.sum(axis=1), first, len(calendar)) for line in lines)
    emails[0] += stock.waiting_emails
    gathered[0] += stock.waiting_letters
    failed = _whole(emails * rates.bounce.value)
    deposited, replaced = _later(gathered, deposit_delay), _later(failed, follow_up)

    return Forecast(
        begins_on,
        caps,
        rates,
        assumptions,
        _by_day(_Calendar(begins_on, calendar, stock), emails, deposited + replaced, failed, rates, assumptions),
        _spans(stock.departments, lines, calendar[first:]),
        sending_ends_on=_last(calendar, emails + deposited),
        replacements_end_on=_last(calendar, replaced),
        left_over=int(stock.emails.sum() + stock.letters.sum()) - sum(int(line.sum()) for line in lines),
    )


def _served(stock: Stock, caps: Caps) -> tuple[People, People]:
    """Return who is planned, days by departments, of each channel: two lines that are served in their order, e-mails first.

    Each day the front of a line is planned, as far as the cap of its channel and what is left of those of bodies reach.
    """
    lines = [np.atleast_2d(line.T).T.copy() for line in (stock.emails, stock.letters)]
    most = np.array([caps.notices_a_day_by_body.get(body, UNLIMITED) for body in stock.bodies], np.int64)
    days: list[list[People]] = []
    while len(days) < MOST_DAYS:
        room, today = most.copy(), []
        for line, cap in zip(lines, (caps.emails_a_day, caps.letters_a_day), strict=True):
            served = _front(_front(line, room).ravel(), cap).reshape(line.shape)
            line -= served
            room -= served.sum(axis=0)
            today.append(served.sum(axis=1))
        if not any(served.any() for served in today):
            break
        days.append(today)
    emails, letters = (
        np.array([today[channel] for today in days], np.int64).reshape(len(days), len(stock.departments)) for channel in (0, 1)
    )
    return emails, letters


def _front(waiting: People, room: People | int) -> People:
    """Return the first people who wait, along the first axis, as many as there is room."""
    front: People = np.diff(np.minimum(waiting.cumsum(axis=0), room), axis=0, prepend=0)
    return front


def _working_days(begins_on: date, planned_through: date, planning: int) -> tuple[list[date], int]:
    """Return the working days from `begins_on` on, and how many of them are planned already; `planning` days follow those."""
    days: list[date] = []
    day, planned = begins_on - ONE_DAY, 0
    while len(days) < planned + planning:
        day = next_working_day(day)
        days.append(day)
        planned += day <= planned_through
    return days, planned


def _on_days(served: People, first: int, days: int) -> People:
    """Return a series over `days` working days in which planning begins on the day number `first`."""
    series = np.zeros(days, np.int64)
    series[first : first + len(served)] = served
    return series


def _later(series: Series, days: int) -> Series:
    """Return a series moved by a number of days; its end must be empty for as long."""
    return np.concatenate((np.zeros(days, series.dtype), series[: len(series) - days]))


def _whole(series: Series) -> People:
    """Return whole people whose running sum is that of the series, rounded."""
    whole: People = np.diff(np.rint(series.cumsum()), prepend=0).astype(np.int64)
    return whole


def _last(calendar: Sequence[date], series: People) -> date | None:
    """Return the last day on which a series is not 0."""
    days = series.nonzero()[0]
    return calendar[days[-1]] if days.size else None


def _spans(departments: Sequence[str], lines: Sequence[People], calendar: Sequence[date]) -> tuple[DepartmentSpan, ...]:
    """Return when each department is planned, over both channels."""
    spans = []
    for place, department in enumerate(departments):
        of_channel = [line[:, place] for line in lines]
        days = np.concatenate([people.nonzero()[0] for people in of_channel])
        first, last = (calendar[days.min()], calendar[days.max()]) if days.size else (None, None)
        spans.append(DepartmentSpan(department, int(of_channel[0].sum()), int(of_channel[1].sum()), first, last))
    return tuple(spans)


class _Calendar:
    """Every day from the first of the forecast on, by its place; long enough for the last window and the last call."""

    def __init__(self, begins_on: date, working: Sequence[date], stock: Stock) -> None:
        self.begins_on = begins_on
        self.until_opened = 1 + stock.grace_days
        self.windows = {(last - begins_on).days: people for last, people in stock.windows.items()}
        self.places = [(day - begins_on).days for day in working]
        ends = max([(last_day(working[-1]) - begins_on).days, *self.windows])
        self.days = [begins_on + ONE_DAY * place for place in range(ends + SIX_WEEKS.days)]
        self.worked = np.array([is_working_day(day) for day in self.days])

    def spread(self, series: People) -> People:
        """Put a series of working days on the calendar."""
        spread = np.zeros(len(self.days), series.dtype)
        spread[self.places] = series
        return spread

    def sent_before(self) -> People:
        """Return the notices of the six weeks before the first day whose windows still run, oldest first."""
        return np.array([self.windows.get(place, 0) for place in range(SIX_WEEKS.days)], np.int64)

    def when_worked(self, series: Series) -> Series:
        """Move what falls on a day without work to the next working day."""
        working = self.worked.nonzero()[0]
        moved = np.zeros(len(series))
        np.add.at(moved, working[np.minimum(np.searchsorted(working, np.arange(len(series))), len(working) - 1)], series)
        return moved


def _by_day(
    calendar: _Calendar, emails: People, letters: People, failed: People, rates: Rates, assumptions: Assumptions
) -> tuple[ForecastDay, ...]:
    """Return each day of the calendar, up to the last one on which anything happens (the first day is always there)."""
    sent_emails, sent_letters = calendar.spread(emails), calendar.spread(letters)
    closing, openings = _ended(calendar, calendar.spread(emails - failed + letters), rates.opposition.value)
    calls = _calls(calendar, sent_emails + sent_letters, assumptions.calls_per_thousand)
    table = np.stack((sent_emails, sent_letters, closing, openings, calls), axis=1)
    used = int(np.flatnonzero(table.any(axis=1)).max(initial=0)) + 1
    return tuple(ForecastDay(day, *row) for day, row in zip(calendar.days[:used], table[:used].tolist(), strict=True))


def _ended(calendar: _Calendar, notices: People, opposition: float) -> tuple[People, People]:
    """Return, by day, the windows that end and the spaces that open the day after, or once the days of grace have passed.

    Of a window that runs already, the people who will still oppose are in proportion to the days left; one that has ended is opened on
    the first day.
    """
    closing = _later(notices, SIX_WEEKS.days)
    opened = _later(closing * (1 - opposition), calendar.until_opened)
    for place, people in calendar.windows.items():
        closing[place] += people if place >= 0 else 0
        left = min(max(place + 1, 0), SIX_WEEKS.days) / SIX_WEEKS.days
        opened[max(place + calendar.until_opened, 0)] += people * (1 - opposition * left)
    return closing, _whole(opened)


def _calls(calendar: _Calendar, notices: People, per_thousand: Sequence[float]) -> People:
    """Return the calls that are answered each day, those about notices of the last six weeks included."""
    before = calendar.sent_before()
    calls = np.convolve(np.concatenate((before, notices)), np.array([*per_thousand, 0.0]) / 1000)
    return _whole(calendar.when_worked(calls[len(before) :][: len(notices)]))
