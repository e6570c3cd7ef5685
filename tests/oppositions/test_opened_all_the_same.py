"""Who opposed in time and was opened all the same: the space closes, and operations are told at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

from pipelines.oppositions.opened_all_the_same import require_nobody_opened_all_the_same
from pipelines.platform.errors import FinalError
from tests.campaign_driver import OPENING, Campaign, paris, request
from tests.registry_builder import Person

LAST_SECOND = paris(2022, 3, 14, 23, 59, 59)
READ = OPENING + timedelta(hours=1)
NEXT_RUN = OPENING + timedelta(days=1)


@pytest.fixture
def read_too_late(campaign: Campaign, person: Person, code: str) -> Person:
    """Somebody whose opposition of the last second was read after the opening."""
    campaign.open()
    campaign.oppose(request(person, code, LAST_SECOND), at=READ, channel="PHONE_3422")
    return person


def test_the_run_that_read_it_is_red_and_names_the_channel(campaign: Campaign, read_too_late: Person) -> None:
    with pytest.raises(FinalError, match=r"opened all the same \(1 of PHONE_3422\)"):
        require_nobody_opened_all_the_same(campaign.home.db, READ)


def test_another_run_is_not(campaign: Campaign, read_too_late: Person) -> None:
    require_nobody_opened_all_the_same(campaign.home.db, NEXT_RUN)


def test_a_request_that_came_after_the_last_day_is_no_such_case(campaign: Campaign, person: Person, code: str) -> None:
    campaign.open()
    campaign.oppose(request(person, code, OPENING), at=READ)
    require_nobody_opened_all_the_same(campaign.home.db, READ)


def test_the_next_run_closes_the_space_and_the_books_balance(campaign: Campaign, read_too_late: Person) -> None:
    campaign.close(NEXT_RUN)
    assert [account["status"] for account in campaign.accounts(read_too_late)] == ["CLOSED"] and campaign.broken_equations() == []


def test_a_run_that_leaves_it_open_breaks_an_equation(
    campaign: Campaign, read_too_late: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copytree(campaign.home.db.folder, tmp_path / "sql")
    file = folder / "accounts" / "close_on_late_opposition.sql"
    file.write_text(file.read_text().replace("'CLOSING'", "'NOTHING'"))
    with monkeypatch.context() as patch:
        patch.setattr(campaign.home.db, "folder", folder)
        campaign.close(NEXT_RUN)
    assert any("07_closings" in broken for broken in campaign.broken_equations())
