"""A day of a channel of which somebody's opposition may still be unknown is seen, until the channel has said what it holds."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from tests.campaign_driver import Campaign, paris

DAY = date(2022, 2, 10)
MORNING_AFTER = paris(2022, 2, 11, 6)
GOOD_LINES = b'{"not": "a request"}\n'


def announce(campaign: Campaign, *files: str, day: date = DAY, channel: str = "WEB", name: str = "1") -> dict[str, object]:
    content = json.dumps({"day": day.isoformat(), "files": files}).encode()
    (answer,) = campaign.opposition_file(content, MORNING_AFTER, channel, name=f"{name}.day.json")
    return answer


def open_days(campaign: Campaign, *daily: str) -> list[tuple[str, str]]:
    rows = campaign.rows("select * from oppositions.open_days(:daily, :day, :day)", daily=list(daily), day=DAY)
    return [(row["channel"], row["missing"]) for row in rows]


def test_a_day_that_was_not_announced_is_open(campaign: Campaign) -> None:
    assert open_days(campaign, "WEB", "PAPER") == [("WEB", "NOT_ANNOUNCED"), ("PAPER", "NOT_ANNOUNCED")]


def test_a_day_without_requests_is_complete_once_announced(campaign: Campaign) -> None:
    assert announce(campaign) == {"announced": True} and open_days(campaign, "WEB") == []


def test_a_day_is_open_until_its_file_has_come(campaign: Campaign) -> None:
    announce(campaign, "a.jsonl")
    before = open_days(campaign, "WEB")
    campaign.opposition_file(GOOD_LINES, MORNING_AFTER, name="a.jsonl")
    assert (before, open_days(campaign, "WEB")) == ([("WEB", "FILE_MISSING")], [])


def test_a_day_whose_file_was_refused_is_open_until_another_is_named(campaign: Campaign) -> None:
    campaign.opposition_file(b"\xff", MORNING_AFTER, name="a.jsonl")
    announce(campaign, "a.jsonl")
    before = open_days(campaign, "WEB")
    campaign.opposition_file(GOOD_LINES, MORNING_AFTER, name="b.jsonl")
    announce(campaign, "b.jsonl", name="2")
    assert (before, open_days(campaign, "WEB")) == ([("WEB", "FILE_REFUSED")], [])


def test_a_refused_file_opens_its_day_on_a_channel_that_does_not_report_daily(campaign: Campaign) -> None:
    campaign.opposition_file(b"\xff", paris(2022, 2, 10), name="a.jsonl")
    before = open_days(campaign)
    announce(campaign)
    assert (before, open_days(campaign)) == ([("WEB", "FILE_REFUSED")], [])


@pytest.mark.parametrize("days_too_early", [0, 1])
def test_a_day_that_is_not_over_cannot_be_announced(campaign: Campaign, days_too_early: int) -> None:
    day = MORNING_AFTER.date() + timedelta(days=days_too_early)
    assert set(announce(campaign, day=day)) == {"file_refused"}
    assert campaign.rows("select day from oppositions.announced_day") == []


def test_a_channel_speaks_for_itself_only(campaign: Campaign) -> None:
    announce(campaign, channel="PAPER")
    assert open_days(campaign, "WEB", "PAPER") == [("WEB", "NOT_ANNOUNCED")]
