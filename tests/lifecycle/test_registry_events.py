"""What the registry tells of a person changes their space: deaths, wrong deaths, ends of rights, majority, who represents them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.registry.majority import note_majorities
from tests.campaign_driver import OPENING, Campaign, paris
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

DIED = date(2022, 5, 2)
NOTED_ON = date(2022, 5, 10)
NOTED = paris(2022, 5, 10, 2)
DAY = timedelta(days=1)


def deliver(campaign: Campaign, *people: Person, on: date = NOTED_ON) -> None:
    """Deliver people again, as they are now."""
    assert campaign.register(*people, on=on).refusal is None


def test_a_death_closes_the_space_and_tells_nobody(campaign: Campaign, lives: Lives, holder: Person) -> None:
    deliver(campaign, holder.but(died_on=DIED))
    assert lives.follow(NOTED)["closed_by_death"] == 1
    account = lives.account(holder)
    assert (account["closing_reason"], account["archived_until"]) == ("DEATH", date(2032, 5, 10))
    assert lives.messages(holder) == [] and campaign.broken_equations() == []


def test_who_died_is_given_no_space(campaign: Campaign, lives: Lives, holder: Person) -> None:
    deliver(campaign, holder.but(died_on=DIED))
    lives.follow(NOTED)
    assert lives.ask("REOPEN", holder, NOTED)["cause"] == "DECEASED"


def test_a_death_that_was_wrong_opens_the_space_again_with_all_it_held(campaign: Campaign, lives: Lives, holder: Person) -> None:
    lives.store(holder, b"<a/>", OPENING)
    deliver(campaign, holder.but(died_on=DIED))
    lives.follow(NOTED)
    deliver(campaign, holder, on=date(2022, 5, 20))
    assert lives.follow(paris(2022, 5, 21, 2))["reopened"] == 1
    assert lives.status(holder) == "OPEN" and lives.readable(holder) == 1


def test_a_wrong_death_does_not_open_what_its_person_had_closed(campaign: Campaign, lives: Lives, holder: Person) -> None:
    lives.ask("CLOSE", holder, paris(2022, 5, 1))
    deliver(campaign, holder.but(died_on=DIED))
    lives.follow(NOTED)
    deliver(campaign, holder, on=date(2022, 5, 20))
    assert lives.follow(paris(2022, 5, 21, 2))["reopened"] == 0 and lives.status(holder) == "CLOSED"


@pytest.mark.parametrize(("days", "status"), [(89, "OPEN"), (90, "CLOSED")])
def test_rights_that_ended_close_the_space_after_the_days_of_the_policy(
    campaign: Campaign, lives: Lives, holder: Person, days: int, status: str
) -> None:
    end = date(2022, 5, 1)
    deliver(campaign, holder.but(rights_end_on=end))
    lives.follow(NOTED)
    at = paris(2022, 5, 1, 2) + timedelta(days=days)
    lives.follow(at)
    assert lives.status(holder) == status
    assert lives.messages(holder) == ([("archive", at.date())] if status == "CLOSED" else [])


def test_each_fact_is_followed_once(campaign: Campaign, lives: Lives, holder: Person) -> None:
    deliver(campaign, holder.but(died_on=DIED))
    lives.follow(NOTED)
    before = campaign.everything()
    again = lives.follow(NOTED)
    assert again["closed_by_death"] == 1 and campaign.everything() == before
    assert lives.follow(NOTED + DAY)["closed_by_death"] == 0


CHILD = invent(3, birth_date="20040601", representative_1=invent(2).matricule)
EIGHTEEN = paris(2022, 6, 1, 2)


@pytest.fixture
def child(campaign: Campaign) -> Person:
    """A minor whose space was opened, and is managed by a parent."""
    campaign.register(invent(2), CHILD)
    campaign.notify()
    campaign.open(OPENING)
    return CHILD


def test_at_eighteen_one_is_told_once_that_the_space_stays_open(campaign: Campaign, lives: Lives, child: Person) -> None:
    note_majorities(campaign.home.db, EIGHTEEN)
    lives.follow(EIGHTEEN)
    lives.follow(EIGHTEEN + DAY)
    assert lives.messages(child) == [("majority_opened", EIGHTEEN.date())] and lives.status(child) == "OPEN"


def test_who_comes_of_age_while_the_space_is_suspended_is_told_too(campaign: Campaign, lives: Lives, child: Person) -> None:
    lives.ask("SUSPEND", child, NOTED)
    note_majorities(campaign.home.db, EIGHTEEN)
    lives.follow(EIGHTEEN)
    assert lives.messages(child) == [("majority_opened", EIGHTEEN.date())]


def test_at_eighteen_one_manages_the_space_alone(campaign: Campaign, lives: Lives, child: Person) -> None:
    assert lives.account(child)["managed_by"] == campaign.person_id(invent(2))
    note_majorities(campaign.home.db, EIGHTEEN)
    lives.follow(EIGHTEEN)
    assert lives.account(child)["managed_by"] is None


def test_who_has_no_space_at_eighteen_is_not_told_that_it_stays_open(campaign: Campaign, lives: Lives) -> None:
    campaign.register(invent(2), CHILD)
    note_majorities(campaign.home.db, EIGHTEEN)
    lives.follow(EIGHTEEN)
    assert campaign.rows("select subject from notices.message") == []


def test_a_protection_hands_the_space_to_the_representative_and_its_end_gives_it_back(
    campaign: Campaign, lives: Lives, holder: Person
) -> None:
    tutor = invent(2)
    deliver(campaign, tutor, holder.but(protection="TUTELLE", representative_1=tutor.matricule))
    lives.follow(NOTED)
    assert lives.account(holder)["managed_by"] == campaign.person_id(tutor)
    deliver(campaign, tutor, holder, on=date(2022, 5, 20))
    lives.follow(paris(2022, 5, 21, 2))
    assert lives.account(holder)["managed_by"] is None
