"""Whatever happens to a space, in whatever order: not readable after closing, not kept after its destruction, not destroyed early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.campaign_driver import Campaign
from tests.lifecycle.lives_at_random import LivesAtRandom

SETTINGS = settings(
    max_examples=3, stateful_step_count=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
UNTIL_FOUND = settings(SETTINGS, max_examples=20, stateful_step_count=15, phases=[Phase.generate], report_multiple_bugs=False)


@dataclass(frozen=True)
class Fault:
    """Guards taken out of statements: a text of each replaced by another."""

    guards: dict[str, tuple[str, str]]


ARCHIVE_OVER = "accounts.archive_end(lifecycle.day_by_trail(a.person_id, a.account_id, 'CLOSED'), :archive_years) < :day"
FAULTS = {
    "archives that end at once, by both dates": Fault(
        {
            "lifecycle/close_accounts": ("accounts.archive_end(:day, :archive_years)", "cast(:day as date)"),
            "lifecycle/condemn_archives": (ARCHIVE_OVER, "cast(:archive_years as integer) is not null"),
            "lifecycle/count_disputed": (ARCHIVE_OVER, "cast(:archive_years as integer) is not null"),
        }
    ),
    "a destruction that leaves the index": Fault(
        {"lifecycle/destroy_batch": ("where d.person_id = c.person_id and d.account_id = c.account_id", "where false")}
    ),
}


@pytest.fixture
def machine(campaign: Campaign, fresh_campaign: Callable[[], Campaign]) -> type[LivesAtRandom]:
    """The machine, which begins each example with an empty campaign."""
    LivesAtRandom.fresh = staticmethod(fresh_campaign)  # type: ignore[assignment]
    return LivesAtRandom


@contextmanager
def planted(fault: Fault, campaign: Campaign, folder: Path) -> Iterator[None]:
    """Run the statements of a copy in which guards are missing."""
    copy, real = copytree(campaign.home.db.folder, folder), campaign.home.db.folder
    for statement, (guard, without) in fault.guards.items():
        file = copy / f"{statement}.sql"
        assert guard in file.read_text()
        file.write_text(file.read_text().replace(guard, without))
    campaign.home.db.folder = copy
    try:
        yield
    finally:
        campaign.home.db.folder = real


def test_every_life_keeps_the_rules(machine: type[LivesAtRandom]) -> None:
    run_state_machine_as_test(machine, settings=SETTINGS)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_rules_find_a_guard_that_is_missing(campaign: Campaign, machine: type[LivesAtRandom], tmp_path: Path, fault: str) -> None:
    with planted(FAULTS[fault], campaign, tmp_path / "sql"), pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=UNTIL_FOUND)
