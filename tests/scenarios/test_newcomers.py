"""Who becomes eligible after their department was told is planned on the next day, by what the registry noted, not by reading it again."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from pipelines.campaign.steps import plan_notices
from pipelines.campaign.waves import Wave
from tests.campaign_driver import SENT, Campaign, paris
from tests.registry_builder import invent

LATER = date(2022, 1, 31)
NEXT_DAY, DAY_AFTER = paris(2022, 2, 1), paris(2022, 2, 2)
SETTLED, NEWCOMER, ANOTHER = invent(1), invent(2), invent(3)


def tell(campaign: Campaign, at: datetime, **policy: int) -> Wave:
    """Plan a wave that leaves a department alone for a week once it is told, and let it leave."""
    home = campaign.home
    weekly = home.policy.model_copy(update={"look_again_after_days": 7, **policy})
    wave = plan_notices(home.db, weekly, campaign.content, at, "ops")
    campaign.decide(wave, at=at)
    campaign.send(at)
    return wave


def tell_the_department(campaign: Campaign) -> None:
    """Tell everyone of the department."""
    campaign.register(SETTLED)
    tell(campaign, SENT)


def test_a_newcomer_of_a_told_department_is_told_on_the_next_day(campaign: Campaign) -> None:
    tell_the_department(campaign)
    campaign.register(SETTLED, NEWCOMER, on=LATER)
    tell(campaign, NEXT_DAY)
    assert campaign.status(NEWCOMER) == "NOTIFIED"


def test_a_newcomer_is_counted_in_the_department(campaign: Campaign) -> None:
    tell_the_department(campaign)
    campaign.register(SETTLED, NEWCOMER, on=LATER)
    assert list(tell(campaign, NEXT_DAY).by("emails").values()) == [1]


def test_a_newcomer_beyond_the_cap_is_told_the_day_after(campaign: Campaign) -> None:
    tell_the_department(campaign)
    campaign.register(SETTLED, NEWCOMER, ANOTHER, on=LATER)
    first, second = tell(campaign, NEXT_DAY, emails_a_day=1), tell(campaign, DAY_AFTER, emails_a_day=1)
    assert (first.emails, second.emails, sorted(map(campaign.status, (NEWCOMER, ANOTHER)))) == (1, 1, ["NOTIFIED", "NOTIFIED"])


def test_a_child_without_representative_is_told_once_one_is_known(campaign: Campaign) -> None:
    child = invent(4, birth_date="20150412", representative_1=NEWCOMER.matricule)
    campaign.register(SETTLED, child)
    tell(campaign, SENT)
    before = campaign.status(child)
    campaign.register(SETTLED, child, NEWCOMER, on=LATER)
    tell(campaign, NEXT_DAY)
    assert (before, campaign.status(child)) == ("EXCLUDED", "NOTIFIED")


def test_nobody_else_of_the_department_is_looked_at(campaign: Campaign) -> None:
    unreachable = invent(5, email=None, address_4="1 " + "LONGUE " * 8)
    campaign.register(SETTLED, unreachable)
    tell(campaign, SENT)
    campaign.register(SETTLED, unreachable.but(email="retrouvee@courriel.example"), NEWCOMER, on=LATER)
    tell(campaign, NEXT_DAY)
    assert (campaign.status(NEWCOMER), campaign.status(unreachable)) == ("NOTIFIED", "EXCLUDED")


def test_facts_are_read_once(campaign: Campaign) -> None:
    tell_the_department(campaign)
    campaign.register(SETTLED, NEWCOMER, on=LATER)
    tell(campaign, NEXT_DAY)
    with campaign.home.db.transaction() as session:
        found = session.one("campaign/facts_to_read", campaign_id=1)
        noted = session.all(
            "campaign/noted_people", **found, kinds=["ARRIVED", "BORN"], campaign_id=1, day=DAY_AFTER.date(), again_after_days=7
        )
    assert noted == []


def test_a_database_whose_numbers_began_anew_is_read_from_the_beginning(campaign: Campaign) -> None:
    tell_the_department(campaign)
    with campaign.home.db.engine.begin() as connection:
        connection.execute(
            sa.text("update platform.unit_of_work set counts = counts || cast(:ahead as jsonb) where step = 'plan_notices'"),
            {"ahead": '{"facts_read": 9000000000}'},
        )
    with campaign.home.db.transaction() as session:
        assert session.one("campaign/facts_to_read", campaign_id=1)["after"] == 0
