"""Processes to be killed, and what their death leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaign_driver import Campaign
from tests.faults.victims import PATIENCE, Victims


@pytest.fixture
def victims(campaign: Campaign, tmp_path: Path) -> Victims:
    """What starts steps to be killed."""
    return Victims(campaign, tmp_path)


@pytest.fixture
def until_free(campaign: Campaign) -> Callable[[], None]:
    """Wait until the database has noticed that a killed process is gone: its locks fall with its connection."""

    def wait() -> None:
        deadline = time.monotonic() + PATIENCE
        while campaign.rows(
            "select 1 as busy from pg_stat_activity where usename = 'espace_pipeline_login' and pid <> pg_backend_pid() "
            "and (state like 'idle in transaction%' or pid in (select pid from pg_locks where locktype = 'advisory'))"
        ):
            assert time.monotonic() < deadline, "the killed process still holds its locks"
            time.sleep(0.02)

    return wait
