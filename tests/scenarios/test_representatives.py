"""Who represents a person, and what is kept as a fact about them."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.registry.deaths import take_in_death_files
from tests.campaign_driver import Campaign, paris
from tests.death_file_builder import death_of, file_of
from tests.one_person import ADULT, AT_CPAM, AT_MSA, AUNT, CHILD, FATHER, FIRST, FOURTH, MOTHER, SECOND, THIRD
from tests.registry_builder import Person, invent
from tests.registry_state import facts, person_of, register_all

# Representatives.


def linked(campaign: Campaign, child: Person = CHILD) -> list[tuple[int, str | None, str | None]]:
    """Return the representatives of a person: rank, number of who is linked, number that is awaited."""
    found = person_of(campaign, child)["representatives"] or []
    return [(link["rank"], link["linked"], link["awaited"]) for link in found]


def test_a_representative_of_the_same_delivery_is_linked(campaign: Campaign) -> None:
    campaign.register(CHILD, MOTHER, on=FIRST)
    assert linked(campaign) == [(1, MOTHER.matricule, None)]


def test_a_representative_who_is_unknown_is_awaited(campaign: Campaign) -> None:
    campaign.register(CHILD, on=FIRST)
    assert linked(campaign) == [(1, None, MOTHER.matricule)]


@pytest.mark.parametrize("body", ["CPAM", "MSA"])
def test_a_representative_who_comes_later_is_linked_then(campaign: Campaign, body: str) -> None:
    campaign.register(CHILD, on=FIRST)
    campaign.register(MOTHER, body=body, on=SECOND)
    assert linked(campaign) == [(1, MOTHER.matricule, None)]


def test_a_representative_is_linked_by_a_former_number(campaign: Campaign) -> None:
    campaign.register(MOTHER.but(matricule=invent(16).matricule, former_matricule=MOTHER.matricule), CHILD, on=FIRST)
    assert [person for _, person, _ in linked(campaign)] == [MOTHER.matricule]


def test_a_representative_who_changes_is_a_fact(campaign: Campaign) -> None:
    campaign.register(CHILD, MOTHER, AUNT, on=FIRST)
    campaign.register(CHILD.but(representative_1=AUNT.matricule), on=SECOND)
    assert linked(campaign) == [(1, AUNT.matricule, None)] and facts(campaign, CHILD) == [("REPRESENTATIVE_CHANGED", SECOND)]


def test_a_representative_who_is_added_is_a_fact(campaign: Campaign) -> None:
    campaign.register(CHILD, MOTHER, FATHER, on=FIRST)
    campaign.register(CHILD.but(representative_2=FATHER.matricule), on=SECOND)
    assert len(linked(campaign)) == 2 and facts(campaign, CHILD) == [("REPRESENTATIVE_CHANGED", SECOND)]


def test_a_representative_who_is_dropped_is_a_fact(campaign: Campaign) -> None:
    campaign.register(CHILD, MOTHER, on=FIRST)
    campaign.register(CHILD.but(representative_1=None), on=SECOND)
    assert linked(campaign) == [] and facts(campaign, CHILD) == [("REPRESENTATIVE_CHANGED", SECOND)]


def test_a_representative_alone_counts_as_a_change(campaign: Campaign) -> None:
    campaign.register(CHILD, MOTHER, AUNT, on=FIRST)
    assert campaign.register(CHILD.but(representative_1=AUNT.matricule), on=SECOND).counts["changed"] == 1


def test_representatives_who_stay_are_no_news(campaign: Campaign) -> None:
    campaign.register(CHILD.but(representative_2=FATHER.matricule), MOTHER, on=FIRST)
    campaign.register(CHILD.but(representative_2=FATHER.matricule, email="nouvelle@courriel.example"), on=SECOND)
    assert facts(campaign, CHILD) == []


# Facts.


def test_protection_that_begins_and_ends_is_two_facts(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(ADULT.but(protection="TUTELLE"), on=SECOND)
    campaign.register(ADULT, on=THIRD)
    assert facts(campaign, ADULT) == [("PROTECTED", SECOND), ("PROTECTION_ENDED", THIRD)]


def test_protection_that_goes_on_is_no_news(campaign: Campaign) -> None:
    campaign.register(ADULT.but(protection="TUTELLE"), on=FIRST)
    campaign.register(ADULT.but(protection="TUTELLE", email="nouvelle@courriel.example"), on=SECOND)
    assert facts(campaign, ADULT) == []


def test_nobody_of_a_bodys_first_delivery_is_a_newcomer(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(CHILD, body="MSA", on=SECOND)
    assert campaign.rows("select kind from registry.fact") == []


def test_who_comes_later_has_arrived_or_was_born(campaign: Campaign) -> None:
    campaign.register(MOTHER, on=FIRST)
    campaign.register(ADULT, CHILD, on=SECOND)
    assert (facts(campaign, ADULT), facts(campaign, CHILD)) == ([("ARRIVED", SECOND)], [("BORN", date(2021, 12, 1))])


@pytest.mark.parametrize(
    ("birth_date", "fact"), [("20210112", "BORN"), ("20210110", "ARRIVED"), ("20210000", "ARRIVED"), ("20211200", "ARRIVED")]
)
def test_a_birth_is_one_of_the_year_before_and_of_a_known_day(campaign: Campaign, birth_date: str, fact: str) -> None:
    campaign.register(MOTHER, on=FIRST)
    child = CHILD.but(birth_date=birth_date)
    campaign.register(child, on=SECOND)
    assert [kind for kind, _ in facts(campaign, child)] == [fact]


def test_a_death_is_a_fact_of_its_day(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(ADULT.but(died_on=date(2022, 1, 5)), on=SECOND)
    assert facts(campaign, ADULT) == [("DIED", date(2022, 1, 5))]


def test_a_death_that_is_withdrawn_is_reversed(campaign: Campaign) -> None:
    campaign.register(ADULT, on=FIRST)
    campaign.register(ADULT.but(died_on=date(2022, 1, 5)), on=SECOND)
    campaign.register(ADULT, on=THIRD)
    assert person_of(campaign, ADULT)["person"]["died_on"] is None and ("DEATH_REVERSED", THIRD) in facts(campaign, ADULT)


def civil_death(campaign: Campaign, person: Person, died_on: str) -> None:
    """Let the civil register tell of a death."""
    campaign.home.store.put("exchanges", "deaths/inbox/deces.txt", file_of(death_of(person, died_on=died_on)))
    take_in_death_files(campaign.home.db, campaign.home.store, paris(2022, 1, 8))


@pytest.mark.parametrize("later", [{"email": "nouvelle@courriel.example"}, {}], ids=["with news", "without"])
def test_a_civil_death_stands_against_a_body_that_declares_none(campaign: Campaign, later: dict[str, str]) -> None:
    campaign.register(ADULT, on=FIRST)
    civil_death(campaign, ADULT, "20220105")
    campaign.register(ADULT.but(**later), on=SECOND)
    assert person_of(campaign, ADULT)["person"]["died_on"] == "2022-01-05" and facts(campaign, ADULT) == [("DIED", date(2022, 1, 5))]


def test_a_civil_death_stands_when_another_body_speaks(campaign: Campaign) -> None:
    campaign.register(AT_CPAM, on=FIRST)
    civil_death(campaign, ADULT, "20220105")
    campaign.register(AT_MSA, body="MSA", on=SECOND)
    found = person_of(campaign, ADULT)
    assert (found["person"]["died_on"], found["person"]["declared_died_on"], found["contact"]["body"]) == ("2022-01-05", None, "MSA")


def test_a_death_that_a_body_withdraws_stands_by_the_civil_register(campaign: Campaign) -> None:
    campaign.register(ADULT.but(died_on=date(2022, 1, 2)), on=FIRST)
    campaign.register(ADULT, on=SECOND)
    civil_death(campaign, ADULT, "20220105")
    campaign.register(ADULT.but(died_on=date(2022, 1, 2)), on=THIRD)
    campaign.register(ADULT, on=FOURTH)
    assert person_of(campaign, ADULT)["person"]["died_on"] == "2022-01-05"


def test_who_died_does_not_leave(campaign: Campaign) -> None:
    register_all(campaign, ADULT.but(died_on=date(2022, 1, 2)), invent(21), on=FIRST)
    register_all(campaign, invent(21), on=SECOND)
    assert person_of(campaign, ADULT)["person"]["rights_end_on"] is None and facts(campaign, ADULT) == []
