"""A delivery whose intake is killed, anywhere, and taken up again ends in the tables of one that nobody disturbed, ids included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

from pipelines.platform.clock import ClockMode
from pipelines.platform.database import Session
from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.embedded.postgres import Postgres
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.registry import intake
from pipelines.registry.steps import find_deliveries
from tests.campaign_driver import Campaign
from tests.conftest import PROJECT
from tests.faults.victims import PATIENCE, Victims
from tests.registry_builder import FILE, invent
from tests.registry_history import HISTORY, LAST, Delivery
from tests.registry_state import put_delivery, register_all, report_of, state, take_in_with

BEFORE = HISTORY[:3]
GROUP_ROWS = 4  # seven portions, of which the first newcomers are in the second
CUT = {"portion_rows": GROUP_ROWS, "intake_workers": 1}
ENVIRONMENT = {"ESPACE_SANTE_PORTION_ROWS": str(GROUP_ROWS), "ESPACE_SANTE_INTAKE_WORKERS": "1"}
MARKERS = [
    ("registry/reserve_ids", 1, "before"),
    ("registry/keep_portions", 1, "after"),
    ("registry/merge_persons", 2, "after"),
    ("registry/count_departments", 4, "after"),
    ("platform/begin_work", 4, "before"),
    ("registry/link_newcomers", 2, "before"),
    ("registry/doubt_same_traits", 1, "before"),
    ("registry/end_rights", 1, "after"),
    ("registry/find_awaited", 1, "after"),
    ("registry/finish_delivery", 1, "before"),
    ("put", 1, "before"),
    ("put", 1, "after"),
]
NATION_MARKERS = [
    ("registry/count_departments", 1, "after"),
    ("platform/begin_work", 4, "before"),
    ("registry/build_identifier_key", 1, "before"),
    ("registry/link_newcomers", 2, "after"),
    ("registry/build_indexes", 1, "before"),
    ("registry/finish_delivery", 1, "before"),
]
INDEXES = """
select c.oid::regclass::text as name, i.indisvalid as valid
from pg_index as i join pg_class as c on i.indexrelid = c.oid
where c.relnamespace = 'registry'::regnamespace order by 1
"""


def put(campaign: Campaign, delivery: Delivery) -> str:
    """Put a delivery down that is cut into portions."""
    return put_delivery(campaign, delivery.people, delivery.body, delivery.on, delivery.kind, GROUP_ROWS)


def begin(campaign: Campaign, *deliveries: Delivery) -> None:
    """Take in what comes before."""
    for delivery in deliveries:
        take_in_with(campaign, put(campaign, delivery), delivery.on, intake_workers=1)


def lose_digests(campaign: Campaign) -> None:
    """Lose every digest that was kept."""
    for key in campaign.home.store.keys("registry", "digests/"):
        campaign.home.store.delete("registry", key)


def taken(campaign: Campaign, folder: str) -> dict[str, Any]:
    """Take in a delivery; return all that it leaves, its report included."""
    take_in_with(campaign, folder, LAST.on, **CUT)
    return {**state(campaign), "report": report_of(campaign, folder)}


@pytest.fixture(scope="module")
def remembered() -> dict[str, dict[str, Any]]:
    """What undisturbed intakes left, by the name of what they took in."""
    return {}


@pytest.fixture
def undisturbed(remembered: dict[str, dict[str, Any]], fresh_campaign: Callable[[], Campaign]) -> dict[str, Any]:
    """What the last delivery of the history leaves where nobody kills its intake."""
    if "last" not in remembered:
        campaign = fresh_campaign()
        begin(campaign, *BEFORE)
        remembered["last"] = taken(campaign, put(campaign, LAST))
        fresh_campaign()
    return remembered["last"]


@pytest.fixture
def undisturbed_nation(remembered: dict[str, dict[str, Any]], fresh_campaign: Callable[[], Campaign]) -> dict[str, Any]:
    """What the first delivery of all leaves where nobody kills its intake."""
    if "first" not in remembered:
        campaign = fresh_campaign()
        remembered["first"] = {**taken(campaign, put(campaign, HISTORY[0])), "indexes": campaign.rows(INDEXES)}
        fresh_campaign()
    return remembered["first"]


@pytest.fixture
def folder(campaign: Campaign, undisturbed: dict[str, Any]) -> str:
    """The last delivery of the history, which waits."""
    begin(campaign, *BEFORE)
    return put(campaign, LAST)


@pytest.mark.parametrize(("method", "call", "moment"), MARKERS)
def test_a_delivery_that_is_killed_ends_as_if_nobody_had(
    campaign: Campaign, undisturbed: dict[str, Any], folder: str, victims: Victims, until_free: Callable[[], None], method: str, call: int,
    moment: str,
) -> None:  # fmt: skip
    victims.kill("take_in", method, call, moment, **ENVIRONMENT)
    until_free()
    assert taken(campaign, folder) == undisturbed


@pytest.mark.parametrize(("method", "call", "moment"), NATION_MARKERS)
def test_a_first_delivery_that_is_killed_without_its_indexes_ends_as_if_nobody_had(
    campaign: Campaign, undisturbed_nation: dict[str, Any], victims: Victims, until_free: Callable[[], None], method: str, call: int,
    moment: str,
) -> None:  # fmt: skip
    folder = put(campaign, HISTORY[0])
    victims.kill("take_in", method, call, moment, WORTH_DEFERRING="1", **ENVIRONMENT)
    until_free()
    assert {**taken(campaign, folder), "indexes": campaign.rows(INDEXES)} == undisturbed_nation


def test_a_delivery_that_is_killed_twice_ends_as_if_nobody_had(
    campaign: Campaign, undisturbed: dict[str, Any], folder: str, victims: Victims, until_free: Callable[[], None]
) -> None:
    for method, call in (("registry/count_departments", 3), ("registry/link_newcomers", 1)):
        victims.kill("take_in", method, call, "after", **ENVIRONMENT)
        until_free()
    assert taken(campaign, folder) == undisturbed


def test_a_delivery_that_is_killed_while_several_portions_are_under_way_ends_as_if_nobody_had(
    campaign: Campaign, undisturbed: dict[str, Any], folder: str, victims: Victims, until_free: Callable[[], None]
) -> None:
    victims.kill("take_in", "registry/merge_persons", 4, "after", **{**ENVIRONMENT, "ESPACE_SANTE_INTAKE_WORKERS": "2"})
    until_free()
    assert taken(campaign, folder) == undisturbed


def test_a_load_without_indexes_has_them_all_in_the_end(
    campaign: Campaign, undisturbed_nation: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WORTH_DEFERRING", 1)
    take_in_with(campaign, put(campaign, HISTORY[0]), LAST.on, **CUT)
    found = campaign.rows(INDEXES)
    assert found == undisturbed_nation["indexes"] and {row["valid"] for row in found} == {True}


def test_a_delivery_is_taken_up_again_with_the_portions_that_it_began_with(
    campaign: Campaign, undisturbed: dict[str, Any], folder: str, victims: Victims, until_free: Callable[[], None]
) -> None:
    victims.kill("take_in", "registry/count_departments", 3, "after", **ENVIRONMENT)
    until_free()
    take_in_with(campaign, folder, LAST.on, portion_rows=GROUP_ROWS * 2, intake_workers=1)
    assert {**state(campaign), "report": report_of(campaign, folder)} == undisturbed


def test_a_delivery_whose_digests_vanish_meanwhile_ends_as_if_nobody_had_killed_it(
    campaign: Campaign, undisturbed: dict[str, Any], folder: str, victims: Victims, until_free: Callable[[], None]
) -> None:
    victims.kill("take_in", "registry/count_departments", 3, "after", **ENVIRONMENT)
    until_free()
    lose_digests(campaign)
    assert taken(campaign, folder) == undisturbed


def test_a_delivery_without_digests_of_the_last_one_that_is_killed_at_its_end_ends_as_if_nobody_had(
    campaign: Campaign, undisturbed: dict[str, Any], folder: str, victims: Victims, until_free: Callable[[], None]
) -> None:
    lose_digests(campaign)
    victims.kill("take_in", "registry/finish_delivery", 1, "before", **ENVIRONMENT)
    until_free()
    assert taken(campaign, folder) == undisturbed


def test_no_other_delivery_is_begun_while_one_is_half_in(
    campaign: Campaign, folder: str, victims: Victims, until_free: Callable[[], None]
) -> None:
    victims.kill("take_in", "registry/count_departments", 3, "after", **ENVIRONMENT)
    until_free()
    with pytest.raises(RetryableError, match="is finished first"):
        register_all(campaign, invent(99), body="MGEN", on=LAST.on)


def test_a_delivery_that_is_half_in_is_never_refused(
    campaign: Campaign, undisturbed: dict[str, Any], folder: str, victims: Victims, until_free: Callable[[], None]
) -> None:
    victims.kill("take_in", "registry/count_departments", 3, "after", **ENVIRONMENT)
    until_free()
    store, key = campaign.home.store, f"{folder}/{FILE}"
    content = store.get("registry", key)
    store.put("registry", key, content[:-1])
    with pytest.raises(FinalError, match="cannot be finished"):
        take_in_with(campaign, folder, LAST.on, **CUT)
    assert find_deliveries(campaign.home.db, store) == [folder]
    store.put("registry", key, content)
    assert taken(campaign, folder) == undisturbed


def test_what_a_killed_run_left_on_the_disk_is_removed_by_the_next(
    campaign: Campaign, folder: str, victims: Victims, until_free: Callable[[], None]
) -> None:
    victims.kill("take_in", "registry/count_departments", 3, "after", **ENVIRONMENT)
    until_free()
    assert list(campaign.home.settings.var.glob("work-*/")) != []
    taken(campaign, folder)
    assert list(campaign.home.settings.var.glob("work-*/")) == []


def test_the_workers_of_a_killed_run_end_with_it(campaign: Campaign, folder: str, victims: Victims) -> None:
    with victims.stopped("take_in", "compare", 1, "before", **{**ENVIRONMENT, "ESPACE_SANTE_INTAKE_WORKERS": "2"}) as process:
        workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2 and psutil.wait_procs(workers, timeout=PATIENCE)[1] == []


def test_a_second_run_is_told_to_come_later(campaign: Campaign, folder: str, victims: Victims) -> None:
    with (
        victims.stopped("take_in", "registry/count_departments", 3, "before", **ENVIRONMENT),
        pytest.raises(RetryableError, match="another run is busy"),
    ):
        taken(campaign, folder)


# The database goes, the process stays.


@pytest.fixture
def struck(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int, Callable[[], None]], None]:
    """A function that strikes once, before a certain call of a statement."""

    def strike(statement: str, call: int, blow: Callable[[], None]) -> None:
        calls = iter(range(1, 1000))

        def watched(name: str) -> None:
            original = getattr(Session, name)

            def striking(session: Session, asked: str, /, **binds: object) -> Any:
                if asked == statement and next(calls) == call:
                    blow()
                return original(session, asked, **binds)

            monkeypatch.setattr(Session, name, striking)

        for name in ("all", "one", "run"):
            watched(name)

    return strike


STRUCK = [("registry/keep_portions", 1), ("registry/merge_persons", 2), ("registry/find_awaited", 1), ("registry/finish_delivery", 1)]


@pytest.mark.parametrize(("statement", "call"), STRUCK)
def test_a_delivery_whose_connections_are_cut_ends_as_if_nobody_had(
    campaign: Campaign, undisturbed: dict[str, Any], folder: str, struck: Callable[..., None], statement: str, call: int
) -> None:
    def cut() -> None:
        with Postgres(EmbeddedPlatform(PROJECT, campaign.home.settings.var, {}).instance(), {}).connect() as connection:
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'espace_pipeline_login'")

    struck(statement, call, cut)
    with pytest.raises(RetryableError):
        taken(campaign, folder)
    assert taken(campaign, folder) == undisturbed


@pytest.fixture
def server(campaign: Campaign) -> Iterator[EmbeddedPlatform]:
    """The servers of this test, which are brought up again whatever happens."""
    platform = EmbeddedPlatform(PROJECT, campaign.home.settings.var, {})
    yield platform
    platform.up(ClockMode.REPLAY, with_airflow=False)
    campaign.owner.dispose()


@pytest.mark.parametrize(("statement", "call"), STRUCK[1:3])
def test_a_delivery_whose_database_is_killed_ends_as_if_nobody_had(
    campaign: Campaign,
    undisturbed: dict[str, Any],
    folder: str,
    struck: Callable[..., None],
    server: EmbeddedPlatform,
    statement: str,
    call: int,
) -> None:
    def kill() -> None:
        processes = Postgres(server.instance(), {}).processes()
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, timeout=PATIENCE)

    struck(statement, call, kill)
    with pytest.raises(RetryableError):
        taken(campaign, folder)
    server.up(ClockMode.REPLAY, with_airflow=False)
    campaign.owner.dispose()
    with campaign.owner.begin() as connection:
        assert (
            connection.execute(sa.text("select status from registry.delivery where folder = :f"), {"f": folder}).scalar_one() == "LOADING"
        )
    assert taken(campaign, folder) == undisturbed
