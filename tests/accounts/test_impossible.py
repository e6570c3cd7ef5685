"""A space that cannot be opened for a technical reason: a state of its own, a message without delay, and the way out (CSP R1111-28)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.accounts.steps import OpeningCounts
from pipelines.accounts.systems import Reason, System
from pipelines.lifecycle.steps import follow_registry
from tests.accounts.systems_behind import SystemsBehind
from tests.campaign_driver import OPENING, SENT, Campaign, request
from tests.registry_builder import Person, invent

NEXT_DAY, THIRD_DAY, FOURTH_DAY = (OPENING + timedelta(days=number) for number in (1, 2, 3))


@pytest.fixture
def opened(campaign: Campaign, systems: SystemsBehind, person: Person) -> Person:
    """Somebody whose space opened, as every system was told."""
    campaign.open(OPENING)
    systems.tell(OPENING)
    return person


def state(campaign: Campaign, person: Person) -> tuple[str, str | None, date | None]:
    """Return the status of a person's space, why it is impossible and since when."""
    account = campaign.accounts(person)[0]
    return account["status"], account["impossible_reason"], account["impossible_since"]


def told_impossible(campaign: Campaign) -> list[date]:
    """Return the days on which people are told that their space is impossible."""
    rows = campaign.rows("select happened_on from notices.message where subject = 'opening_impossible' order by happened_on")
    return [row["happened_on"] for row in rows]


def test_a_final_refusal_makes_the_space_impossible_and_tells_the_person(
    campaign: Campaign, systems: SystemsBehind, opened: Person
) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.ADDRESS_TAKEN})
    assert state(campaign, opened) == ("IMPOSSIBLE", "MAILBOXES ADDRESS_TAKEN", NEXT_DAY.date())
    campaign.send(NEXT_DAY)
    assert told_impossible(campaign) == [NEXT_DAY.date()] and campaign.broken_equations() == []
    assert "pas pu être ouvert" in str(campaign.mails_to(opened)[-1]["Subject"])


def test_a_passing_refusal_does_so_only_when_it_lasts(campaign: Campaign, systems: SystemsBehind, opened: Person) -> None:
    systems.answer_all(NEXT_DAY, {System.RECORDS: Reason.UNAVAILABLE})
    assert state(campaign, opened)[0] == "OPEN"
    systems.tell(NEXT_DAY)
    systems.answer(System.RECORDS, systems.files(System.RECORDS)[-1], THIRD_DAY, {1: Reason.UNAVAILABLE})
    assert state(campaign, opened) == ("IMPOSSIBLE", "RECORDS UNAVAILABLE", THIRD_DAY.date())


def test_the_other_systems_are_told_and_the_refused_one_is_asked_again(campaign: Campaign, systems: SystemsBehind, opened: Person) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.ADDRESS_TAKEN})
    systems.tell(NEXT_DAY)
    assert systems.events(System.RECORDS, opened) == [("OPENED", 1), ("IMPOSSIBLE", 1)]
    assert systems.events(System.MAILBOXES, opened) == [("OPENED", 1), ("IMPOSSIBLE", 1), ("OPENED", 2)]


def test_it_opens_once_what_was_refused_is_accepted(campaign: Campaign, systems: SystemsBehind, opened: Person) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.ADDRESS_TAKEN, System.RECORDS: Reason.NOT_ALLOWED})
    systems.tell(NEXT_DAY)
    systems.answer(System.MAILBOXES, systems.files(System.MAILBOXES)[-1], THIRD_DAY)
    assert state(campaign, opened)[0] == "IMPOSSIBLE"
    systems.answer(System.RECORDS, systems.files(System.RECORDS)[-1], THIRD_DAY)
    assert state(campaign, opened) == ("OPEN", None, None)
    systems.tell(FOURTH_DAY)
    assert systems.events(System.ACCOUNTS, opened) == [("OPENED", 1), ("IMPOSSIBLE", 1), ("OPENED", 1)]
    assert campaign.broken_equations() == []


def test_a_request_to_close_it_is_a_way_out_too(campaign: Campaign, systems: SystemsBehind, opened: Person, code: str) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.ADDRESS_TAKEN})
    campaign.oppose(request(opened, code, NEXT_DAY), at=NEXT_DAY)
    campaign.close(THIRD_DAY)
    systems.tell(THIRD_DAY)
    assert state(campaign, opened)[0] == "CLOSED" and campaign.broken_equations() == []
    assert systems.events(System.MAILBOXES, opened)[-1] == ("CLOSED", 1)


def test_a_locked_record_makes_the_opening_impossible(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    systems.bring_records((person.matricule, "DMP-1", "LOCKED"), at=SENT)
    assert campaign.open(OPENING) == OpeningCounts(opened=0, impossible=1, cancelled=0, to_be_notified_again=0)
    assert state(campaign, person) == ("IMPOSSIBLE", "EXISTING_RECORD LOCKED", OPENING.date())
    assert told_impossible(campaign) == [OPENING.date()]
    assert systems.tell(OPENING) == [] and campaign.broken_equations() == []


def test_it_opens_with_that_record_once_it_is_free(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    systems.bring_records((person.matricule, "DMP-1", "LOCKED"), at=SENT)
    campaign.open(OPENING)
    systems.bring_records((person.matricule, "DMP-1", "ACTIVE"), at=NEXT_DAY, name="2.parquet")
    systems.tell(NEXT_DAY)
    assert state(campaign, person) == ("OPEN", None, None) and campaign.accounts(person)[0]["record_no"] == "DMP-1"
    assert systems.events(System.RECORDS, person) == [("OPENED", 1)] and campaign.broken_equations() == []


def test_what_systems_accept_does_not_open_a_space_that_waits_for_a_locked_record(campaign: Campaign, systems: SystemsBehind) -> None:
    tutor, ward = invent(1), invent(2)
    campaign.register(tutor, ward)
    systems.bring_records((ward.matricule, "DMP-1", "LOCKED"), at=SENT)
    campaign.notify()
    campaign.open(OPENING)
    systems.tell(OPENING)
    campaign.register(tutor, ward.but(protection="TUTELLE", representative_1=tutor.matricule), on=NEXT_DAY.date())
    follow_registry(campaign.home.db, campaign.home.policy, campaign.home.clock, NEXT_DAY)
    systems.tell(NEXT_DAY)
    systems.answer_all(THIRD_DAY, {System.ACCOUNTS: Reason.UNAVAILABLE})
    systems.tell(THIRD_DAY)
    systems.answer(System.ACCOUNTS, systems.files(System.ACCOUNTS)[-1], FOURTH_DAY)
    assert state(campaign, ward)[:2] == ("IMPOSSIBLE", "EXISTING_RECORD LOCKED")


def test_the_trail_says_what_was_impossible(campaign: Campaign, systems: SystemsBehind, opened: Person) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.ADDRESS_TAKEN})
    trail = campaign.rows("select before, after, reason from platform.audit where subject = 'account' order by audit_id")
    assert [tuple(row.values()) for row in trail] == [(None, "OPEN", None), ("OPEN", "IMPOSSIBLE", "MAILBOXES ADDRESS_TAKEN")]
