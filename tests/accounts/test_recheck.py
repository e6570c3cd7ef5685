"""Who was told is asked again on the day of the opening: a notice to somebody who has no word any more opens nothing."""

from __future__ import annotations

from datetime import date

from tests.campaign_driver import OPENING, Campaign, paris
from tests.registry_builder import Person, invent

MOTHER, FATHER, AUNT = (invent(number, birth_date="19800101") for number in (1, 3, 4))
CHILD = invent(2, birth_date="20150601", email=None, representative_1=MOTHER.matricule)
MEANWHILE = date(2022, 2, 20)


def told_then(campaign: Campaign, first: list[Person], *changed: Person) -> None:
    """Register and tell some people on 31 January; let the registry say otherwise in February; open on 15 March."""
    campaign.register(*first)
    campaign.notify()
    campaign.register(*changed, on=MEANWHILE)
    campaign.open(OPENING)


def outcome(campaign: Campaign, person: Person) -> tuple[str, str | None, int]:
    """Return the status of a journey, its reason, and how many spaces the person has."""
    journey = campaign.journey(person)
    return journey["status"], journey["reason"], len(campaign.accounts(person))


def test_a_child_with_another_representative_is_told_again(campaign: Campaign) -> None:
    told_then(campaign, [MOTHER, AUNT, CHILD], CHILD.but(representative_1=AUNT.matricule))
    assert outcome(campaign, CHILD) == ("ELIGIBLE", "REPRESENTATIVE_CHANGED", 0)


def test_the_new_representative_is_told_with_six_weeks_of_their_own(campaign: Campaign) -> None:
    told_then(campaign, [MOTHER, AUNT, CHILD], CHILD.but(representative_1=AUNT.matricule))
    campaign.notify(paris(2022, 3, 15, 14))
    last = campaign.attempts(CHILD)[-1]
    assert last["recipient_id"] == campaign.person_id(AUNT) and campaign.journey(CHILD)["last_day"] == date(2022, 4, 26)


def test_either_of_two_parents_may_have_been_told(campaign: Campaign) -> None:
    told_then(campaign, [MOTHER, FATHER, CHILD], CHILD.but(representative_1=FATHER.matricule, representative_2=MOTHER.matricule))
    assert outcome(campaign, CHILD) == ("OPENED", None, 1)


def test_a_child_whose_told_parent_died_is_told_again_through_the_other(campaign: Campaign) -> None:
    child = CHILD.but(representative_2=FATHER.matricule)
    told_then(campaign, [MOTHER, FATHER, child], MOTHER.but(died_on=date(2022, 2, 10)))
    assert outcome(campaign, child) == ("ELIGIBLE", "REPRESENTATIVE_CHANGED", 0)


def test_an_adult_who_came_under_guardianship_is_told_again_through_the_guardian(campaign: Campaign) -> None:
    adult = invent(5)
    told_then(campaign, [AUNT, adult], adult.but(protection="TUTELLE", representative_1=AUNT.matricule))
    assert outcome(campaign, adult) == ("ELIGIBLE", "REPRESENTATIVE_CHANGED", 0)


def test_what_a_guardian_was_told_stands_when_the_guardianship_has_ended(campaign: Campaign) -> None:
    adult = invent(5, protection="TUTELLE", representative_1=AUNT.matricule)
    told_then(campaign, [AUNT, adult], adult.but(protection=None, representative_1=None))
    assert outcome(campaign, adult) == ("OPENED", None, 1) and campaign.accounts(adult)[0]["managed_by"] is None


def test_an_end_of_rights_before_the_opening_opens_nothing(campaign: Campaign, person: Person) -> None:
    campaign.register(person.but(rights_end_on=date(2022, 3, 1)), on=MEANWHILE)
    campaign.open(OPENING)
    assert outcome(campaign, person) == ("CANCELLED", "LEFT", 0)


def test_a_death_before_the_opening_opens_nothing(campaign: Campaign, person: Person) -> None:
    campaign.register(person.but(died_on=date(2022, 2, 12)), on=MEANWHILE)
    campaign.open(OPENING)
    assert outcome(campaign, person) == ("CANCELLED", "DECEASED", 0)
