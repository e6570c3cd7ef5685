"""Coming of age is noted once, on the day, whatever run was missed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipelines.registry.birth_date import majority_on, normalise_birth_date
from pipelines.registry.majority import note_majorities
from tests.campaign_driver import Campaign, paris
from tests.registry_builder import invent
from tests.registry_state import facts

DAY = date(2022, 3, 1)
CHILD = invent(1, birth_date="20040301")


def at(day: date, hour: int = 1) -> datetime:
    """Return an hour of a day in Paris."""
    return paris(day.year, day.month, day.day, hour)


def note(campaign: Campaign, *days: date) -> list[int]:
    """Note who came of age on some days; return how many each time."""
    return [note_majorities(campaign.home.db, at(day)) for day in days]


def test_who_comes_of_age_today_is_noted_today(campaign: Campaign) -> None:
    campaign.register(CHILD, invent(2, birth_date="20040302"), invent(3, birth_date="20040228"))
    assert note(campaign, DAY) == [1] and facts(campaign, CHILD) == [("CAME_OF_AGE", DAY)]


def test_a_day_is_noted_once(campaign: Campaign) -> None:
    campaign.register(CHILD)
    assert note(campaign, DAY, DAY) == [1, 1] and facts(campaign, CHILD) == [("CAME_OF_AGE", DAY)]


def test_nobody_is_noted_again_on_the_next_day(campaign: Campaign) -> None:
    campaign.register(CHILD)
    assert note(campaign, DAY, DAY + timedelta(1)) == [1, 0]


def test_days_that_no_run_saw_are_made_up_for(campaign: Campaign) -> None:
    campaign.register(CHILD)
    assert note(campaign, DAY - timedelta(3), DAY + timedelta(5)) == [0, 1] and facts(campaign, CHILD) == [("CAME_OF_AGE", DAY)]


def test_a_day_that_is_run_late_notes_nobody_twice(campaign: Campaign) -> None:
    campaign.register(CHILD)
    note(campaign, DAY - timedelta(3), DAY + timedelta(5), DAY)
    assert facts(campaign, CHILD) == [("CAME_OF_AGE", DAY)]


def test_the_day_is_one_of_paris(campaign: Campaign) -> None:
    campaign.register(CHILD)
    assert [note_majorities(campaign.home.db, paris(2022, 2, 28, 23, 59)), note_majorities(campaign.home.db, paris(2022, 3, 1, 0))] == [
        0,
        1,
    ]


@pytest.mark.parametrize(
    "birth_date", ["20040229", "20040228", "20040301", "20040401", "20041231", "20040000", "20040300", "20080229", "20040101"]
)
def test_the_day_is_that_of_the_law(campaign: Campaign, birth_date: str) -> None:
    child = invent(1).but(birth_date=birth_date)
    born_on, _ = normalise_birth_date(birth_date)
    assert born_on is not None
    day = majority_on(born_on)
    campaign.register(child)
    assert note(campaign, day - timedelta(1), day) == [0, 1] and facts(campaign, child) == [("CAME_OF_AGE", day)]


@pytest.mark.parametrize("birth_date", ["20040229", "20040228", "20040301", "20041231", "20080229"])
def test_the_database_counts_as_the_law_does(campaign: Campaign, birth_date: str) -> None:
    born_on, _ = normalise_birth_date(birth_date)
    assert born_on is not None
    day = majority_on(born_on)
    (found,) = campaign.rows(
        "select registry.is_minor(:born, :eve) as eve, registry.is_minor(:born, :day) as day, registry.is_minor(null, :day) as unknown",
        born=born_on, eve=day - timedelta(1), day=day,
    )  # fmt: skip
    assert found == {"eve": True, "day": False, "unknown": False}


def test_who_is_of_age_since_long_is_no_news(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2, birth_date="20030301"))
    assert note(campaign, DAY) == [0]


def test_who_died_before_never_comes_of_age(campaign: Campaign) -> None:
    campaign.register(CHILD.but(died_on=date(2022, 1, 2)))
    assert note(campaign, DAY) == [0]


def test_the_index_of_minors_is_used(campaign: Campaign) -> None:
    statement = (campaign.home.db.folder / "registry" / "note_majorities.sql").read_text()
    with campaign.home.db.transaction() as session:
        found = session.connection.execute(sa.text(f"explain {statement}"), {"day": DAY, "unit": DAY.isoformat(), "work_id": 0})
        plan = "\n".join(found.scalars())
    assert "born_on_idx" in plan and "Seq Scan on person" not in plan
