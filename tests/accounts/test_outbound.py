"""What happens to a space goes out to every system behind, once, in files that a repeated run writes the same."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from pipelines.accounts.outbound import object_keys, plan_outbound, write_outbound
from pipelines.accounts.systems import System
from pipelines.lifecycle.steps import follow_registry
from pipelines.platform.clock import Clock, ClockMode
from pipelines.platform.errors import RuleError
from pipelines.registry.majority import note_majorities
from tests.accounts.systems_behind import BUCKET, SystemsBehind
from tests.campaign_driver import OPENING, Campaign, paris, request
from tests.registry_builder import Person, invent

NEXT_DAY = OPENING + timedelta(days=1)


def test_every_system_is_told_of_an_opening(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    campaign.open(OPENING)
    systems.tell(OPENING)
    assert [systems.events(system, person) for system in System] == [[("OPENED", 1)]] * 3
    assert campaign.broken_equations() == []


def test_what_was_told_is_told_again_by_no_run(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    campaign.open(OPENING)
    systems.tell(OPENING)
    assert systems.tell(OPENING) == systems.tell(NEXT_DAY) == []


def test_a_closing_is_told_too(campaign: Campaign, systems: SystemsBehind, person: Person, code: str) -> None:
    campaign.open(OPENING)
    systems.tell(OPENING)
    campaign.oppose(request(person, code, paris(2022, 3, 16)), at=paris(2022, 3, 16))
    campaign.close(paris(2022, 3, 17, 0, 30))
    systems.tell(paris(2022, 3, 17, 0, 30))
    assert [systems.events(system, person) for system in System] == [[("OPENED", 1), ("CLOSED", 1)]] * 3


def test_a_space_that_is_handed_over_is_told_with_who_holds_it_now(campaign: Campaign, systems: SystemsBehind) -> None:
    parent = invent(1)
    child = invent(2, birth_date="20040401", email=None, representative_1=parent.matricule)
    campaign.register(parent, child)
    campaign.notify()
    campaign.open(OPENING)
    systems.tell(OPENING)
    of_age, home = paris(2022, 4, 1, 2), campaign.home
    note_majorities(home.db, of_age)
    follow_registry(home.db, home.policy, home.clock, of_age)
    systems.tell(of_age)
    told = [(told["event"], told["managed_by"]) for told in systems.told(System.ACCOUNTS) if told["matricule"] == child.matricule]
    assert told == [("OPENED", parent.matricule), ("HANDED_OVER", None)] and campaign.broken_equations() == []


def test_people_of_two_shards_are_told_in_two_files(campaign: Campaign, systems: SystemsBehind) -> None:
    campaign.register(*[invent(number) for number in range(1, 71)])
    campaign.notify()
    campaign.open(OPENING)
    home = campaign.home
    tasks = plan_outbound(home.db, home.settings.shard_size, home.clock, OPENING)
    assert [len(files) for files in tasks] == [3, 3]
    assert campaign.rows("select sum(records) as n from accounts.outbound_file") == [{"n": 3 * 70}]


def test_the_manifest_says_what_lies_there(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    campaign.open(OPENING)
    file_no = systems.tell(OPENING)[0]
    content = campaign.home.store.get(BUCKET, object_keys(System.ACCOUNTS, file_no)[0])
    assert systems.manifest(System.ACCOUNTS, file_no) == {
        "contract": "accounts_out/1",
        "system": "ACCOUNTS",
        "file": file_no,
        "records": 1,
        "events": {"OPENED": 1},
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def test_a_file_that_a_killed_run_left_is_written_by_the_next(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    campaign.open(OPENING)
    home = campaign.home
    planned = plan_outbound(home.db, home.settings.shard_size, home.clock, OPENING)
    assert systems.files(System.RECORDS) == []
    assert [systems.tell(NEXT_DAY)] == planned and systems.events(System.RECORDS, person) == [("OPENED", 1)]


def test_a_manifest_comes_after_its_file(
    campaign: Campaign, systems: SystemsBehind, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign.open(OPENING)
    written: list[str] = []
    store = type(campaign.home.store)
    put = store.put
    monkeypatch.setattr(store, "put", lambda self, bucket, key, content: (written.append(key), put(self, bucket, key, content))[1])
    file_no = systems.tell(OPENING)[0]
    assert written[:2] == list(object_keys(System.ACCOUNTS, file_no))


def test_a_file_that_was_written_is_left_alone(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    campaign.open(OPENING)
    files, home = systems.tell(OPENING), campaign.home
    assert write_outbound(home.db, home.store, home.policy, files, NEXT_DAY) == {"files": 0, "records": 0}


def test_a_file_written_twice_has_the_same_bytes(campaign: Campaign, systems: SystemsBehind) -> None:
    campaign.register(*[invent(number) for number in range(1, 10)])
    campaign.notify()
    campaign.open(OPENING)
    files, home = systems.tell(OPENING), campaign.home
    before = [systems.manifest(system, file_no)["sha256"] for system, file_no in zip(System, files, strict=True)]
    for system, file_no in zip(System, files, strict=True):
        systems.answer(system, file_no, OPENING, accepted=0, unreadable=True)
    write_outbound(home.db, home.store, home.policy, files, NEXT_DAY)
    assert [systems.manifest(system, file_no)["sha256"] for system, file_no in zip(System, files, strict=True)] == before


def test_nothing_is_told_ahead_of_time(campaign: Campaign) -> None:
    home = campaign.home
    with pytest.raises(RuleError, match="future"):
        plan_outbound(home.db, home.settings.shard_size, Clock(ClockMode.SYSTEM), paris(9999, 1, 1))
