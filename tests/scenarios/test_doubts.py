"""A doubt about who is who: shown, waited for, decided once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.platform.errors import FinalError, RetryableError, RuleError
from pipelines.registry.deaths import take_in_death_files
from pipelines.registry.doubts import DoubtKind, open_doubts
from tests.campaign_driver import OPENING, Campaign, code_in, paris, request
from tests.death_file_builder import death_of, file_of
from tests.doubt_driver import AGAIN, ANNE, DAY, LATER, OLDER, WEEK_AFTER, WHY, YOUNGER, alike, decide, people, sides, two_people
from tests.registry_builder import FILE, invent

# The same five traits under another matricule, as another body knows her.


def other_traits(campaign: Campaign, **changes: Any) -> int:
    """Let a known matricule come with other traits; return the doubt that it raises."""
    campaign.register(invent(1), on=DAY)
    campaign.register(invent(3), invent(1).but(**(changes or {"birth_date": "19820315", "sex": "M"})), on=WEEK_AFTER)
    (doubt,) = open_doubts(campaign.home.db)
    return doubt.doubt_id


# Told and shown.


def test_what_waits_is_listed_by_kind_and_by_numbers_only(campaign: Campaign) -> None:
    doubt_id = alike(campaign)
    (doubt,) = open_doubts(campaign.home.db, DoubtKind.SAME_TRAITS)
    assert (doubt.doubt_id, doubt.person_id, doubt.other_id, doubt.subject) == (doubt_id, YOUNGER, OLDER, "")
    assert open_doubts(campaign.home.db, DoubtKind.DEATH) == []


def test_both_people_are_shown_side_by_side_and_the_look_is_kept(campaign: Campaign) -> None:
    younger, older = sides(campaign, alike(campaign))
    assert (younger.title, older.title) == ("person 2", "person 1")
    assert AGAIN.matricule in str(younger.said["numbers"]) and ANNE.matricule in str(older.said["numbers"])
    assert str(younger.said["affiliation 1"]).startswith("MSA since 2021-12-01")
    looks = campaign.rows("select person_id, after, reason from platform.audit where subject = 'person' order by person_id")
    assert [(row["person_id"], row["after"], row["reason"]) for row in looks] == [(1, "CONSULTED", WHY), (2, "CONSULTED", WHY)]


def test_a_row_that_was_set_aside_is_shown_beside_its_person(campaign: Campaign) -> None:
    person, row = sides(campaign, other_traits(campaign))
    assert (person.said["birth_date"], row.said["birth_date"]) == ("19820314", "19820315")
    assert row.title == f"deliveries/CPAM/2022-01-10-delta/{FILE}:2"
    assert len(campaign.rows("select 1 from platform.audit where subject = 'person'")) == 1


def test_a_row_whose_file_was_changed_is_not_shown(campaign: Campaign) -> None:
    doubt_id = other_traits(campaign)
    campaign.home.store.put("registry", f"deliveries/CPAM/2022-01-10-delta/{FILE}", b"another")
    with pytest.raises(FinalError, match="put the original back"):
        sides(campaign, doubt_id)
    assert campaign.rows("select 1 from platform.audit where subject = 'person'") == []


def test_a_doubt_that_does_not_exist_is_neither_shown_nor_decided(campaign: Campaign) -> None:
    with pytest.raises(FinalError, match="there is no doubt 7"):
        sides(campaign, 7)
    with pytest.raises(FinalError, match="there is no doubt 7"):
        decide(campaign, 7, same=True)


# While it waits.


@pytest.mark.parametrize("raise_doubt", [alike, two_people])
def test_neither_of_two_people_in_doubt_is_told(campaign: Campaign, raise_doubt: Any) -> None:
    raise_doubt(campaign)
    campaign.notify()
    assert campaign.mails() == []
    reasons = campaign.rows("select person_id, status, reason from campaign.journey order by 1")
    assert [(row["person_id"], row["status"], row["reason"]) for row in reasons] == [
        (OLDER, "EXCLUDED", "DOUBTFUL_IDENTITY"),
        (YOUNGER, "EXCLUDED", "DOUBTFUL_IDENTITY"),
    ]
    assert campaign.broken_equations() == []


def test_a_row_with_other_traits_keeps_nobody_from_being_told(campaign: Campaign) -> None:
    other_traits(campaign)
    campaign.notify()
    assert campaign.status(invent(1)) == "NOTIFIED"


def test_a_doubt_raised_between_planning_and_sending_withdraws_the_notice(campaign: Campaign) -> None:
    campaign.register(ANNE, on=DAY)
    campaign.decide(campaign.plan())
    campaign.register(AGAIN, body="MSA", on=WEEK_AFTER)
    campaign.send()
    campaign.print_letters()
    assert campaign.mails() == [] and campaign.status(ANNE) == "ELIGIBLE" and campaign.broken_equations() == []


def test_a_window_that_ends_in_doubt_is_neither_opened_nor_cancelled(campaign: Campaign) -> None:
    campaign.register(ANNE, on=DAY)
    campaign.notify()
    campaign.register(AGAIN, body="MSA", on=date(2022, 2, 10))
    campaign.open()
    assert (campaign.status(ANNE), campaign.accounts(ANNE)) == ("NOTIFIED", [])


@pytest.mark.parametrize("same", [True, False])
def test_once_decided_the_window_ends_as_it_should(campaign: Campaign, same: bool) -> None:
    campaign.register(ANNE, on=DAY)
    campaign.notify()
    campaign.register(AGAIN, body="MSA", on=date(2022, 2, 10))
    campaign.open()
    (doubt,) = open_doubts(campaign.home.db)
    decide(campaign, doubt.doubt_id, same, at=paris(2022, 3, 15, 10))
    campaign.open(paris(2022, 3, 16))
    assert campaign.status(ANNE) == "OPENED" and len(campaign.accounts(ANNE)) == 1 and campaign.broken_equations() == []


def test_whoever_is_in_doubt_may_still_oppose(campaign: Campaign) -> None:
    campaign.register(ANNE, on=DAY)
    campaign.notify()
    code = code_in(campaign.mails_to(ANNE)[0])
    campaign.register(AGAIN, body="MSA", on=date(2022, 2, 10))
    campaign.oppose(request(ANNE, code, paris(2022, 2, 11)), at=paris(2022, 2, 11, 13))
    assert campaign.status(ANNE) == "OPPOSED"


# Different, and other traits.


def test_two_people_found_different_are_told_as_two(campaign: Campaign) -> None:
    decide(campaign, alike(campaign), same=False)
    campaign.notify()
    assert (campaign.status(ANNE), campaign.status(AGAIN)) == ("NOTIFIED", "NOTIFIED")


def test_the_same_question_is_not_asked_again(campaign: Campaign) -> None:
    decide(campaign, two_people(campaign), same=False)
    campaign.register(invent(2, former_matricule=invent(1).matricule), on=date(2022, 1, 25))
    assert open_doubts(campaign.home.db) == []


def test_a_row_that_is_right_corrects_sex_and_birth_date_at_once(campaign: Campaign) -> None:
    decide(campaign, other_traits(campaign), same=True)
    found = campaign.rows("select sex, birth_date, born_on, birth_precision from registry.person where person_id = 1")
    assert found == [{"sex": "M", "birth_date": "19820315", "born_on": date(1982, 3, 15), "birth_precision": "DAY"}]
    facts = campaign.rows("select kind, happened_on from registry.fact where person_id = 1 order by kind")
    assert facts == [{"kind": kind, "happened_on": LATER.date()} for kind in ("IDENTITY_SETTLED", "TRAITS_CORRECTED")]
    report = campaign.register(invent(1).but(birth_date="19820315", sex="M"), on=date(2022, 1, 25))
    assert report.counts["quarantined"] == 0


def test_a_row_that_is_right_brings_its_new_number(campaign: Campaign) -> None:
    decide(
        campaign,
        other_traits(campaign, matricule=invent(4).matricule, former_matricule=invent(1).matricule, birth_date="19830101", sex="M"),
        same=True,
    )
    found = campaign.rows("select matricule from registry.identifier where person_id = 1 order by 1")
    assert [row["matricule"] for row in found] == sorted([invent(1).matricule, invent(4).matricule])
    assert campaign.rows("select birth_date, sex from registry.person where person_id = 1") == [{"birth_date": "19830101", "sex": "M"}]


def test_a_row_that_is_about_somebody_else_stays_in_the_quarantine(campaign: Campaign) -> None:
    decide(campaign, other_traits(campaign), same=False)
    assert campaign.rows("select birth_date from registry.person where person_id = 1") == [{"birth_date": "19820314"}]
    assert campaign.rows("select reason from registry.quarantine") == [{"reason": "OTHER_TRAITS_KNOWN"}]
    campaign.register(invent(1).but(birth_date="19820315", sex="M"), on=date(2022, 1, 25))
    assert open_doubts(campaign.home.db) == []


def test_a_row_that_cannot_be_read_again_corrects_nobody(campaign: Campaign) -> None:
    doubt_id = other_traits(campaign)
    campaign.home.store.put("registry", f"deliveries/CPAM/2022-01-10-delta/{FILE}", b"another")
    before = campaign.everything()
    with pytest.raises(FinalError, match="put the original back"):
        decide(campaign, doubt_id, same=True)
    assert campaign.everything() == before


def test_a_death_is_shown_and_decided_like_any_other_doubt(campaign: Campaign) -> None:
    person = invent(1, birth_date="19420314")
    campaign.register(person, on=DAY)
    line = death_of(person, birth_date="19420315", died_on="20220110")
    campaign.home.store.put("exchanges", "deaths/inbox/janvier.txt", file_of(line))
    take_in_death_files(campaign.home.db, campaign.home.store, LATER)
    (doubt,) = open_doubts(campaign.home.db, DoubtKind.DEATH)
    known, told = sides(campaign, doubt.doubt_id)
    assert (known.said["birth_date"], told.said["birth_date"]) == ("19420314", "19420315")
    decide(campaign, doubt.doubt_id, same=True)
    assert campaign.rows("select died_on from registry.person") == [{"died_on": date(2022, 1, 10)}]


# Decided once.


@pytest.mark.parametrize("first", [True, False])
def test_the_first_decision_stands(campaign: Campaign, first: bool) -> None:
    doubt_id = alike(campaign)
    decide(campaign, doubt_id, same=first)
    before = campaign.everything()
    with pytest.raises(RuleError, match="decided before"):
        decide(campaign, doubt_id, same=not first, by="other", at=paris(2022, 1, 21))
    assert campaign.everything() == before


def test_a_task_that_is_run_twice_decides_once(campaign: Campaign) -> None:
    doubt_id = alike(campaign)
    decide(campaign, doubt_id, same=True)
    before = campaign.everything()
    decide(campaign, doubt_id, same=True)
    assert campaign.everything() == before


def test_a_decision_about_one_pair_answers_every_question_about_it(campaign: Campaign) -> None:
    doubt_id = alike(campaign, body="CPAM")
    campaign.register(AGAIN.but(former_matricule=ANNE.matricule), on=date(2022, 1, 17))
    assert {doubt.kind for doubt in open_doubts(campaign.home.db)} == {DoubtKind.SAME_TRAITS, DoubtKind.TWO_PEOPLE}
    decide(campaign, doubt_id, same=True)
    assert open_doubts(campaign.home.db) == [] and people(campaign) == [OLDER]


def test_nobody_decides_while_a_delivery_is_taken_in(campaign: Campaign) -> None:
    doubt_id = alike(campaign)
    with (
        campaign.home.db.exclusively("the intake of the registry"),
        pytest.raises(RetryableError, match="busy with the intake"),
    ):
        decide(campaign, doubt_id, same=True)
    assert people(campaign) == [OLDER, YOUNGER]


def test_nobody_decides_while_a_delivery_is_half_loaded(campaign: Campaign) -> None:
    doubt_id = alike(campaign)
    with campaign.owner.begin() as connection:
        connection.exec_driver_sql("update registry.delivery set status = 'LOADING' where body = 'MSA'")
    with pytest.raises(RetryableError, match="was interrupted"):
        decide(campaign, doubt_id, same=True)


def test_who_opened_meanwhile_is_not_lost(campaign: Campaign) -> None:
    campaign.register(ANNE, on=DAY)
    campaign.notify()
    campaign.open(OPENING)
    campaign.register(AGAIN, body="MSA", on=date(2022, 3, 20))
    (doubt,) = open_doubts(campaign.home.db)
    decide(campaign, doubt.doubt_id, same=True, at=paris(2022, 3, 21))
    assert len(campaign.accounts(AGAIN)) == 1 and campaign.broken_equations() == []
