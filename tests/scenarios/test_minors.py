"""Minors and protected adults: whom the notice speaks to, and what coming of age changes."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import Person, invent

PARENT = invent(1, first_names="Maud")


def child_born(birth_date: str, **changes: object) -> Person:
    """Return a child of PARENT without contact data of its own."""
    changes = {"email": None, "first_names": "Titouan", "sex": "M", "representative_1": PARENT.matricule, **changes}
    return invent(2, birth_date=birth_date, **changes)


def test_minor_notice_goes_to_the_representative(campaign: Campaign) -> None:
    campaign.register(PARENT, child_born("20120501"))
    campaign.notify()
    assert len(campaign.mails_to(PARENT)) == 2


def test_the_representatives_notice_names_the_child(campaign: Campaign) -> None:
    campaign.register(PARENT, child_born("20120501"))
    campaign.notify()
    texts = [message.get_body(("plain",)).get_content() for message in campaign.mails_to(PARENT)]
    assert sum(bool(re.search(r"Enfant concerné\s*:\s*Titouan", text)) for text in texts) == 1


def _code_for(campaign: Campaign, child: Person) -> str:
    named = [m for m in campaign.mails() if "Enfant concerné" in m.get_body(("plain",)).get_content()]
    assert len(named) == 1
    return code_in(named[0])


def test_the_code_of_the_child_opposes_for_the_child_only(campaign: Campaign) -> None:
    child = child_born("20120501")
    campaign.register(PARENT, child)
    campaign.notify()
    campaign.oppose(request(child, _code_for(campaign, child), paris(2022, 2, 2)), at=paris(2022, 2, 2))
    assert (campaign.status(child), campaign.status(PARENT)) == ("OPPOSED", "NOTIFIED")


def test_a_child_without_representative_is_excluded_with_the_reason(campaign: Campaign) -> None:
    child = child_born("20120501", representative_1=None)
    campaign.register(child)
    campaign.notify()
    assert campaign.journey(child)["reason"] == "NO_REPRESENTATIVE"


def test_a_child_whose_representative_comes_later_is_told_then(campaign: Campaign) -> None:
    child = child_born("20120501")
    campaign.register(child)
    campaign.notify()
    campaign.register(PARENT, on=date(2022, 2, 7))
    campaign.notify(paris(2022, 2, 8))
    assert campaign.status(child) == "NOTIFIED"


def test_the_second_parent_is_told_where_the_first_has_died(campaign: Campaign) -> None:
    dead, living = PARENT.but(died_on=date(2021, 12, 1)), invent(3)
    child = child_born("20120501", representative_2=living.matricule)
    campaign.register(dead, living, child)
    campaign.notify()
    assert len(campaign.mails_to(living)) == 2


def test_coming_of_age_inside_the_window_opens_nothing(campaign: Campaign) -> None:
    child = child_born("20040301")
    campaign.register(PARENT, child)
    campaign.notify()
    campaign.open(OPENING)
    assert (campaign.accounts(child), campaign.journey(child)["reason"]) == ([], "CAME_OF_AGE")


def test_who_comes_of_age_between_the_planning_and_the_sending_is_told_in_person(campaign: Campaign) -> None:
    child = child_born("20040201", email="titouan@courriel.example")
    campaign.register(PARENT, child)
    campaign.decide(campaign.plan())
    campaign.send(paris(2022, 2, 1))
    campaign.notify(paris(2022, 2, 1, 14))
    assert len(campaign.mails_to(PARENT)) == len(campaign.mails_to(child)) == 1 and campaign.broken_equations() == []


def test_coming_of_age_inside_the_window_sends_a_new_notice(campaign: Campaign) -> None:
    child = child_born("20040301", email="titouan@courriel.example")
    campaign.register(PARENT, child)
    campaign.notify()
    campaign.open(OPENING)
    campaign.notify(paris(2022, 3, 15, 14))
    assert len(campaign.mails_to(child)) == 1 and campaign.journey(child)["last_day"] == date(2022, 4, 26)


def test_the_former_representatives_code_no_longer_opposes_for_the_adult(campaign: Campaign) -> None:
    child = child_born("20040301", email="titouan@courriel.example")
    campaign.register(PARENT, child)
    campaign.notify()
    code = _code_for(campaign, child)
    campaign.open(OPENING)
    campaign.notify(paris(2022, 3, 15, 14))
    campaign.oppose(request(child, code, paris(2022, 3, 16)), at=paris(2022, 3, 16))
    assert campaign.status(child) == "NOTIFIED"


@pytest.mark.parametrize(("birth_date", "reason"), [("20040315", "CAME_OF_AGE"), ("20040316", None)])
def test_of_age_means_eighteen_on_the_day_of_the_opening(campaign: Campaign, birth_date: str, reason: str | None) -> None:
    child = child_born(birth_date)
    campaign.register(PARENT, child)
    campaign.notify()
    campaign.open(OPENING)
    assert campaign.journey(child)["reason"] == reason


def test_who_is_born_on_29_february_is_of_age_on_28_february(campaign: Campaign) -> None:
    child = child_born("20040229", email="titouan@courriel.example")
    campaign.register(PARENT, child)
    campaign.notify(paris(2022, 2, 28))
    assert len(campaign.mails_to(child)) == 1


@pytest.mark.parametrize("protection", ["TUTELLE", "HABILITATION"])
def test_the_notice_of_a_represented_adult_goes_to_the_representative(campaign: Campaign, protection: str) -> None:
    adult = invent(4, protection=protection, representative_1=PARENT.matricule)
    campaign.register(PARENT, adult)
    campaign.notify()
    assert campaign.mails_to(adult) == [] and len(campaign.mails_to(PARENT)) == 2


@pytest.mark.parametrize("protection", ["CURATELLE", "SAUVEGARDE", "MANDAT"])
def test_an_assisted_adult_is_told_in_person(campaign: Campaign, protection: str) -> None:
    adult = invent(4, protection=protection, representative_1=PARENT.matricule)
    campaign.register(PARENT, adult)
    campaign.notify()
    assert len(campaign.mails_to(adult)) == 1


def test_equations_hold_after_coming_of_age(campaign: Campaign) -> None:
    child = child_born("20040301", email="titouan@courriel.example")
    campaign.register(PARENT, child)
    campaign.notify(SENT)
    campaign.open(OPENING)
    campaign.notify(paris(2022, 3, 15, 14))
    campaign.open(paris(2022, 4, 27))
    assert campaign.status(child) == "OPENED" and campaign.broken_equations() == []
