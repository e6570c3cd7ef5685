"""The code of an e-mail that bounced, once a letter replaces it: the policy says whether it still opposes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.campaign.policy import RestartedCode
from tests.campaign_driver import GROUPED_CODE, Campaign, code_in, paris, request
from tests.registry_builder import Person

BOUNCED, DEPOSITED = paris(2022, 3, 12), paris(2022, 3, 14, 9)
LAST_DAY_OF_THE_LETTER = date(2022, 4, 25)


@pytest.fixture
def lives(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy by which the code of the e-mail lives on."""
    policy = campaign.home.policy.model_copy(update={"code_after_restart": RestartedCode.LIVES})
    monkeypatch.setitem(campaign.home.__dict__, "policy", policy)


@pytest.fixture
def letter_code(campaign: Campaign, person: Person, code: str) -> str:
    """The code of the letter that replaced the e-mail."""
    campaign.bounce(campaign.mails_to(person)[0], BOUNCED)
    lots = campaign.print_letters(DEPOSITED)
    campaign.deposit(lots, DEPOSITED.date(), DEPOSITED)
    return campaign.letter_to(person, lots).code


def oppose(campaign: Campaign, person: Person, code: str, day: date = LAST_DAY_OF_THE_LETTER) -> str:
    at = paris(day.year, day.month, day.day)
    (answer,) = campaign.oppose(request(person, code, at), at=at)
    return str(answer["result"])


def test_it_dies_unless_the_policy_says_otherwise(campaign: Campaign, person: Person, code: str, letter_code: str) -> None:
    assert oppose(campaign, person, code) == "REFUSED"


@pytest.mark.usefixtures("lives")
def test_where_it_lives_it_opposes_until_the_last_day_of_the_letter(
    campaign: Campaign, person: Person, code: str, letter_code: str
) -> None:
    assert oppose(campaign, person, code) == "ACCEPTED"
    assert campaign.rows("select cause from oppositions.request") == [{"cause": None}] and campaign.broken_equations() == []


@pytest.mark.usefixtures("lives")
def test_where_it_lives_the_code_of_the_letter_opposes_too(campaign: Campaign, person: Person, code: str, letter_code: str) -> None:
    assert oppose(campaign, person, letter_code) == "ACCEPTED"


@pytest.mark.usefixtures("lives")
def test_where_it_lives_a_wrong_code_is_refused(campaign: Campaign, person: Person, code: str, letter_code: str) -> None:
    assert oppose(campaign, person, "0000-0000-0000") == "REFUSED"


@pytest.mark.usefixtures("lives")
def test_a_code_that_its_person_had_replaced_is_dead_all_the_same(campaign: Campaign, person: Person, code: str) -> None:
    line = {name: value for name, value in request(person, "", BOUNCED).items() if name != "code"}
    campaign.oppose(line | {"kind": "NEW_CODE"}, at=BOUNCED)
    campaign.notify(BOUNCED + timedelta(days=2))
    assert GROUPED_CODE.search(code) and code_in(campaign.mails_to(person)[1]) != code
    assert oppose(campaign, person, code) == "REFUSED"
