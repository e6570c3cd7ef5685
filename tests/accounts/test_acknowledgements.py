"""What systems behind answer: each record of a file is accepted or refused; what is refused is sent again until it is accepted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.accounts.silent_systems import SystemBehindError, find_silent_systems
from pipelines.accounts.systems import Reason, System
from tests.accounts.systems_behind import SystemsBehind
from tests.campaign_driver import OPENING, Campaign, paris, request
from tests.registry_builder import Person

NEXT_DAY, THIRD_DAY = OPENING + timedelta(days=1), OPENING + timedelta(days=2)


@pytest.fixture
def told(campaign: Campaign, systems: SystemsBehind, person: Person) -> int:
    """The number of the file by which the mailboxes are told that a person's space opened."""
    campaign.open(OPENING)
    systems.tell(OPENING)
    return systems.files(System.MAILBOXES)[0]


def test_a_file_that_is_accepted_whole_is_done(campaign: Campaign, systems: SystemsBehind, told: int) -> None:
    systems.answer_all(NEXT_DAY)
    assert campaign.rows("select distinct status from accounts.outbound_file") == [{"status": "ANSWERED"}]
    assert campaign.broken_equations() == []


def test_what_is_refused_for_now_is_sent_again_to_that_system_alone(systems: SystemsBehind, person: Person, told: int) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.UNAVAILABLE})
    systems.tell(NEXT_DAY)
    assert systems.events(System.MAILBOXES, person) == [("OPENED", 1), ("OPENED", 2)]
    assert systems.events(System.RECORDS, person) == [("OPENED", 1)]


def test_what_was_sent_again_and_accepted_is_settled(campaign: Campaign, systems: SystemsBehind, person: Person, told: int) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.UNAVAILABLE})
    systems.tell(NEXT_DAY)
    systems.answer(System.MAILBOXES, systems.files(System.MAILBOXES)[-1], THIRD_DAY)
    assert systems.tell(THIRD_DAY) == [] and campaign.broken_equations() == []
    assert campaign.rows("select status from accounts.refusal") == [{"status": "ACCEPTED"}]


def test_an_opening_that_is_overtaken_by_a_closing_is_not_sent_again(
    campaign: Campaign, systems: SystemsBehind, person: Person, code: str, told: int
) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.UNAVAILABLE})
    campaign.oppose(request(person, code, NEXT_DAY), at=NEXT_DAY)
    campaign.close(THIRD_DAY)
    systems.tell(THIRD_DAY)
    assert systems.events(System.MAILBOXES, person) == [("OPENED", 1), ("CLOSED", 1)] and campaign.broken_equations() == []


def test_a_file_that_cannot_be_read_is_written_again(systems: SystemsBehind, told: int) -> None:
    systems.answer(System.MAILBOXES, told, NEXT_DAY, accepted=0, unreadable=True)
    assert systems.tell(NEXT_DAY) == [told]
    assert systems.answer(System.MAILBOXES, told, THIRD_DAY) is None


WRONG = (
    ({"accepted": 0}, "accepted and refused are 0 of 1 records: each is one or the other"),
    ({"accepted": 2}, "accepted and refused are 2 of 1 records: each is one or the other"),
    ({"accepted": 0, "refused": [{"line": 2, "reason": "LOCKED"}]}, "a line is refused twice, or lies beyond the end of the file"),
    ({"accepted": 0, "refused": [{"line": 1, "reason": "LOCKED"}] * 2}, "a line is refused twice, or lies beyond the end of the file"),
    ({"refused": [{"line": 1, "reason": "DISLIKED"}]}, "the file is no acknowledgement: see the contract"),
    ({"file": 2**40}, f"there is no file {2**40} for MAILBOXES"),
)


def test_an_answer_that_is_not_right_is_refused_whole(systems: SystemsBehind, told: int) -> None:
    answers = [systems.answer(System.MAILBOXES, told, NEXT_DAY, **said) for said, _ in WRONG]
    assert answers == [sentence for _, sentence in WRONG]
    assert systems.answer(System.MAILBOXES, told, NEXT_DAY, sha256="0" * 64) == f"file {told} has another SHA-256: read it again"
    assert systems.answer(System.MAILBOXES, told, NEXT_DAY) is None


def test_a_system_answers_its_own_files_once(systems: SystemsBehind, told: int) -> None:
    said = systems.manifest(System.MAILBOXES, told)
    content = f'{{"file": {told}, "sha256": "{said["sha256"]}", "accepted": 1}}'.encode()
    assert systems.say(System.RECORDS, content, "1.json", NEXT_DAY) == f"there is no file {told} for RECORDS"
    assert systems.say(System.MAILBOXES, content, "1.json", NEXT_DAY) is None
    assert systems.say(System.MAILBOXES, content, "2.json", NEXT_DAY) == f"file {told} waits for no answer: the first one stands"


def test_an_answer_that_is_put_down_twice_is_decided_once(campaign: Campaign, systems: SystemsBehind, told: int) -> None:
    systems.answer_all(NEXT_DAY, {System.MAILBOXES: Reason.UNAVAILABLE})
    before = campaign.everything()
    systems.answer(System.MAILBOXES, told, NEXT_DAY, {1: Reason.UNAVAILABLE})
    assert campaign.everything() == before


def test_a_system_that_does_not_answer_is_told_to_operations(campaign: Campaign, systems: SystemsBehind, told: int) -> None:
    home = campaign.home
    find_silent_systems(home.db, home.policy, NEXT_DAY)
    for system in (System.ACCOUNTS, System.RECORDS):
        systems.answer(system, systems.files(system)[0], NEXT_DAY)
    with pytest.raises(SystemBehindError, match=r"^MAILBOXES has not answered 1 files \(1 records\) since 2022-03-15; call these systems"):
        find_silent_systems(home.db, home.policy, paris(2022, 3, 18))


def test_what_is_refused_for_good_is_told_to_operations_until_it_is_accepted(campaign: Campaign, systems: SystemsBehind, told: int) -> None:
    home = campaign.home
    systems.answer_all(NEXT_DAY, {System.RECORDS: Reason.RECORD_CONFLICT})
    with pytest.raises(SystemBehindError, match="RECORDS refuses 1 records as RECORD_CONFLICT since 2022-03-15"):
        find_silent_systems(home.db, home.policy, NEXT_DAY)
    systems.tell(NEXT_DAY)
    systems.answer_all(THIRD_DAY)
    find_silent_systems(home.db, home.policy, THIRD_DAY)
