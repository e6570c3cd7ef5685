"""The systems behind, on the campaign's own installation."""

from __future__ import annotations

import pytest

from tests.accounts.systems_behind import SystemsBehind
from tests.campaign_driver import Campaign


@pytest.fixture
def systems(campaign: Campaign) -> SystemsBehind:
    """The three systems behind, which have heard of nobody yet."""
    return SystemsBehind(campaign)
