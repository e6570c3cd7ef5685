"""A hospital's feed, and somebody whose space is open."""

from __future__ import annotations

import pytest

from pipelines.documents.feed import Feed
from tests.campaign_driver import Campaign
from tests.feed_driver import HOSPITAL, FeedDriver, open_spaces
from tests.registry_builder import Person, invent


@pytest.fixture
def somebody() -> Person:
    return invent(1)


@pytest.fixture
def somebody_else() -> Person:
    return invent(2)


@pytest.fixture
def hospital(campaign: Campaign, somebody: Person, somebody_else: Person) -> FeedDriver:
    """The feed of a hospital, in a country where two people have a space."""
    open_spaces(campaign, [somebody, somebody_else])
    return FeedDriver(campaign, Feed.model_validate(HOSPITAL))
