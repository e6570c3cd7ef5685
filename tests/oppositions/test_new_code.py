"""Who lost the code gets another one: a new notice to the address that is known, the old code dead at once, six weeks anew."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.campaign_driver import OPENING, Campaign, code_in, paris, request
from tests.registry_builder import Person, by_letter

ASKED = paris(2022, 2, 10, 9)
NEXT_DAY = paris(2022, 2, 11)


def ask(campaign: Campaign, person: Person, at: datetime = ASKED, **changes: object) -> str:
    """Ask for a new code on the web site; return what is answered."""
    line = {name: value for name, value in request(person, "", at).items() if name != "code"}
    (answer,) = campaign.oppose(line | {"kind": "NEW_CODE"} | changes, at=at)
    return str(answer["result"])


def test_a_new_notice_brings_a_new_code(campaign: Campaign, person: Person) -> None:
    ask(campaign, person)
    campaign.notify(NEXT_DAY)
    first, second = map(code_in, campaign.mails_to(person))
    assert first != second and [attempt["subject"] for attempt in campaign.attempts(person)] == ["notice", "new_code"]


def test_it_leaves_with_the_next_planning_though_the_department_has_been_told(
    campaign: Campaign, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(campaign.home.__dict__, "policy", campaign.home.policy.model_copy(update={"look_again_after_days": 30}))
    ask(campaign, person)
    assert campaign.plan(NEXT_DAY).emails == 1


def test_a_new_code_goes_by_letter_to_who_is_told_by_letter(campaign: Campaign) -> None:
    someone = by_letter(2)
    campaign.register(someone)
    lots = campaign.notify_by_letter()
    ask(campaign, someone)
    again = campaign.notify(NEXT_DAY)
    assert campaign.letter_to(someone, again).code != campaign.letter_to(someone, lots).code


def test_the_new_code_opposes_and_the_old_one_does_not(campaign: Campaign, person: Person) -> None:
    ask(campaign, person)
    campaign.notify(NEXT_DAY)
    codes = map(code_in, campaign.mails_to(person))
    later = NEXT_DAY + timedelta(hours=1)
    answers = campaign.oppose(*[request(person, code, later) for code in codes], at=later)
    assert [answer["result"] for answer in answers] == ["REFUSED", "ACCEPTED"]


def test_the_six_weeks_begin_anew(campaign: Campaign, person: Person) -> None:
    ask(campaign, person)
    campaign.notify(NEXT_DAY)
    assert campaign.journey(person)["last_day"] == date(2022, 3, 25)


def test_nobody_is_opened_while_a_new_code_is_on_its_way(campaign: Campaign, person: Person) -> None:
    ask(campaign, person)
    campaign.open(OPENING)
    assert campaign.accounts(person) == []


def test_an_opposition_received_before_the_request_counts_though_its_file_comes_later(campaign: Campaign, person: Person) -> None:
    code = code_in(campaign.mails_to(person)[0])
    ask(campaign, person)
    campaign.oppose(request(person, code, ASKED - timedelta(hours=1)), at=NEXT_DAY)
    assert campaign.status(person) == "OPPOSED" and campaign.broken_equations() == []


def test_it_counts_even_after_the_new_notice_has_left(campaign: Campaign, person: Person) -> None:
    code = code_in(campaign.mails_to(person)[0])
    ask(campaign, person)
    campaign.notify(NEXT_DAY)
    campaign.oppose(request(person, code, ASKED - timedelta(hours=1)), at=NEXT_DAY + timedelta(days=1))
    found = campaign.rows("select attempt_no from oppositions.opposition")
    assert (campaign.status(person), found) == ("OPPOSED", [{"attempt_no": 1}])


def test_a_wrong_birth_date_is_answered_the_same_and_changes_nothing(campaign: Campaign, person: Person) -> None:
    assert ask(campaign, person, birth_date="19000101") == "NOTED"
    assert campaign.status(person) == "NOTIFIED"


def test_a_second_request_within_the_days_of_the_policy_changes_nothing(campaign: Campaign, person: Person) -> None:
    ask(campaign, person)
    campaign.notify(NEXT_DAY)
    ask(campaign, person, ASKED + timedelta(days=6))
    assert campaign.status(person) == "NOTIFIED"


def test_a_locked_code_is_replaced_by_one_that_is_not(campaign: Campaign, person: Person) -> None:
    campaign.oppose(*[request(person, "0000-0000-0000", ASKED)] * 5, at=ASKED)
    ask(campaign, person, ASKED + timedelta(minutes=1))
    campaign.notify(NEXT_DAY)
    later = NEXT_DAY + timedelta(hours=1)
    campaign.oppose(request(person, code_in(campaign.mails_to(person)[1]), later), at=later)
    assert campaign.status(person) == "OPPOSED"


def test_the_same_request_sent_again_makes_one_new_code(campaign: Campaign, person: Person) -> None:
    ask(campaign, person)
    campaign.notify(NEXT_DAY)
    ask(campaign, person)
    assert campaign.status(person) == "NOTIFIED" and len(campaign.attempts(person)) == 2


def test_the_journey_tells_of_the_new_code(campaign: Campaign, person: Person) -> None:
    ask(campaign, person)
    moves = campaign.rows("select before, after, reason from platform.audit where subject = 'journey' order by audit_id desc limit 1")
    assert moves == [{"before": "NOTIFIED", "after": "ELIGIBLE", "reason": "NEW_CODE"}]
