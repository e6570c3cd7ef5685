"""A person whom several bodies know: one of them speaks, whatever the order in which they deliver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import permutations

import pytest

from tests.campaign_driver import Campaign
from tests.one_person import ADULT, AT_CPAM, AT_MGEN, AT_MSA, AUNT, FIRST, FOURTH, MOTHER, SECOND, THIRD
from tests.registry_builder import invent
from tests.registry_state import (
    facts,
    people,
    person_of,
    register_all,
)

SAID = {"CPAM": AT_CPAM, "MGEN": AT_MGEN, "MSA": AT_MSA}


@pytest.fixture
def told(fresh_campaign: Callable[[], Campaign]) -> Callable[..., list[dict[str, object]]]:
    """A function that lets bodies deliver one person one after the other, and tells what the registry then holds."""

    def tell(*bodies: str) -> list[dict[str, object]]:
        campaign = fresh_campaign()
        campaign.register(MOTHER, AUNT, on=FIRST)
        for day, body in enumerate(bodies, start=4):
            campaign.register(SAID[body], body=body, on=date(2022, 1, day))
        return people(campaign)

    return tell


@pytest.mark.parametrize("order", list(permutations(SAID))[1:])
def test_the_order_in_which_bodies_deliver_changes_nothing(told: Callable[..., object], order: tuple[str, ...]) -> None:
    assert told(*order) == told(*SAID)


@pytest.mark.parametrize("order", list(permutations(("CPAM", "MSA"))))
def test_bodies_that_deliver_twice_change_nothing(told: Callable[..., object], order: tuple[str, ...]) -> None:
    assert told(*order, *order) == told("CPAM", "MSA")


def test_of_two_bodies_the_newest_affiliation_speaks(campaign: Campaign) -> None:
    campaign.register(AT_MSA, body="MSA", on=FIRST)
    campaign.register(AT_CPAM, on=FIRST)
    found = person_of(campaign, ADULT)
    assert (len(people(campaign)), found["contact"]["body"], [other["body"] for other in found["others"]]) == (1, "MSA", ["CPAM"])


def test_of_two_affiliations_of_one_day_the_code_of_the_body_decides(campaign: Campaign) -> None:
    campaign.register(AT_MSA, body="MSA", on=FIRST)
    campaign.register(AT_MGEN, body="MGEN", on=SECOND)
    assert person_of(campaign, ADULT)["contact"]["body"] == "MSA"


@pytest.mark.parametrize("bodies", [("CPAM", "MSA"), ("MSA", "CPAM")], ids=str)
def test_a_death_counts_whichever_body_tells_it(campaign: Campaign, bodies: tuple[str, ...]) -> None:
    said = {"CPAM": AT_CPAM.but(died_on=date(2021, 12, 31)), "MSA": AT_MSA}
    for body in bodies:
        campaign.register(said[body], body=body, on=FIRST)
    assert person_of(campaign, ADULT)["person"]["died_on"] == "2021-12-31"


def test_a_death_that_the_other_body_takes_back_counts_no_more(campaign: Campaign) -> None:
    campaign.register(AT_MSA, body="MSA", on=FIRST)
    campaign.register(AT_CPAM.but(died_on=date(2021, 12, 31)), on=FIRST)
    campaign.register(AT_CPAM, on=SECOND)
    assert person_of(campaign, ADULT)["person"]["died_on"] is None


@pytest.mark.parametrize("bodies", [("CPAM", "MSA"), ("MSA", "CPAM")], ids=str)
def test_an_affiliation_that_ended_does_not_speak_beside_one_that_goes_on(campaign: Campaign, bodies: tuple[str, ...]) -> None:
    said = {"CPAM": AT_CPAM, "MSA": AT_MSA.but(rights_end_on=date(2021, 12, 31))}
    for body in bodies:
        campaign.register(said[body], body=body, on=FIRST)
    found = person_of(campaign, ADULT)
    assert (found["contact"]["body"], found["person"]["rights_end_on"]) == ("CPAM", None)


def test_a_body_that_does_not_speak_changes_nothing_of_the_person(campaign: Campaign) -> None:
    campaign.register(AT_MSA, body="MSA", on=FIRST)
    before = person_of(campaign, ADULT)
    campaign.register(AT_CPAM.but(rights_end_on=date(2022, 1, 2)), on=FIRST)
    after = person_of(campaign, ADULT)
    assert {part: after[part] for part in ("person", "contact", "representatives")} == {
        part: before[part] for part in ("person", "contact", "representatives")
    }


def test_a_change_of_body_is_a_fact(campaign: Campaign) -> None:
    campaign.register(AT_CPAM, on=FIRST)
    campaign.register(AT_MSA.but(protection=None), body="MSA", on=FIRST)
    assert ("BODY_CHANGED", AT_MSA.affiliated_since) in facts(campaign, ADULT)


def test_a_body_with_a_newer_affiliation_speaks_from_then_on(campaign: Campaign) -> None:
    campaign.register(AT_MSA, body="MSA", on=FIRST)
    campaign.register(AT_CPAM.but(affiliated_since=date(2022, 1, 9)), on=SECOND)
    assert person_of(campaign, ADULT)["contact"]["body"] == "CPAM"


@pytest.fixture
def moved(campaign: Campaign) -> Campaign:
    """A campaign in which CPAM and MSA delivered one person, each everyone of its own; MSA speaks."""
    campaign.register(MOTHER, AUNT, body="MGEN", on=FIRST)
    register_all(campaign, AT_CPAM, invent(21), on=FIRST)
    register_all(campaign, AT_MSA, invent(22), body="MSA", on=FIRST)
    return campaign


def test_another_body_speaks_at_once_when_the_one_that_spoke_leaves(fresh_campaign: Callable[[], Campaign]) -> None:
    campaign = fresh_campaign()
    campaign.register(MOTHER, AUNT, body="MGEN", on=FIRST)
    register_all(campaign, AT_CPAM, invent(21), on=FIRST)
    before = person_of(campaign, ADULT)
    register_all(campaign, AT_MSA, invent(22), body="MSA", on=FIRST)
    register_all(campaign, invent(22), body="MSA", on=SECOND)
    assert person_of(campaign, ADULT) == before


def test_who_goes_back_to_another_body_is_moved_and_has_not_left(moved: Campaign) -> None:
    counts = register_all(moved, invent(22), body="MSA", on=SECOND).counts
    assert (counts["moved"], counts["departed"], "LEFT" in dict(facts(moved, ADULT))) == (1, 0, False)


def test_a_body_that_leaves_without_having_spoken_is_forgotten(moved: Campaign) -> None:
    counts = register_all(moved, invent(21), on=SECOND).counts
    assert (person_of(moved, ADULT)["others"], counts["moved"], counts["departed"]) == (None, 0, 0)


@pytest.mark.parametrize("order", [("CPAM", "MSA"), ("MSA", "CPAM")])
def test_rights_end_when_the_last_body_leaves(moved: Campaign, order: tuple[str, str]) -> None:
    staying = {"CPAM": invent(21), "MSA": invent(22)}
    for body, day in zip(order, (SECOND, THIRD), strict=True):
        register_all(moved, staying[body], body=body, on=day)
    assert person_of(moved, ADULT)["person"]["rights_end_on"] == THIRD.isoformat() and ("LEFT", THIRD) in facts(moved, ADULT)


def test_rights_declared_to_end_later_end_when_the_body_leaves(campaign: Campaign) -> None:
    register_all(campaign, ADULT.but(rights_end_on=date(2030, 1, 1)), invent(21), on=FIRST)
    register_all(campaign, invent(21), on=SECOND)
    assert person_of(campaign, ADULT)["person"]["rights_end_on"] == SECOND.isoformat() and ("LEFT", SECOND) in facts(campaign, ADULT)


def test_rights_declared_to_have_ended_keep_their_day(campaign: Campaign) -> None:
    register_all(campaign, ADULT.but(rights_end_on=date(2022, 1, 2)), invent(21), on=FIRST)
    register_all(campaign, invent(21), on=SECOND)
    assert person_of(campaign, ADULT)["person"]["rights_end_on"] == "2022-01-02"


def test_who_comes_back_has_rights_again(campaign: Campaign) -> None:
    register_all(campaign, ADULT, invent(21), on=FIRST)
    register_all(campaign, invent(21), on=SECOND)
    register_all(campaign, ADULT, invent(21), on=THIRD)
    assert person_of(campaign, ADULT)["person"]["rights_end_on"] is None and ("RETURNED", THIRD) in facts(campaign, ADULT)


def test_a_body_that_let_somebody_go_has_no_word_beside_a_new_one(campaign: Campaign) -> None:
    register_all(campaign, AT_MSA, invent(22), body="MSA", on=FIRST)
    register_all(campaign, invent(22), body="MSA", on=SECOND)
    register_all(campaign, AT_CPAM, invent(21), on=THIRD)
    found = person_of(campaign, ADULT)
    assert (found["contact"]["body"], found["others"], found["person"]["rights_end_on"]) == ("CPAM", None, None)


def test_who_leaves_a_second_time_leaves_on_the_second_day(campaign: Campaign) -> None:
    register_all(campaign, AT_CPAM, invent(21), on=FIRST)
    register_all(campaign, invent(21), on=SECOND)
    register_all(campaign, AT_MSA, invent(22), body="MSA", on=THIRD)
    register_all(campaign, invent(22), body="MSA", on=FOURTH)
    assert person_of(campaign, ADULT)["person"]["rights_end_on"] == FOURTH.isoformat() and ("LEFT", FOURTH) in facts(campaign, ADULT)
