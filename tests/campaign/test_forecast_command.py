"""`espace-sante campaign forecast`, on a real database."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipelines.cli import app
from tests.campaign_driver import Campaign
from tests.registry_builder import by_letter, invent


@pytest.fixture
def here(campaign: Campaign, at_a_shell: None) -> Campaign:
    """Commands run on the database of the test, where seven people are to be told by e-mail and three by letter."""
    campaign.register(*[invent(number) for number in range(1, 8)], *[by_letter(number) for number in range(8, 11)])
    return campaign


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["campaign", "forecast", *arguments])


def shown(*arguments: str) -> dict[str, Any]:
    result = run("--start", "2022-01-31", "--json", *arguments)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_the_caps_of_the_policy_count_unless_others_are_given(here: Campaign) -> None:
    policy = {"emails_a_day": here.home.policy.emails_a_day, "letters_a_day": here.home.policy.letters_a_day, "notices_a_day_by_body": {}}
    assert shown()["caps"] == policy
    assert shown("--emails-a-day", "3")["caps"] == {**policy, "emails_a_day": 3}


def test_other_caps_change_the_end(here: Campaign) -> None:
    ends = [shown("--emails-a-day", cap)["sending_ends_on"] for cap in ("7", "3", "1")]
    assert ends == ["2022-02-01", "2022-02-02", "2022-02-08"]


def test_a_cap_of_0_is_a_question_like_any_other(here: Campaign) -> None:
    assert shown("--letters-a-day", "0")["left_over"] == 3
    assert "NEVER REACHED with these caps: 3 people" in run("--letters-a-day", "0").stdout


def test_the_forecast_begins_today_unless_a_day_is_given(here: Campaign) -> None:
    assert shown()["begins_on"] == "2022-01-31"
    assert date.fromisoformat(json.loads(run("--json").stdout)["begins_on"]) > date(2022, 1, 31)


def test_plain_words_tell_the_end_the_window_the_cost_and_the_calls(here: Campaign) -> None:
    told = run("--start", "2022-01-31", "--emails-a-day", "1").stdout
    assert "sending ends on Tuesday 08 February 2022; the last window ends on Tuesday 22 March 2022" in told
    assert "euros (price to be confirmed)" in told and "calls on 3422" in told and "2022-01-31" in told


def test_the_page_is_written_where_it_is_asked_for(here: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "forecast.html"
    assert run("--start", "2022-01-31", "--page", str(file)).exit_code == 0
    assert "Monday 31 January 2022" in file.read_text()


def test_a_page_that_cannot_be_written_is_told_in_one_sentence(here: Campaign, tmp_path: Path) -> None:
    result = run("--page", str(tmp_path / "nowhere" / "forecast.html"))
    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (1, 1)


def test_nothing_is_planned_by_looking_ahead(here: Campaign) -> None:
    before = here.everything()
    shown("--emails-a-day", "3")
    assert here.everything() == before
