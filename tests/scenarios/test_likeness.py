"""Two people who look alike are two people, and a doubt that somebody decides."""

from __future__ import annotations

import pytest

from pipelines.registry.contract import DeliveryKind
from tests.campaign_driver import Campaign
from tests.one_person import ADULT, FIRST, SECOND, THIRD
from tests.registry_builder import Person, invent
from tests.registry_state import doubts, people, put_delivery, take_in_with

SAME = invent(1).but(matricule=invent(7).matricule)


@pytest.mark.parametrize("together", [True, False], ids=["in the first delivery", "later"])
def test_five_equal_traits_under_two_numbers_are_two_people_and_a_doubt(campaign: Campaign, together: bool) -> None:
    if together:
        campaign.register(ADULT, SAME, on=FIRST)
    else:
        campaign.register(ADULT, on=FIRST)
        campaign.register(SAME, on=SECOND)
    assert (len(people(campaign)), doubts(campaign)) == (2, ["SAME_TRAITS"])


def test_two_newcomers_with_five_equal_traits_are_doubted(campaign: Campaign) -> None:
    campaign.register(invent(3), on=FIRST)
    campaign.register(ADULT, SAME, on=SECOND)
    assert (len(people(campaign)), doubts(campaign)) == (3, ["SAME_TRAITS"])


@pytest.mark.parametrize("together", [True, False], ids=["in the first delivery", "later"])
def test_three_people_with_equal_traits_are_doubted_two_by_two(campaign: Campaign, together: bool) -> None:
    third = invent(1).but(matricule=invent(8).matricule)
    campaign.register(*([] if together else [invent(3)]), *((ADULT, SAME, third) if together else ()), on=FIRST)
    if not together:
        campaign.register(ADULT, SAME, third, on=SECOND)
    assert doubts(campaign) == ["SAME_TRAITS"] * 3


TWIN = invent(1, first_names="Maylis").but(matricule=invent(9).matricule)
DAUGHTER = invent(10, birth_date="20120314", birth_name=ADULT.birth_name, first_names=ADULT.first_names)
ELSEWHERE = invent(1, birthplace_code="69123").but(matricule=invent(14).matricule)
BROTHER = invent(15, sex="M", birth_name=ADULT.birth_name, first_names=ADULT.first_names)


@pytest.mark.parametrize("other", [TWIN, DAUGHTER, ELSEWHERE, BROTHER], ids=["twin", "homonym child", "other birthplace", "other sex"])
@pytest.mark.parametrize("together", [True, False], ids=["in the first delivery", "later"])
def test_who_differs_in_one_trait_is_neither_doubted_nor_merged(campaign: Campaign, other: Person, together: bool) -> None:
    if together:
        campaign.register(ADULT, other, on=FIRST)
    else:
        campaign.register(ADULT, on=FIRST)
        campaign.register(other, on=SECOND)
    assert (len(people(campaign)), doubts(campaign)) == (2, [])


NAMESAKE = invent(2)
CORRECTED = NAMESAKE.but(birth_name=ADULT.birth_name, first_names=ADULT.first_names)


def test_somebody_known_whose_name_becomes_that_of_another_is_doubted(campaign: Campaign) -> None:
    campaign.register(ADULT, NAMESAKE, on=FIRST)
    campaign.register(CORRECTED, on=SECOND)
    assert (len(people(campaign)), doubts(campaign)) == (2, ["SAME_TRAITS"])


def test_somebody_known_whose_birth_date_becomes_that_of_another_is_doubted(campaign: Campaign) -> None:
    other_day = CORRECTED.but(birth_date="19820315")
    campaign.register(ADULT, other_day, on=FIRST)
    campaign.register(CORRECTED.but(matricule=invent(3).matricule, former_matricule=NAMESAKE.matricule), on=SECOND)
    assert (len(people(campaign)), doubts(campaign)) == (2, ["SAME_TRAITS"])


def test_two_people_who_are_corrected_in_different_portions_are_doubted(campaign: Campaign) -> None:
    campaign.register(invent(3), NAMESAKE, on=FIRST)
    names = {"birth_name": ADULT.birth_name, "first_names": ADULT.first_names}
    folder = put_delivery(campaign, [invent(3).but(**names), CORRECTED], "CPAM", SECOND, DeliveryKind.DELTA, group_rows=1)
    take_in_with(campaign, folder, SECOND, portion_rows=1, intake_workers=2)
    assert doubts(campaign) == ["SAME_TRAITS"]


def test_a_newcomer_is_like_somebody_who_is_corrected_by_the_same_delivery(campaign: Campaign) -> None:
    campaign.register(NAMESAKE, on=FIRST)
    campaign.register(CORRECTED, ADULT, on=SECOND)
    assert doubts(campaign) == ["SAME_TRAITS"]


def test_a_pair_that_was_decided_is_asked_about_once_whatever_is_corrected(campaign: Campaign) -> None:
    campaign.register(ADULT, CORRECTED, on=FIRST)
    campaign.register(NAMESAKE, on=SECOND)
    campaign.register(CORRECTED, on=THIRD)
    assert doubts(campaign) == ["SAME_TRAITS"]


def test_a_change_of_contact_asks_about_nobody(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(ADULT.but(email="nouvelle@courriel.example", used_name="DURAND"), on=SECOND)
    assert campaign.rows("select 1 from registry.corrected_traits") == [] and doubts(campaign) == []
