"""Whoever is delivered, by whichever body, in whatever order, under whatever number: one person, and never two people in one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import permutations

import pytest

from pipelines.registry import intake
from pipelines.registry.contract import DeliveryKind
from pipelines.registry.deaths import take_in_death_files
from tests.campaign_driver import Campaign, paris
from tests.death_file_builder import death_of, file_of
from tests.registry_builder import Person, invent
from tests.registry_state import (
    doubts,
    facts,
    matricule_of,
    numbers_of,
    people,
    person_of,
    put_delivery,
    register_all,
    set_aside,
    take_in_with,
)

DAYS = [date(2022, 1, day) for day in (3, 10, 17, 24, 31)]
FIRST, SECOND, THIRD, FOURTH, FIFTH = DAYS
MOTHER, FATHER, AUNT = invent(11), invent(12, sex="M"), invent(13)
ADULT = invent(1)
# What three bodies say of one person. MSA and MGEN have the newest affiliation: the code breaks the tie, and MSA speaks.
AT_CPAM = ADULT.but(
    email="ancienne@courriel.example", affiliated_since=date(2015, 1, 1), used_name="DURAND", representative_1=MOTHER.matricule
)
AT_MGEN = ADULT.but(email="mgen@courriel.example", affiliated_since=date(2021, 12, 1), postcode="69003", town="LYON")
AT_MSA = ADULT.but(
    email=None, affiliated_since=date(2021, 12, 1), birth_name="QUENEHERVE-AAB", representative_1=AUNT.matricule,
    representative_2=MOTHER.matricule, protection="CURATELLE",
)  # fmt: skip
SAID = {"CPAM": AT_CPAM, "MGEN": AT_MGEN, "MSA": AT_MSA}
# One number after the other of a child: provisional, waiting, for life.
BORN = "20211201"
CHILD = invent(2, birth_date=BORN, representative_1=MOTHER.matricule, email=None)
NNP = CHILD.but(matricule="8212345678901", matricule_kind="NNP")
NIA = CHILD.but(matricule=matricule_of("8211275056002"), matricule_kind="NIA", former_matricule=NNP.matricule)
NIR = CHILD.but(former_matricule=NIA.matricule)


# Two bodies.


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


# Likeness.

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
