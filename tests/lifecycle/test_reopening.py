"""A space that is opened again: by its person's own wish, or because a death was wrong; as it was, and managed by who manages it now."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.accounts.systems_behind import SystemsBehind
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris, request
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

DIED = date(2022, 5, 2)
NOTED = paris(2022, 5, 10, 2)
IN_TIME = paris(2022, 3, 10)
REVERSED = paris(2022, 5, 21, 2)
OPENED_AGAIN = paris(2023, 6, 2, 10)


@pytest.fixture
def code(campaign: Campaign, holder: Person) -> str:
    """The code of the notice that the holder was sent."""
    return code_in(campaign.mails_to(holder)[0])


def die(campaign: Campaign, lives: Lives, person: Person) -> None:
    """Let the registry tell of a death."""
    campaign.register(person.but(died_on=DIED), on=NOTED.date())
    lives.follow(NOTED)


def live_after_all(campaign: Campaign, lives: Lives, person: Person) -> None:
    """Let the registry take a death back."""
    campaign.register(person, on=date(2022, 5, 20))
    lives.follow(REVERSED)


def taken_in(campaign: Campaign, person: Person, code: str, received: datetime, at: datetime) -> None:
    """Take in a request not to have a space that closes one."""
    (answer,) = campaign.oppose(request(person, code, received), at=at)
    assert answer["result"] == "CLOSING"


def test_who_opposed_while_a_wrong_death_had_closed_the_space_is_not_opened_again(
    campaign: Campaign, lives: Lives, holder: Person, code: str
) -> None:
    die(campaign, lives, holder)
    taken_in(campaign, holder, code, received=IN_TIME, at=NOTED)
    campaign.close(NOTED)
    live_after_all(campaign, lives, holder)
    assert lives.status(holder) == "CLOSED" and campaign.broken_equations() == []


def test_an_opposition_taken_in_after_a_wrong_death_closes_the_space(campaign: Campaign, lives: Lives, holder: Person, code: str) -> None:
    die(campaign, lives, holder)
    live_after_all(campaign, lives, holder)
    taken_in(campaign, holder, code, received=IN_TIME, at=OPENED_AGAIN)
    campaign.close(OPENED_AGAIN)
    assert lives.status(holder) == "CLOSED"


@pytest.mark.parametrize(("opposed", "status"), [(paris(2022, 6, 3), "CLOSED"), (paris(2022, 6, 1), "OPEN")])
def test_of_a_re_opening_and_an_opposition_the_one_that_was_received_last_counts(
    campaign: Campaign, lives: Lives, holder: Person, code: str, opposed: datetime, status: str
) -> None:
    """Whatever the order in which their files are taken in."""
    lives.ask("CLOSE", holder, paris(2022, 5, 1))
    taken_in(campaign, holder, code, received=opposed, at=paris(2022, 6, 4))
    lives.ask("REOPEN", holder, paris(2022, 6, 5), received_at=paris(2022, 6, 2).isoformat())
    campaign.close(paris(2022, 6, 6))
    assert lives.status(holder) == status and campaign.broken_equations() == []


def test_a_wrong_death_opens_the_space_of_who_had_asked_for_it_after_opposing(
    campaign: Campaign, lives: Lives, holder: Person, code: str
) -> None:
    taken_in(campaign, holder, code, received=IN_TIME, at=paris(2022, 3, 20))
    campaign.close(paris(2022, 3, 20))
    lives.ask("REOPEN", holder, paris(2022, 4, 1))
    die(campaign, lives, holder)
    live_after_all(campaign, lives, holder)
    campaign.close(OPENED_AGAIN)
    assert lives.status(holder) == "OPEN"


def test_a_child_closed_at_sixteen_who_asks_at_nineteen_is_not_managed_by_the_parent(campaign: Campaign, lives: Lives) -> None:
    parent = invent(2)
    child = invent(3, birth_date="20060301", representative_1=parent.matricule)
    campaign.register(parent, child)
    campaign.notify()
    campaign.open(OPENING)
    lives.ask("CLOSE", child, paris(2022, 4, 1))
    lives.ask("REOPEN", child, paris(2025, 4, 1))
    assert lives.account(child)["managed_by"] is None


def test_a_wrong_death_gives_the_space_to_who_represents_the_person_by_then(campaign: Campaign, lives: Lives, holder: Person) -> None:
    die(campaign, lives, holder)
    tutor = invent(2)
    campaign.register(tutor, holder.but(protection="TUTELLE", representative_1=tutor.matricule), on=date(2022, 5, 20))
    lives.follow(REVERSED)
    assert (lives.status(holder), lives.account(holder)["managed_by"]) == ("OPEN", campaign.person_id(tutor))


def test_what_was_suspended_is_so_again_after_a_wrong_death(campaign: Campaign, lives: Lives, holder: Person) -> None:
    lives.ask("SUSPEND", holder, paris(2022, 4, 1))
    die(campaign, lives, holder)
    live_after_all(campaign, lives, holder)
    assert lives.status(holder) == "SUSPENDED" and campaign.broken_equations() == []


@pytest.mark.parametrize(("state", "stands"), [("LOCKED", ("IMPOSSIBLE", None)), ("ACTIVE", ("OPEN", "DMP-1"))])
def test_what_was_impossible_goes_through_its_existing_record_again(
    campaign: Campaign, lives: Lives, person: Person, state: str, stands: tuple[str, str | None]
) -> None:
    systems = SystemsBehind(campaign)
    systems.bring_records((person.matricule, "DMP-1", "LOCKED"), at=SENT)
    campaign.open(OPENING)
    lives.ask("CLOSE", person, NOTED)
    systems.bring_records((person.matricule, "DMP-1", state), at=NOTED, name="2.parquet")
    lives.ask("REOPEN", person, REVERSED)
    account = lives.account(person)
    assert (account["status"], account["record_no"]) == stands and campaign.broken_equations() == []


def test_what_was_fed_between_two_closings_of_one_day_is_retained_too(campaign: Campaign, lives: Lives, holder: Person) -> None:
    lives.ask("CLOSE", holder, paris(2024, 2, 29, 8))
    lives.retain(paris(2024, 2, 29, 9))
    lives.ask("REOPEN", holder, paris(2024, 2, 29, 10))
    key = lives.store(holder, b"<new/>", paris(2024, 2, 29, 11))
    lives.ask("CLOSE", holder, paris(2024, 2, 29, 12))
    assert lives.retain(paris(2024, 2, 29, 13)) == 1 and lives.retain(paris(2024, 2, 29, 14)) == 0
    store = campaign.home.store
    retention = store.client.get_object_retention(Bucket=store.settings.bucket("documents"), Key=key)["Retention"]
    assert retention["RetainUntilDate"] == paris(2034, 3, 2, 0)
