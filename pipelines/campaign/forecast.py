"""What a forecast is made from, and what it says: the campaign to its end, day by day. Counts only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from pipelines.campaign.forecast_rates import Assumptions, Rates
from pipelines.campaign.window import last_day

People = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stock:
    """What stands when a forecast begins.

    `emails` and `letters` are the people to be planned, departments (in the order in which they are told) by `bodies`, or departments
    alone where no body is told from another; `waiting_*` are notices that are planned and have not left; `windows` are the people whose
    six weeks run, by last day; `planned_through` is the last day for which a wave was planned; openings wait `grace_days` more.
    """

    departments: tuple[str, ...]
    emails: People
    letters: People
    bodies: tuple[str, ...] = ("",)
    waiting_emails: int = 0
    waiting_letters: int = 0
    windows: Mapping[date, int] = field(default_factory=dict)
    planned_through: date = date.min
    grace_days: int = 0


@dataclass(frozen=True)
class Caps:
    """Most notices that are planned on one day, by channel, and of some bodies. Letters that replace failed e-mails come on top."""

    emails_a_day: int
    letters_a_day: int
    notices_a_day_by_body: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ForecastDay:
    """One day of the calendar. `letters` counts the notices that the post receives, replacements of e-mails included."""

    day: date
    emails: int
    letters: int
    windows_closing: int
    openings: int
    calls: int

    @property
    def notices(self) -> int:
        """Notices sent by both channels."""
        return self.emails + self.letters


@dataclass(frozen=True)
class DepartmentSpan:
    """When the people of one department are planned; no days where a cap of 0 leaves all of them out, or nobody is left."""

    department: str
    emails: int
    letters: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True)
class Forecast:
    """How the campaign goes on.

    `sending_ends_on` is the day on which the last planned notice is sent (None where nothing is left to send), `last_window_on` the
    last day to oppose that it gives. Letters that replace failed e-mails may follow: `replacements_end_on`, `last_replacement_window_on`.
    `left_over` are people whom these caps never reach. `postage` is in euros.
    """

    begins_on: date
    caps: Caps
    rates: Rates
    assumptions: Assumptions
    days: tuple[ForecastDay, ...]
    departments: tuple[DepartmentSpan, ...]
    sending_ends_on: date | None
    replacements_end_on: date | None
    left_over: int

    @property
    def last_window_on(self) -> date | None:
        """The last day to oppose of the last planned notice."""
        return self.sending_ends_on and last_day(self.sending_ends_on)

    @property
    def last_replacement_window_on(self) -> date | None:
        """The last day to oppose of the last letter that replaces an e-mail."""
        return self.replacements_end_on and last_day(self.replacements_end_on)

    @property
    def emails(self) -> int:
        """E-mails still to be sent."""
        return sum(day.emails for day in self.days)

    @property
    def letters(self) -> int:
        """Notices still to be sent by post."""
        return sum(day.letters for day in self.days)

    @property
    def openings(self) -> int:
        """Spaces still to be opened."""
        return sum(day.openings for day in self.days)

    @property
    def calls(self) -> int:
        """Calls still to come on 3422."""
        return sum(day.calls for day in self.days)

    @property
    def activations(self) -> int:
        """Spaces of these that their holders will activate."""
        return round(self.openings * self.assumptions.activation_rate)

    @property
    def postage(self) -> int:
        """What the envelopes still to be sent cost, in euros."""
        return self.postage_of(self.letters)

    def postage_of(self, letters: int) -> int:
        """Return what the envelopes of so many notices by post cost, in euros."""
        return round(letters / self.rates.notices_a_letter.value * self.assumptions.letter_price)

    @property
    def busiest(self) -> ForecastDay:
        """The day with most notices; the first of several."""
        return max(self.days, key=lambda day: day.notices)

    @property
    def most_called(self) -> ForecastDay:
        """The day with most calls; the first of several."""
        return max(self.days, key=lambda day: day.calls)
