"""An opening and an opposition of one person at the same instant: whoever comes second waits, and then sees what the first decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from pipelines.oppositions.recording import record
from pipelines.platform.database import Work
from tests.campaign_driver import OPENING, Campaign, code_in, paris, request
from tests.registry_builder import Person, invent

IN_TIME = paris(2022, 2, 10)
LOOKS_BEFORE_GIVING_UP = 20_000


@pytest.fixture
def person(campaign: Campaign) -> Person:
    """Somebody whose six weeks are over, and whose opposition lies in the inbox, received in time."""
    someone = invent(1)
    campaign.register(someone)
    campaign.notify()
    line = request(someone, code_in(campaign.mails_to(someone)[0]), IN_TIME)
    campaign.home.store.put("exchanges", "oppositions/WEB/inbox/late.jsonl", json.dumps(line).encode() + b"\n")
    return someone


def start_until_it_waits(campaign: Campaign, pool: ThreadPoolExecutor, act: Callable[[], Any]) -> Future[Any]:
    """Start `act` on a connection of its own; return once it waits for a lock (that of the caller's open transaction)."""
    started = pool.submit(act)
    for look in count():
        if campaign.rows(
            "select from pg_locks as l inner join pg_stat_activity as a using (pid) where not l.granted and a.datname = current_database()"
        ):
            return started
        assert not started.done(), "it did not wait for the transaction that was open"
        assert look < LOOKS_BEFORE_GIVING_UP
    raise AssertionError


def test_an_opening_that_meets_an_opposition_being_recorded_opens_nothing(
    campaign: Campaign, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings: list[Future[Any]] = []
    with ThreadPoolExecutor(1) as pool:

        def record_while_opening(*args: Any) -> Any:
            counts = record(*args)
            openings.append(start_until_it_waits(campaign, pool, campaign.open))
            return counts

        monkeypatch.setattr("pipelines.oppositions.steps.record", record_while_opening)
        campaign.take_in_oppositions(OPENING)
    assert openings[0].result().opened == 0
    assert campaign.status(person) == "OPPOSED" and campaign.accounts(person) == []


def test_an_opposition_that_meets_an_opening_under_way_closes_the_space(
    campaign: Campaign, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    intakes: list[Future[Any]] = []
    with ThreadPoolExecutor(1) as pool:
        one = Work.one

        def one_while_opposing(work: Work, statement: str, **parameters: Any) -> Any:
            row = one(work, statement, **parameters)
            if statement == "accounts/open_elapsed_windows":
                intakes.append(start_until_it_waits(campaign, pool, lambda: campaign.take_in_oppositions(OPENING)))
            return row

        monkeypatch.setattr(Work, "one", one_while_opposing)
        campaign.open()
    assert intakes[0].result()["in_time_after_opening"] == 1
    campaign.close(OPENING)
    assert [account["status"] for account in campaign.accounts(person)] == ["CLOSED"]
