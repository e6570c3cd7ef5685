"""The site and the intake together, on a real database: what is typed counts, whenever its file is taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.platform.settings import Settings
from tests.campaign_driver import LAST_DAY, SENT, Campaign, paris
from tests.portal.conftest import Portal, SetClock, Visitor, served
from tests.portal.people import typed
from tests.registry_builder import Person


@pytest.fixture
def portal(campaign: Campaign, portal_settings: Settings) -> Iterator[Portal]:
    """The site, whose files the intake takes."""
    with served(portal_settings, campaign.home.store, SetClock(SENT + timedelta(days=10))) as running:
        yield running


def take_in(portal: Portal, campaign: Campaign, later: timedelta = timedelta(minutes=1)) -> None:
    """Let time pass, and the intake run."""
    portal.clock.now += later
    portal.handing_over.hand_over()
    campaign.take_in_oppositions(portal.clock.now)


def test_a_request_becomes_an_opposition_with_the_proof_that_its_person_reads(
    portal: Portal, visitor: Visitor, campaign: Campaign, person: Person, code: str
) -> None:
    visitor.oppose(typed(person, code))
    take_in(portal, campaign)
    page = visitor.get("/recepisse").text
    (kept,) = campaign.rows("select channel, receipt from oppositions.request")
    assert campaign.status(person) == "OPPOSED" and kept["channel"] == "WEB" and kept["receipt"] in page


def test_a_request_at_the_last_minute_counts_whenever_its_file_is_taken(
    portal: Portal, visitor: Visitor, campaign: Campaign, person: Person, code: str
) -> None:
    portal.clock.now = paris(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 23, 59, 59)
    visitor.oppose(typed(person, code))
    take_in(portal, campaign, timedelta(minutes=20))
    campaign.open()
    assert campaign.rows("select cause from oppositions.request") == [{"cause": None}] and campaign.accounts(person) == []


def test_a_day_of_the_site_is_complete_for_the_intake_once_it_is_over(
    portal: Portal, visitor: Visitor, campaign: Campaign, person: Person, code: str
) -> None:
    day = portal.clock.now.date()
    missing = "select missing from oppositions.open_days(array['WEB'], :day, :day)"
    visitor.oppose(typed(person, code))
    take_in(portal, campaign)
    before = campaign.rows(missing, day=day)
    take_in(portal, campaign, timedelta(days=1))
    assert (before, campaign.rows(missing, day=day)) == ([{"missing": "NOT_ANNOUNCED"}], [])


def test_a_new_code_is_asked_for_and_the_old_one_is_then_refused(
    portal: Portal, visitor: Visitor, campaign: Campaign, person: Person, code: str
) -> None:
    visitor.get("/code-perdu")
    visitor.post("/code-perdu", **typed(person, ""))
    take_in(portal, campaign)
    asked = visitor.get("/recepisse").text
    visitor.oppose(typed(person, code))
    take_in(portal, campaign)
    refused = visitor.get("/recepisse").text
    assert "Demande de nouveau code traitée" in asked and "Non enregistrée" in refused
