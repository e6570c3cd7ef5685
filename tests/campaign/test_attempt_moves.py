"""The moves of an attempt that the database itself refuses, whatever statement asks for them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.campaign_driver import Campaign
from tests.registry_builder import invent


def move(campaign: Campaign, *statuses: str) -> None:
    """Move the only attempt from one status to the next."""
    with campaign.home.db.engine.begin() as connection:
        for status in statuses:
            connection.execute(
                sa.text(
                    "update campaign.attempt set status = cast(:status as campaign.attempt_status), failure = 'x', sent_on = '2022-01-31'"
                ),
                {"status": status},
            )


@pytest.mark.parametrize(
    "statuses",
    [
        ("SENT",),
        ("FAILED",),
        ("CLAIMED", "CANCELLED"),
        ("CLAIMED", "SENT", "PREPARED"),
        ("CLAIMED", "SENT", "CLAIMED"),
        ("CANCELLED", "PREPARED"),
    ],
    ids=" to ".join,
)
def test_what_would_lose_or_repeat_a_notice_is_refused(campaign: Campaign, statuses: tuple[str, ...]) -> None:
    campaign.register(invent(1))
    campaign.plan()
    move(campaign, *statuses[:-1])
    with pytest.raises(sa.exc.IntegrityError, match="this move of an attempt is not allowed"):
        move(campaign, statuses[-1])


def test_an_attempt_that_was_sent_may_fail_afterwards(campaign: Campaign) -> None:
    campaign.register(invent(1))
    campaign.plan()
    move(campaign, "CLAIMED", "PREPARED", "CLAIMED", "SENT", "FAILED")
    assert [row["status"] for row in campaign.rows("select status from campaign.attempt")] == ["FAILED"]
