"""Days of grace: paper received in time is still on its way, so nobody is opened; the last day to oppose is the same for all that."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from pipelines.accounts.held_back import require_whole_days
from pipelines.campaign.forecast_sources import forecast_campaign
from pipelines.campaign.window import due_before
from pipelines.platform.errors import FinalError
from pipelines.reporting.figures import gather
from tests.campaign_driver import LAST_DAY, OPENING, Campaign, paris, request
from tests.registry_builder import Person

GRACE = 3
AFTER_GRACE = OPENING + timedelta(days=GRACE)


@pytest.fixture
def patient(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign whose policy gives paper three days."""
    policy = campaign.home.policy.model_copy(update={"grace_days": GRACE})
    monkeypatch.setitem(campaign.home.__dict__, "policy", policy)
    return campaign


@pytest.mark.parametrize(("day", "opened"), [(OPENING, 0), (AFTER_GRACE - timedelta(days=1), 0), (AFTER_GRACE, 1)])
def test_the_space_opens_when_the_days_of_grace_have_passed(patient: Campaign, person: Person, day: datetime, opened: int) -> None:
    assert patient.open(day).opened == opened


def test_without_grace_the_space_opens_the_day_after_the_last(campaign: Campaign, person: Person) -> None:
    assert campaign.open(OPENING).opened == 1


@pytest.mark.parametrize(("received", "cause"), [(paris(2022, 3, 14, 9), None), (paris(2022, 3, 15, 9), "LATE")])
def test_the_grace_gives_nobody_a_longer_delay(patient: Campaign, person: Person, code: str, received: datetime, cause: str | None) -> None:
    """Both come before the opening and are accepted; only the letter of the last day was in time."""
    patient.oppose(request(person, code, received), at=paris(2022, 3, 16), channel="PAPER")
    patient.open(AFTER_GRACE)
    assert patient.accounts(person) == []
    assert patient.rows("select outcome, cause from oppositions.request") == [{"outcome": "ACCEPTED", "cause": cause}]


def test_a_letter_of_the_last_day_that_comes_within_the_grace_meets_no_space(patient: Campaign, person: Person, code: str) -> None:
    patient.open(OPENING)
    patient.oppose(request(person, code, paris(2022, 3, 14, 9)), at=AFTER_GRACE - timedelta(hours=1), channel="PAPER")
    assert (patient.status(person), patient.accounts(person)) == ("OPPOSED", [])


def test_a_day_that_is_not_whole_is_asked_about_once_openings_are_due(patient: Campaign, person: Person) -> None:
    patient.home.__dict__["policy"] = patient.home.policy.model_copy(update={"reports_daily": ("PAPER",)})
    require_whole_days(patient.home.db, patient.home.policy, AFTER_GRACE - timedelta(days=1))
    with pytest.raises(FinalError, match="wait for the intake: PAPER of 2022-01-31"):
        require_whole_days(patient.home.db, patient.home.policy, AFTER_GRACE)


def test_the_report_calls_no_opening_overdue_that_waits_for_its_grace(patient: Campaign, person: Person) -> None:
    overdue = [gather(patient.home.db, patient.home.policy, day).windows_overdue for day in (OPENING, AFTER_GRACE)]
    assert overdue == [0, 1]


def test_the_forecast_opens_after_the_grace(patient: Campaign, person: Person) -> None:
    made = forecast_campaign(patient.home.db, patient.home.policy, LAST_DAY)
    assert [day.day for day in made.days if day.openings] == [AFTER_GRACE.date()]


@pytest.mark.parametrize(("grace", "expected"), [(0, date(2022, 3, 15)), (3, date(2022, 3, 12))])
def test_what_is_due_on_a_day_ended_before_another(grace: int, expected: date) -> None:
    assert due_before(date(2022, 3, 15), grace) == expected
