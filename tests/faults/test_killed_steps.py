"""A step that is killed in the middle and run again: nobody lost, nobody told twice beyond the messages in flight, no second account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from pipelines.campaign.opposition_code import derive
from pipelines.notices.code_format import grouped
from pipelines.notices.email_dispatch import send_emails
from pipelines.platform.errors import RetryableError
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris
from tests.faults.victim import SHARD
from tests.faults.victims import Victims
from tests.registry_builder import Person, by_letter, invent

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


# The first object is the announcement, then three a lot.
LOT_MARKERS = [
    ("notices/assign_lots", 1, "before"),
    ("notices/assign_lots", 1, "after"),
    ("notices/announced_volumes", 1, "before"),
    ("put", 1, "after"),
    ("notices/lot_letters", 1, "after"),
    ("put", 2, "before"),
    ("put", 2, "after"),
    ("put", 4, "after"),
    ("notices/hand_over_lot", 1, "before"),
    ("notices/hand_over_lot", 1, "after"),
    ("put", 6, "before"),
    ("notices/hand_over_lot", 2, "after"),
]


@pytest.mark.parametrize(("method", "call", "moment"), LOT_MARKERS)
def test_lots_that_are_killed_are_made_again_with_every_letter_once_and_the_same_bytes(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    adults = [by_letter(number) for number in range(1, 56)]
    children = [by_letter(number, sex="M", birth_date="20120501", representative_1=adults[0].matricule) for number in range(60, 63)]
    campaign.register(*adults, *children)
    campaign.decide(campaign.plan())
    victims.kill("produce", method, call, moment)
    until_free()
    written = {key: campaign.unsealed(key) for key in campaign.home.store.keys("print", "PRINCIPAL/lots/") if key.endswith(".age")}
    campaign.print_letters(paris(2022, 1, 31, 15))
    lots = [row["lot_id"] for row in campaign.rows("select lot_id from notices.print_lot order by lot_id")]
    letters = [letter for lot in lots for letter in campaign.letters(lot)]
    campaign.deposit(lots, paris(2022, 2, 1).date(), paris(2022, 2, 1))
    assert {key: campaign.unsealed(key) for key in written} == written
    assert len(letters) == len({letter.reference for letter in letters}) == len(adults) + 1
    assert Counter(code for letter in letters for code in letter.codes) == Counter(codes_of(campaign, *adults, *children))
    assert {campaign.status(person) for person in (*adults, *children)} == {"NOTIFIED"} and campaign.broken_equations() == []


def codes_of(campaign: Campaign, *people: Person) -> list[str]:
    """Return the code of the first notice of each person, as it is printed."""
    return [grouped(derive(campaign.home.code_keys[1], 1, campaign.person_id(person), 1)) for person in people]


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
