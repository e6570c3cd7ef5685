"""People with a space, and what drives their life."""

from __future__ import annotations

import pytest

from tests.campaign_driver import OPENING, Campaign
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent


@pytest.fixture
def lives(campaign: Campaign) -> Lives:
    """The spaces of an empty installation."""
    return Lives(campaign)


@pytest.fixture
def holder(campaign: Campaign) -> Person:
    """Somebody whose space was opened on 15 March 2022."""
    someone = invent(1)
    campaign.register(someone)
    campaign.notify()
    campaign.open(OPENING)
    return someone
