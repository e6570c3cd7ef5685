"""A relay is given no more messages in a day than was agreed with its operator, whatever the runs and tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from pipelines.notices.email_dispatch import plan_emails, send_emails
from pipelines.notices.emails.relays import Relays
from pipelines.platform.settings import SmtpRelay
from tests.campaign_driver import SENT, Campaign, paris
from tests.registry_builder import invent

NEXT_DAY = paris(2022, 2, 1)
PEOPLE = [invent(number) for number in range(1, 6)]


@pytest.fixture
def told(campaign: Campaign) -> Campaign:
    """Five people whose e-mails may leave."""
    campaign.register(*PEOPLE)
    campaign.decide(campaign.plan())
    return campaign


def send(campaign: Campaign, relays: Sequence[SmtpRelay], at: datetime = SENT) -> int:
    """Send what waits through some relays; return how many left."""
    sent = 0
    for shard in plan_emails(campaign.home.db, campaign.content, campaign.home.settings.shard_size):
        with campaign.relay() as dispatch, Relays(relays, {}) as capped:
            sent += send_emails(replace(dispatch, relays=capped), shard, at)["sent"]
    return sent


def capped(campaign: Campaign, a_day: int, connections: int = 1) -> SmtpRelay:
    """Return the campaign's relay with a cap."""
    return campaign.home.settings.relays[0].model_copy(update={"a_day": a_day, "connections": connections})


@pytest.mark.parametrize("connections", [1, 4])
def test_no_more_than_the_cap_leaves_in_a_day(told: Campaign, connections: int) -> None:
    sent = send(told, [capped(told, 2, connections)])
    assert (sent, len(told.mails())) == (2, 2)


def test_a_later_run_of_the_day_sends_no_more(told: Campaign) -> None:
    send(told, [capped(told, 2)])
    assert send(told, [capped(told, 2)], paris(2022, 1, 31, 18)) == 0


def test_what_was_beyond_the_cap_leaves_on_the_next_day(told: Campaign) -> None:
    send(told, [capped(told, 3)])
    assert send(told, [capped(told, 3)], NEXT_DAY) == 2


def test_what_was_reserved_and_not_used_is_left_for_the_day(told: Campaign) -> None:
    send(told, [capped(told, 100)])
    assert [row["messages"] for row in told.rows("select messages from notices.relay_day")] == [5]


def test_a_relay_without_a_cap_takes_what_the_other_may_not(told: Campaign) -> None:
    free = told.home.settings.relays[0].model_copy(update={"host": "localhost"})
    assert send(told, [capped(told, 1), free]) == 5


def test_nothing_waits_claimed_for_the_next_day(told: Campaign) -> None:
    send(told, [capped(told, 2)])
    assert sorted(row["status"] for row in told.rows("select status from campaign.attempt")) == ["PREPARED"] * 3 + ["SENT"] * 2
