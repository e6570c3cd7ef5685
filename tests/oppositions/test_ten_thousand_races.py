"""An opposition and an opening of the same person at the same instant, from two processes, ten thousand times."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from typing import Any

import pytest

from pipelines.campaign.opposition_code import derive_all
from pipelines.platform.shards import Shard
from tests.campaign_driver import LAST_DAY, OPENING, SENT, Campaign, paris, request
from tests.oppositions.racers import open_rounds, oppose_rounds
from tests.registry_builder import Person, invent

PEOPLE, A_ROUND, A_FILE, A_SHARD = 10_000, 1_024, 64, 64
LAST_SECOND = paris(2022, 3, 14, 23, 59, 59)
PROCESSES = multiprocessing.get_context("spawn")
TELL = (
    "update campaign.attempt set status = 'CLAIMED'",
    "update campaign.attempt set status = 'SENT', sent_at = %(at)s, sent_on = %(day)s, template = 'test'",
    "update campaign.journey set status = 'NOTIFIED', last_day = %(last_day)s",
)
ENDS = """
select j.status::text as journey, a.status as account, count(*)::int as people
from campaign.journey as j left join accounts.account as a using (person_id) group by 1, 2 order by 1, 2
"""


def parts(things: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [things[start : start + size] for start in range(0, len(things), size)]


@pytest.fixture
def told(campaign: Campaign) -> list[dict[str, Any]]:
    """Ten thousand people whose last day to oppose is over, in the order of their ids."""
    years = [[invent(number, birth_date=f"{year}0314") for number in range(1, 912)] for year in range(1950, 1961)]
    people = [person for year in years for person in year][:PEOPLE]
    campaign.register(*people)
    campaign.decide(campaign.plan())
    with campaign.owner.begin() as connection:
        for name, value in (("work_id", "1"), ("as_of", SENT.isoformat())):
            connection.exec_driver_sql("select set_config(%(name)s, %(value)s, true)", {"name": f"espace_sante.{name}", "value": value})
        for statement in TELL:
            connection.exec_driver_sql(statement, {"at": SENT, "day": SENT.date(), "last_day": LAST_DAY})
    return campaign.rows("select person_id, matricule from registry.identifier order by person_id")


def opposition_files(campaign: Campaign, told: Sequence[dict[str, Any]]) -> list[bytes]:
    """The files of a round: received in time, the last people first."""
    keys = [(1, row["person_id"], 1) for row in told]
    codes = derive_all(campaign.home.code_keys[1], keys)
    lines = [request(written(row["matricule"]), code, LAST_SECOND) for row, code in zip(told, codes, strict=True)]
    return ["".join(json.dumps(line) + "\n" for line in file).encode() for file in parts(lines[::-1], A_FILE)]


def written(matricule: str) -> Person:
    """Somebody as they write their matricule and birth date."""
    return invent(1).but(matricule=matricule, birth_date=f"19{matricule[1:3]}0314")


def race(campaign: Campaign, rounds: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Open everybody in one process, the first people first, while another takes in what all of them asked."""
    start = PROCESSES.Barrier(2)
    shards = [[Shard(part[0]["person_id"], part[-1]["person_id"]) for part in parts(people, A_SHARD)] for people in rounds]
    files = [opposition_files(campaign, people) for people in rounds]
    racers = [
        PROCESSES.Process(target=act, args=(campaign.home.settings, work, start, OPENING))
        for act, work in ((open_rounds, shards), (oppose_rounds, files))
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [racer.exitcode for racer in racers] == [0, 0]


def test_nobody_is_ever_open_and_opposed(campaign: Campaign, told: list[dict[str, Any]]) -> None:
    race(campaign, parts(told, A_ROUND))
    ends = {(row["journey"], row["account"]): row["people"] for row in campaign.rows(ENDS)}
    assert set(ends) == {("OPENED", "OPEN"), ("OPPOSED", None)} and sum(ends.values()) == PEOPLE
    assert campaign.close(OPENING) == ends["OPENED", "OPEN"]
    assert campaign.rows("select from accounts.account where status = 'OPEN'") == [] and campaign.broken_equations() == []
