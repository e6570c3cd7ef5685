"""A step that is killed in the middle and run again: nobody lost, nobody told twice beyond the messages in flight, no second account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from pipelines.notices.email_dispatch import send_emails
from pipelines.platform.errors import RetryableError
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris
from tests.faults.victim import SHARD
from tests.faults.victims import Victims
from tests.registry_builder import by_letter, invent

PEOPLE = 30  # one chunk of 20 and one of 10

SEND_MARKERS = [("submit", 1, "before"), ("submit", 7, "before"), ("submit", 7, "after"), ("submit", 20, "after"), ("submit", 23, "after")]


@pytest.mark.parametrize(("method", "call", "moment"), SEND_MARKERS)
def test_sending_that_is_killed_loses_nobody_and_repeats_only_the_chunk_in_flight(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    people = [invent(number) for number in range(1, PEOPLE + 1)]
    campaign.register(*people)
    campaign.decide(campaign.plan())
    victims.kill("send", method, call, moment)
    until_free()
    left_before = {str(m["Message-ID"]): code_in(m) for m in campaign.mails()}
    confirmed = {row["person_id"] for row in campaign.rows("select person_id from campaign.attempt where status = 'SENT'")}
    campaign.send()
    copies = Counter(str(message["Delivered-To"]) for message in campaign.mails())
    assert set(copies) == {person.email for person in people}
    assert {copies[str(person.email)] for person in people if campaign.person_id(person) in confirmed} <= {1}
    assert max(copies.values()) <= 2 and sum(copies.values()) == PEOPLE + len(left_before) - len(confirmed)
    assert {str(m["Message-ID"]): code_in(m) for m in campaign.mails()}.items() >= left_before.items()
    assert len({str(m["Message-ID"]) for m in campaign.mails()}) == PEOPLE
    assert {campaign.status(person) for person in people} == {"NOTIFIED"} and campaign.broken_equations() == []


@pytest.mark.parametrize(
    ("method", "call", "moment"), [("put", 1, "before"), ("put", 2, "after"), ("put", 3, "after"), ("put", 5, "before")]
)
def test_a_lot_that_is_killed_is_made_again_with_the_same_letters(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    people = [by_letter(number) for number in range(1, 56)]
    campaign.register(*people)
    campaign.decide(campaign.plan())
    victims.kill("produce", method, call, moment)
    until_free()
    campaign.print_letters(paris(2022, 2, 1))
    lots = [row["lot_id"] for row in campaign.rows("select lot_id from notices.print_lot order by lot_id")]
    references = [letter.reference for lot in lots for letter in campaign.letters(lot)]
    campaign.deposit(lots, paris(2022, 2, 1).date(), paris(2022, 2, 1))
    assert len(references) == len(set(references)) == len(people)
    assert {campaign.status(person) for person in people} == {"NOTIFIED"} and campaign.broken_equations() == []


@pytest.mark.parametrize(("method", "call", "moment"), [("one", 1, "before"), ("one", 1, "after"), ("run", 1, "after")])
def test_an_opening_that_is_killed_opens_everyone_once(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    people = [invent(number) for number in range(1, PEOPLE + 1)]
    campaign.register(*people)
    campaign.notify()
    victims.kill("open", method, call, moment)
    until_free()
    assert campaign.rows("select count(*) as n from accounts.account") == [{"n": 0}]
    campaign.open(OPENING)
    assert [len(campaign.accounts(person)) for person in people] == [1] * PEOPLE and campaign.broken_equations() == []


def test_a_second_copy_of_a_sending_is_told_to_come_later_and_sends_nothing(campaign: Campaign, victims: Victims) -> None:
    campaign.register(*[invent(number) for number in range(1, PEOPLE + 1)])
    campaign.decide(campaign.plan())
    with victims.stopped("send", "submit", 3, "before"), campaign.relay() as dispatch:
        before = len(campaign.mails())
        with pytest.raises(RetryableError, match="another run is busy"):
            send_emails(dispatch, SHARD, SENT)
        assert len(campaign.mails()) == before
