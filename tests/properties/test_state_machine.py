"""Whatever happens, in whatever order: who opposed gets no space, nobody gets two, nobody early, and the books balance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pipelines.campaign.window import end_of
from pipelines.platform.errors import RuleError
from tests.campaign_driver import Campaign
from tests.properties.journeys import Journeys

SETTINGS = settings(
    max_examples=5, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
UNTIL_FOUND = settings(SETTINGS, max_examples=12, phases=[Phase.generate], report_multiple_bugs=False)


@dataclass(frozen=True)
class Fault:
    """A guard taken out: texts of statements, each replaced by another. `seen_as` is how it shows: the database refuses some of them."""

    statements: tuple[str, ...]
    texts: dict[str, str]
    seen_as: tuple[type[Exception], ...] = (AssertionError,)


OPENING = "accounts/open_elapsed_windows"
FAULTS = {
    "windows end two days early": Fault(
        ("accounts/due_shards", OPENING), {"last_day < :due_before": "last_day < cast(:due_before as date) + 2"}
    ),
    "an opening does not look again": Fault(
        (OPENING,),
        {
            "j.status = 'NOTIFIED'\n": "j.status in ('NOTIFIED', 'OPPOSED')\n",
            "o.person_id = j.person_id and o.campaign_id = j.campaign_id": "false",
        },
    ),
    "an opening forgets that a space is open": Fault(
        (OPENING,),
        {
            "set status = d.status, reason = d.reason": "set reason = d.reason",
            "d.manager, j.status": "d.manager, d.status",
            "when t.account_id is not null then 'ALREADY_OPEN'": "",
        },
        (AssertionError, RuleError),
    ),
    "late oppositions close nothing": Fault(("accounts/close_on_late_opposition",), {"'CLOSING'": "'NOTHING'"}),
    "a lock forgets earlier files": Fault(("oppositions/find_people",), {"coalesce(f.failures, 0) as failures": "0 as failures"}),
    "a bounce changes nothing": Fault(("notices/fall_back_to_letter",), {"a.channel = 'EMAIL'": "false"}),
    "a dead code is forgotten": Fault(("oppositions/find_people",), {"  d.died_at,\n": "  cast(null as timestamptz) as died_at,\n"}),
}


@pytest.fixture
def machine(campaign: Campaign, fresh_campaign: Callable[[], Campaign]) -> type[Journeys]:
    """The machine, which begins each example with an empty campaign."""
    Journeys.fresh = staticmethod(fresh_campaign)  # type: ignore[assignment]
    return Journeys


@contextmanager
def planted(fault: Fault, campaign: Campaign, folder: Path) -> Iterator[None]:
    """Run the statements of a copy in which a guard is missing."""
    copy, real = copytree(campaign.home.db.folder, folder), campaign.home.db.folder
    for name, (guard, other) in product(fault.statements, fault.texts.items()):
        file = copy / f"{name}.sql"
        assert guard in file.read_text()
        file.write_text(file.read_text().replace(guard, other))
    campaign.home.db.folder = copy
    try:
        yield
    finally:
        campaign.home.db.folder = real


def must_find(machine: type[Journeys], seen_as: tuple[type[Exception], ...] = (AssertionError,)) -> None:
    with pytest.raises(seen_as):
        run_state_machine_as_test(machine, settings=UNTIL_FOUND)  # type: ignore[no-untyped-call]


@pytest.mark.timeout(280)
def test_no_order_of_events_breaks_a_rule(machine: type[Journeys]) -> None:
    run_state_machine_as_test(machine, settings=SETTINGS)  # type: ignore[no-untyped-call]


@pytest.mark.timeout(280)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_guard_that_is_taken_out_is_missed(machine: type[Journeys], campaign: Campaign, fault: Fault, tmp_path: Path) -> None:
    with planted(fault, campaign, tmp_path / "sql"):
        must_find(machine, fault.seen_as)


@pytest.mark.timeout(280)
def test_a_last_day_that_ends_a_day_early_is_missed(machine: type[Journeys], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.oppositions.verification.end_of", lambda day: end_of(day - timedelta(days=1)))
    must_find(machine)
