"""Nobody is opened while a day on which they may have opposed is not known whole; everybody else is."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from pipelines.accounts.held_back import require_whole_days
from pipelines.platform.errors import FinalError
from tests.campaign_driver import LAST_DAY, OPENING, SENT, Campaign
from tests.registry_builder import Person, invent

HOLE = date(2022, 2, 20)


@pytest.fixture
def person(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody whose six weeks are over, under a policy by which the web site reports daily."""
    policy = campaign.home.policy.model_copy(update={"reports_daily": ("WEB",)})
    monkeypatch.setitem(campaign.home.__dict__, "policy", policy)
    someone = invent(1)
    campaign.register(someone)
    campaign.notify()
    return someone


def announce(campaign: Campaign, *days: date) -> None:
    """Put the announcements of days without requests down, and take them in."""
    for day in days:
        content = json.dumps({"day": day.isoformat(), "files": []}).encode()
        campaign.home.store.put("exchanges", f"oppositions/WEB/inbox/{day.isoformat()}.day.json", content)
    campaign.take_in_oppositions(OPENING)


def days_of_the_window() -> list[date]:
    return [SENT.date() + timedelta(days=number) for number in range((LAST_DAY - SENT.date()).days + 1)]


def test_whoever_may_have_opposed_on_an_unknown_day_is_not_opened(campaign: Campaign, person: Person) -> None:
    announce(campaign, *[day for day in days_of_the_window() if day != HOLE])
    campaign.open()
    assert campaign.accounts(person) == [] and campaign.status(person) == "NOTIFIED"


def test_operations_are_told_which_day_is_missing(campaign: Campaign, person: Person) -> None:
    announce(campaign, *[day for day in days_of_the_window() if day != HOLE])
    with pytest.raises(FinalError, match=r"openings of 1 people wait for the intake: WEB of 2022-02-20 \(NOT_ANNOUNCED\)"):
        require_whole_days(campaign.home.db, campaign.home.policy, OPENING)


def test_they_are_opened_once_the_day_is_known(campaign: Campaign, person: Person) -> None:
    announce(campaign, *[day for day in days_of_the_window() if day != HOLE])
    campaign.open()
    announce(campaign, HOLE)
    campaign.open(OPENING + timedelta(days=1))
    assert len(campaign.accounts(person)) == 1


def test_a_day_outside_the_six_weeks_holds_nobody_back(campaign: Campaign, person: Person) -> None:
    announce(campaign, *days_of_the_window())
    at = OPENING + timedelta(days=3)
    require_whole_days(campaign.home.db, campaign.home.policy, at)
    campaign.open(at)
    assert len(campaign.accounts(person)) == 1
