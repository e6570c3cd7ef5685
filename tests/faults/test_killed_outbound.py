"""Telling the systems behind, killed anywhere: the next run writes what is left, every system is told each event once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipelines.accounts.systems import System
from tests.accounts.systems_behind import SystemsBehind
from tests.campaign_driver import OPENING, Campaign
from tests.faults.victims import Victims
from tests.registry_builder import invent

PEOPLE = 5


@pytest.mark.parametrize(
    ("method", "call", "moment"), [("accounts/plan_files", 1, "after"), ("put", 1, "after"), ("put", 2, "after"), ("put", 3, "before")]
)
def test_a_run_that_is_killed_is_taken_up_by_the_next(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    people = [invent(number) for number in range(1, PEOPLE + 1)]
    campaign.register(*people)
    campaign.notify()
    campaign.open(OPENING)
    victims.kill("tell_systems", method, call, moment)
    until_free()
    systems = SystemsBehind(campaign)
    systems.tell(OPENING + timedelta(days=1))
    told = {system: [events for person in people for events in systems.events(system, person)] for system in System}
    assert told == dict.fromkeys(System, [("OPENED", 1)] * PEOPLE)
    systems.answer_all(OPENING + timedelta(days=1))
    assert campaign.broken_equations() == []
