"""Two people of the registry who are one become one, and nothing of either is lost."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.platform.errors import RuleError
from pipelines.registry.contract import DeliveryKind
from pipelines.registry.doubts import open_doubts
from tests.campaign_driver import SENT, Campaign, code_in, paris, request
from tests.doubt_driver import AGAIN, ANNE, DAY, OLDER, WEEK_AFTER, WHY, YOUNGER, alike, contact, decide, people, two_people
from tests.registry_builder import deliver, invent

# The same five traits under another matricule, as another body knows her.


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
