"""Nobody is merged on a likeness: a person looks at both sides, decides once, and neither is told nor opened before that."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.platform.errors import FinalError, RetryableError, RuleError
from pipelines.registry.contract import DeliveryKind
from pipelines.registry.deaths import take_in_death_files
from pipelines.registry.doubts import DoubtKind, Side, compare, decide_doubt, open_doubts
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris, request
from tests.death_file_builder import death_of, file_of
from tests.registry_builder import FILE, Person, deliver, invent

DAY = date(2022, 1, 3)
WEEK_AFTER = date(2022, 1, 10)
LATER = paris(2022, 1, 20)
WHY = "both files seen"
ANNE = invent(1, affiliated_since=date(2015, 1, 1))
# The same five traits under another matricule, as another body knows her.
AGAIN = ANNE.but(matricule=invent(2).matricule, email="anne.msa@courriel.example", affiliated_since=date(2021, 12, 1))
OLDER, YOUNGER = 1, 2


def alike(campaign: Campaign, first: Person = ANNE, second: Person = AGAIN, body: str = "MSA") -> int:
    """Let two people with the same traits come, one after the other; return the doubt that it raises."""
    campaign.register(first, on=DAY)
    campaign.register(second, body=body, on=WEEK_AFTER)
    (doubt,) = open_doubts(campaign.home.db)
    return doubt.doubt_id


def two_people(campaign: Campaign) -> int:
    """Let a row say that two people whom the registry knows are one; return the doubt that it raises."""
    campaign.register(invent(1), invent(2), on=DAY)
    campaign.register(invent(2, former_matricule=invent(1).matricule), on=WEEK_AFTER)
    (doubt,) = open_doubts(campaign.home.db)
    return doubt.doubt_id


def other_traits(campaign: Campaign, **changes: Any) -> int:
    """Let a known matricule come with other traits; return the doubt that it raises."""
    campaign.register(invent(1), on=DAY)
    campaign.register(invent(3), invent(1).but(**(changes or {"birth_date": "19820315", "sex": "M"})), on=WEEK_AFTER)
    (doubt,) = open_doubts(campaign.home.db)
    return doubt.doubt_id


def decide(campaign: Campaign, doubt_id: int, same: bool, by: str = "chief", at: Any = LATER) -> None:
    """Decide on a doubt."""
    home = campaign.home
    decide_doubt(home.db, home.store, home.settings, doubt_id, same, by, WHY, at)


def sides(campaign: Campaign, doubt_id: int) -> tuple[Side, Side]:
    """Look at both sides of a doubt."""
    home = campaign.home
    return compare(home.db, home.store, home.settings, doubt_id, "ops", WHY, LATER)


def people(campaign: Campaign) -> list[int]:
    """Return who is in the registry."""
    return [row["person_id"] for row in campaign.rows("select person_id from registry.person order by 1")]


def contact(campaign: Campaign) -> list[tuple[str, str]]:
    """Return the body that speaks for each person, and the e-mail it gives."""
    return [(row["body"], row["email"]) for row in campaign.rows("select body, email from registry.contact order by person_id")]


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


# Two people become one.


def test_two_people_become_one_under_the_older_id(campaign: Campaign) -> None:
    decide(campaign, alike(campaign), same=True)
    assert people(campaign) == [OLDER]
    assert (campaign.person_id(ANNE), campaign.person_id(AGAIN)) == (OLDER, OLDER)
    assert open_doubts(campaign.home.db) == [] and campaign.broken_equations() == []


@pytest.mark.parametrize(("since", "speaks"), [(date(2021, 12, 1), "MSA"), (date(2010, 1, 1), "CPAM")])
def test_the_newest_affiliation_speaks_and_the_other_is_kept(campaign: Campaign, since: date, speaks: str) -> None:
    second = AGAIN.but(affiliated_since=since)
    decide(campaign, alike(campaign, second=second), same=True)
    emails = {"CPAM": str(ANNE.email), "MSA": str(AGAIN.email)}
    assert contact(campaign) == [(speaks, emails[speaks])]
    others = campaign.rows("select person_id, body, email from registry.second_affiliation")
    (silent,) = {"CPAM", "MSA"} - {speaks}
    assert [(row["person_id"], row["body"], row["email"]) for row in others] == [(OLDER, silent, emails[silent])]


def test_of_two_numbers_in_one_body_the_later_one_tells_where_the_person_lives(campaign: Campaign) -> None:
    second = AGAIN.but(affiliated_since=ANNE.affiliated_since)
    decide(campaign, alike(campaign, second=second, body="CPAM"), same=True)
    assert contact(campaign) == [("CPAM", str(AGAIN.email))]
    assert campaign.rows("select body from registry.second_affiliation") == []


def test_a_body_that_let_the_person_go_says_nothing_any_more(campaign: Campaign) -> None:
    for day, row in ((DAY, ANNE), (WEEK_AFTER, AGAIN)):
        campaign.take_in(deliver(campaign.home.store, "CPAM", [row, invent(9)], day, DeliveryKind.FULL), paris(2022, 1, day.day))
    assert campaign.rows("select rights_end_on from registry.person where person_id = 1") == [{"rights_end_on": WEEK_AFTER}]
    (doubt,) = open_doubts(campaign.home.db)
    decide(campaign, doubt.doubt_id, same=True)
    assert campaign.rows("select rights_end_on from registry.person where person_id = 1") == [{"rights_end_on": None}]
    facts = campaign.rows("select kind from registry.fact where person_id = 1 order by happened_on, kind")
    assert [fact["kind"] for fact in facts] == ["LEFT", "IDENTITY_SETTLED", "RETURNED"]


def test_a_number_that_the_body_gives_up_ends_nobodys_rights(campaign: Campaign) -> None:
    campaign.take_in(deliver(campaign.home.store, "CPAM", [ANNE, AGAIN, invent(9)], DAY, DeliveryKind.FULL), paris(2022, 1, 3))
    (doubt,) = open_doubts(campaign.home.db)
    decide(campaign, doubt.doubt_id, same=True)
    counts = campaign.take_in(
        deliver(campaign.home.store, "CPAM", [AGAIN, invent(9)], date(2022, 1, 24), DeliveryKind.FULL), paris(2022, 1, 24)
    ).counts
    assert counts["departed"] == 0
    assert campaign.rows("select rights_end_on from registry.person where person_id = 1") == [{"rights_end_on": None}]


def test_the_contact_data_of_both_stay_as_proof(campaign: Campaign) -> None:
    decide(campaign, alike(campaign), same=True)
    versions = campaign.rows("select person_id, version, email from registry.contact_version order by 1, 2")
    assert [(row["person_id"], row["version"], row["email"]) for row in versions] == [
        (OLDER, 1, ANNE.email),
        (OLDER, 2, AGAIN.email),
        (YOUNGER, 1, AGAIN.email),
    ]


def test_one_person_gets_one_notice_and_one_space(campaign: Campaign) -> None:
    doubt_id = alike(campaign)
    campaign.notify()
    decide(campaign, doubt_id, same=True, at=SENT)
    campaign.notify(paris(2022, 2, 1))
    assert [str(message["Delivered-To"]) for message in campaign.mails()] == [AGAIN.email]
    campaign.open(paris(2022, 3, 16))
    assert len(campaign.accounts(AGAIN)) == 1 and campaign.broken_equations() == []


def test_the_next_delivery_finds_one_person_under_both_numbers(campaign: Campaign) -> None:
    decide(campaign, two_people(campaign), same=True)
    report = campaign.register(invent(2, former_matricule=invent(1).matricule, email="neuf@courriel.example"), on=date(2022, 1, 25))
    assert (report.counts["newcomers"], report.counts["changed"], report.counts["quarantined"]) == (0, 1, 0)
    assert people(campaign) == [OLDER] and contact(campaign) == [("CPAM", "neuf@courriel.example")]


def test_a_parent_who_becomes_one_keeps_the_children(campaign: Campaign) -> None:
    child = invent(5, birth_date="20150314", representative_1=AGAIN.matricule, email=None)
    campaign.register(ANNE, on=DAY)
    campaign.register(AGAIN, child, body="MSA", on=WEEK_AFTER)
    (doubt,) = open_doubts(campaign.home.db)
    decide(campaign, doubt.doubt_id, same=True)
    links = campaign.rows("select representative_id from registry.representative where person_id = :id", id=campaign.person_id(child))
    assert links == [{"representative_id": OLDER}]
    campaign.notify()
    assert campaign.status(child) == "NOTIFIED"


def test_the_representatives_of_who_speaks_are_taken_over(campaign: Campaign) -> None:
    parent = invent(6)
    minor = {"birth_date": "20150314", "email": None}
    first = invent(1, **minor)
    second = first.but(matricule=invent(2, **minor).matricule, representative_1=parent.matricule, affiliated_since=date(2021, 1, 1))
    campaign.register(first, on=DAY)
    campaign.register(second, parent, body="MSA", on=WEEK_AFTER)
    (doubt,) = open_doubts(campaign.home.db)
    decide(campaign, doubt.doubt_id, same=True)
    links = campaign.rows("select person_id, rank, representative_id, awaited_matricule from registry.representative")
    assert links == [{"person_id": OLDER, "rank": 1, "representative_id": campaign.person_id(parent), "awaited_matricule": None}]


def test_other_questions_about_the_one_who_went_are_asked_of_the_one_who_stays(campaign: Campaign) -> None:
    third = ANNE.but(matricule=invent(3).matricule)
    campaign.register(ANNE, on=DAY)
    campaign.register(AGAIN, body="MSA", on=WEEK_AFTER)
    campaign.register(third, body="MGEN", on=WEEK_AFTER)
    pairs = {(doubt.person_id, doubt.other_id): doubt.doubt_id for doubt in open_doubts(campaign.home.db)}
    assert set(pairs) == {(2, 1), (3, 1), (3, 2)}
    decide(campaign, pairs[2, 1], same=True)
    assert [(doubt.person_id, doubt.other_id) for doubt in open_doubts(campaign.home.db)] == [(3, 1)]
    decide(campaign, pairs[3, 1], same=True)
    assert people(campaign) == [OLDER] and open_doubts(campaign.home.db) == []


def test_both_people_remember_the_decision(campaign: Campaign) -> None:
    decide(campaign, alike(campaign), same=True)
    told = campaign.rows("select person_id, before, after, reason, detail from platform.audit where subject = 'identity' order by 1")
    assert [(row["person_id"], row["after"], row["reason"], row["detail"]["other_person"]) for row in told] == [
        (OLDER, "SAME", WHY, YOUNGER),
        (YOUNGER, "SAME", WHY, OLDER),
    ]
    actors = campaign.rows("select actor from platform.unit_of_work where step = 'decide_doubt'")
    assert actors == [{"actor": "chief"}]


def test_where_only_the_younger_one_was_told_that_one_stays(campaign: Campaign) -> None:
    campaign.register(invent(1, email=None, address_4=None, postcode=None, town=None), invent(2), on=DAY)
    campaign.notify()
    code = code_in(campaign.mails_to(invent(2))[0])
    campaign.register(invent(2, former_matricule=invent(1).matricule), on=date(2022, 2, 7))
    (doubt,) = open_doubts(campaign.home.db)
    decide(campaign, doubt.doubt_id, same=True, at=paris(2022, 2, 8))
    assert people(campaign) == [YOUNGER]
    campaign.oppose(request(invent(1), code, paris(2022, 2, 9)), at=paris(2022, 2, 9, 13))
    assert campaign.status(invent(2)) == "OPPOSED" and campaign.broken_equations() == []


def test_two_people_who_were_both_told_do_not_become_one(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2), on=DAY)
    campaign.notify()
    campaign.register(invent(2, former_matricule=invent(1).matricule), on=date(2022, 2, 7))
    (doubt,) = open_doubts(campaign.home.db)
    before = campaign.everything()
    with pytest.raises(RuleError, match=r"person 1 \(NOTIFIED, was told\) and person 2 \(NOTIFIED, was told\)"):
        decide(campaign, doubt.doubt_id, same=True)
    assert campaign.everything() == before
    campaign.open()
    assert {campaign.status(invent(1)), campaign.status(invent(2))} == {"NOTIFIED"}


def test_nobody_to_whom_a_notice_is_on_its_way_becomes_somebody_else(campaign: Campaign) -> None:
    child = invent(5, birth_date="20150314", representative_1=invent(2).matricule, email=None)
    campaign.register(invent(1), invent(2), child, on=DAY)
    campaign.decide(campaign.plan())
    campaign.register(invent(2, former_matricule=invent(1).matricule), on=date(2022, 1, 31))
    (doubt,) = open_doubts(campaign.home.db)
    with pytest.raises(RuleError, match=r"person 2 \(PLANNED, a notice goes to them for somebody\)"):
        decide(campaign, doubt.doubt_id, same=True)


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
