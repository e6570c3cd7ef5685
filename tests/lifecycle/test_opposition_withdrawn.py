"""Who opposed may ask for a space later; the proof of the opposition stays (CSP R1111-28)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.campaign_driver import OPENING, Campaign, code_in, paris, request
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

OPPOSED = paris(2022, 2, 10)
WITHDRAWN = paris(2022, 2, 20)


@pytest.fixture
def opponent(campaign: Campaign, person: Person) -> Person:
    """Somebody who opposed in time."""
    campaign.oppose(request(person, code_in(campaign.mails_to(person)[0]), OPPOSED), at=OPPOSED)
    return person


def test_an_opposition_withdrawn_opens_a_space(campaign: Campaign, lives: Lives, opponent: Person) -> None:
    assert lives.ask("WITHDRAW_OPPOSITION", opponent, WITHDRAWN)["result"] == "DONE"
    assert campaign.status(opponent) == "OPENED" and lives.account(opponent)["opened_on"] == WITHDRAWN.date()
    assert campaign.broken_equations() == []


def test_its_proof_stays(campaign: Campaign, lives: Lives, opponent: Person) -> None:
    lives.ask("WITHDRAW_OPPOSITION", opponent, WITHDRAWN)
    (proof,) = campaign.rows("select received_at, withdrawn_at from oppositions.opposition")
    assert (proof["received_at"], proof["withdrawn_at"]) == (OPPOSED, WITHDRAWN)


def test_the_opening_run_opens_no_second_space(campaign: Campaign, lives: Lives, opponent: Person) -> None:
    lives.ask("WITHDRAW_OPPOSITION", opponent, WITHDRAWN)
    campaign.open(OPENING)
    assert len(campaign.accounts(opponent)) == 1


def test_it_can_be_withdrawn_once(lives: Lives, opponent: Person) -> None:
    lives.ask("WITHDRAW_OPPOSITION", opponent, WITHDRAWN)
    assert lives.ask("WITHDRAW_OPPOSITION", opponent, WITHDRAWN)["cause"] == "NOT_OPPOSED"


def test_who_died_is_given_no_space(campaign: Campaign, lives: Lives, opponent: Person) -> None:
    campaign.register(opponent.but(died_on=date(2022, 2, 12)), on=date(2022, 2, 15))
    assert lives.ask("WITHDRAW_OPPOSITION", opponent, WITHDRAWN)["cause"] == "DECEASED"


def test_a_child_s_space_is_managed_by_who_represents_it(campaign: Campaign, lives: Lives) -> None:
    parent, child = invent(2), invent(3, birth_date="20150301", representative_1=invent(2).matricule)
    campaign.register(parent, child)
    campaign.notify()
    codes = [code_in(mail) for mail in campaign.mails_to(parent)]
    for code in codes:
        campaign.oppose(request(child, code, OPPOSED), at=OPPOSED)
    assert campaign.status(child) == "OPPOSED"
    lives.ask("WITHDRAW_OPPOSITION", child, WITHDRAWN)
    assert lives.account(child)["managed_by"] == campaign.person_id(parent)
