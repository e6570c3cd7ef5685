"""Whoever is delivered, under whatever number and name: one person, and never two people in one."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.registry import intake
from tests.campaign_driver import Campaign
from tests.one_person import ADULT, BORN, CHILD, DAYS, FIRST, FOURTH, MOTHER, NIA, NIR, NNP, SECOND, THIRD
from tests.registry_builder import Person, invent
from tests.registry_state import (
    doubts,
    facts,
    numbers_of,
    people,
    person_of,
    register_all,
    set_aside,
)

# Numbers.


def test_a_child_keeps_its_three_numbers_and_is_one_person(campaign: Campaign) -> None:
    campaign.register(MOTHER, on=FIRST)
    for day, row in zip(DAYS[1:], (NNP, NIA, NIR), strict=False):
        campaign.register(row, on=day)
    kinds = sorted([f"{NNP.matricule} NNP", f"{NIA.matricule} NIA", f"{NIR.matricule} NIR"])
    assert (len(people(campaign)), numbers_of(campaign, CHILD)) == (2, kinds)


def test_each_new_number_is_a_fact(campaign: Campaign) -> None:
    campaign.register(MOTHER, on=FIRST)
    for day, row in zip(DAYS[1:], (NNP, NIA, NIR), strict=False):
        campaign.register(row, on=day)
    assert facts(campaign, CHILD) == [("BORN", date(2021, 12, 1)), ("NUMBER_CHANGED", THIRD), ("NUMBER_CHANGED", FOURTH)]


def test_a_new_number_alone_counts_as_a_change(campaign: Campaign) -> None:
    campaign.register(NIA, on=FIRST)
    assert campaign.register(NIR, on=SECOND).counts["changed"] == 1


def test_somebody_still_known_under_a_former_number_elsewhere_is_one_person(campaign: Campaign) -> None:
    campaign.register(NIR, on=FIRST)
    campaign.register(NIA.but(former_matricule=None), body="MSA", on=FIRST)
    assert len(people(campaign)) == 1


def test_a_former_number_that_comes_after_the_number_leads_to_the_same_person(campaign: Campaign) -> None:
    campaign.register(NIR.but(former_matricule=None), on=FIRST)
    campaign.register(NIR, body="MSA", on=FIRST)
    campaign.register(NIA.but(former_matricule=None), body="MGEN", on=FIRST)
    assert len(people(campaign)) == 1


@pytest.mark.parametrize("later", [NIR, NIR.but(former_matricule=None)], ids=["repeats it", "repeats it no more"])
def test_a_full_delivery_after_a_change_of_number_lets_nobody_go(campaign: Campaign, later: Person) -> None:
    register_all(campaign, NIA.but(former_matricule=None), invent(21), on=FIRST)
    campaign.register(NIR, on=SECOND)
    counts = register_all(campaign, later, invent(21), on=THIRD).counts
    assert (counts["departed"], person_of(campaign, CHILD)["person"]["rights_end_on"]) == (0, None)


def test_a_body_that_takes_up_the_number_of_another_body_lets_nobody_go(campaign: Campaign) -> None:
    register_all(campaign, NIA.but(former_matricule=None), invent(22), body="MSA", on=FIRST)
    campaign.register(NIR, on=FIRST)
    counts = register_all(campaign, NIR.but(former_matricule=None), invent(22), body="MSA", on=SECOND).counts
    assert (counts["moved"], counts["departed"]) == (0, 0)


def test_two_numbers_of_one_person_in_one_delivery_are_taken_once(campaign: Campaign) -> None:
    campaign.register(NIA.but(former_matricule=None), on=FIRST)
    campaign.register(NIR, on=SECOND)
    campaign.register(NIA.but(former_matricule=None), NIR.but(email="nouvelle@courriel.example"), on=THIRD)
    assert [reason for _, reason in set_aside(campaign)] == ["REPEATED_IN_DELIVERY"]


@pytest.mark.parametrize("known", [True, False], ids=["known", "newcomer"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_number_that_another_row_gives_as_former_is_set_aside(campaign: Campaign, known: bool, order: tuple[int, int]) -> None:
    former = NIA.but(former_matricule=None)
    campaign.register(*([former] if known else [invent(3)]), on=FIRST)
    rows = (former.but(email="ancienne@courriel.example"), NIR.but(email="nouvelle@courriel.example"))
    campaign.register(*(rows[place] for place in order), on=SECOND)
    assert set_aside(campaign) == [(order.index(0) + 1, "REPEATED_IN_DELIVERY")]
    assert person_of(campaign, CHILD)["contact"]["email"] == "nouvelle@courriel.example"


def test_of_two_rows_that_give_one_former_number_the_first_is_taken(campaign: Campaign) -> None:
    campaign.register(NIA.but(former_matricule=None), on=FIRST)
    other = NIR.but(matricule=invent(4, birth_date=BORN).matricule)
    campaign.register(NIR, other, on=SECOND)
    assert set_aside(campaign) == [(2, "REPEATED_IN_DELIVERY")] and len(people(campaign)) == 1


def test_a_former_number_of_a_newcomer_is_kept_where_indexes_wait(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "WORTH_DEFERRING", 1)
    campaign.register(MOTHER, NIR, on=FIRST)
    campaign.register(NIA.but(former_matricule=None), body="MSA", on=FIRST)
    assert len(people(campaign)) == 2


# Civil status.


@pytest.mark.parametrize("change", [{"sex": "M"}, {"birth_date": "19820415"}], ids=["sex", "birth date"])
def test_civil_status_is_corrected_by_a_row_with_the_former_number(campaign: Campaign, change: dict[str, str]) -> None:
    campaign.register(ADULT, on=FIRST)
    corrected = invent(1, **change).but(former_matricule=ADULT.matricule)
    campaign.register(corrected, on=SECOND)
    found = person_of(campaign, corrected)["person"]
    assert (len(people(campaign)), {name: found[name] for name in change}) == (1, change)


def test_corrected_civil_status_is_a_fact(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    corrected = invent(1, sex="M").but(former_matricule=ADULT.matricule)
    campaign.register(corrected, on=SECOND)
    assert facts(campaign, corrected) == [("NUMBER_CHANGED", SECOND), ("TRAITS_CORRECTED", SECOND)]


def test_a_corrected_birth_date_changes_the_day_that_counts(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(ADULT.but(birth_date="19820000", matricule=invent(6).matricule, former_matricule=ADULT.matricule), on=SECOND)
    found = person_of(campaign, ADULT)["person"]
    assert (found["birth_date"], found["born_on"], found["birth_precision"]) == ("19820000", "1982-12-31", "YEAR")


@pytest.mark.parametrize("change", [{"sex": "M"}, {"birth_date": "19820315"}], ids=["sex", "birth date"])
def test_other_traits_without_a_former_number_raise_one_doubt_however_often(campaign: Campaign, change: dict[str, str]) -> None:
    campaign.register(ADULT, on=FIRST)
    before = people(campaign)
    campaign.register(ADULT.but(**change, email="autre@courriel.example"), on=SECOND)
    campaign.register(ADULT.but(**change, email="autre@courriel.example"), on=THIRD)
    assert (doubts(campaign), people(campaign)) == (["OTHER_TRAITS"], before)


TWIN, CHILD_OF_HERS = invent(2, birth_name=ADULT.birth_name), invent(2, birth_name=ADULT.birth_name, birth_date="20120314")
OTHER_SEX_AND_DATE = invent(2, sex="M", birth_date="19470615")
OTHER_NAMES_AND_DATE = invent(2, birth_date="19470615")


@pytest.mark.parametrize(
    "stranger", [TWIN, CHILD_OF_HERS, OTHER_SEX_AND_DATE, OTHER_NAMES_AND_DATE], ids=["twin", "child", "sex and date", "names and date"]
)
def test_a_former_number_that_leads_to_a_stranger_raises_a_doubt(campaign: Campaign, stranger: Person) -> None:
    campaign.register(ADULT, on=FIRST)
    before = people(campaign)
    campaign.register(stranger.but(former_matricule=ADULT.matricule), on=SECOND)
    assert (doubts(campaign), people(campaign)) == (["OTHER_TRAITS"], before)


def test_a_former_number_of_somebody_else_in_the_delivery_changes_nobody(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    before = people(campaign)
    register_all(campaign, TWIN.but(former_matricule=ADULT.matricule), ADULT, on=SECOND)
    assert (people(campaign), set_aside(campaign)) == (before, [(1, "REPEATED_IN_DELIVERY")])


def test_first_names_that_were_completed_are_no_doubt(campaign: Campaign) -> None:
    campaign.register(NNP, on=FIRST)
    campaign.register(NIA.but(first_names=f"{NIA.first_names} Marie"), on=SECOND)
    assert (doubts(campaign), len(people(campaign))) == ([], 1)


def test_civil_status_of_whom_two_bodies_know_is_corrected_by_a_person(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(ADULT, body="MSA", on=FIRST)
    campaign.register(invent(1, birth_date="19820415").but(former_matricule=ADULT.matricule), on=SECOND)
    assert doubts(campaign) == ["OTHER_TRAITS"]


def test_a_number_and_a_former_number_of_two_people_raise_a_doubt(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2), on=FIRST)
    before = people(campaign)
    campaign.register(invent(1, email="autre@courriel.example", former_matricule=invent(2).matricule), on=SECOND)
    assert (doubts(campaign), set_aside(campaign)) == (["TWO_PEOPLE"], [(1, "TWO_PEOPLE_KNOWN")])
    assert people(campaign) == before


def test_two_people_of_one_claim_are_asked_about_once(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2), on=FIRST)
    for day in (SECOND, THIRD):
        campaign.register(invent(1, former_matricule=invent(2).matricule), on=day)
    assert doubts(campaign) == ["TWO_PEOPLE"]
