"""What several scenarios begin with."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.installation import Installation
from pipelines.registry.quarantine import export
from tests.campaign_driver import Campaign
from tests.death_register import Register
from tests.quarantine_driver import FOLDER, LATER, WHY


@pytest.fixture
def exported(campaign: Campaign, tmp_path: Path) -> Callable[..., list[dict[str, str]]]:
    """A function that exports a delivery's quarantine and reads the file back."""

    def read(folder: str = FOLDER, name: str = "rejets.csv") -> list[dict[str, str]]:
        home = campaign.home
        export(home.db, home.store, home.settings, folder, tmp_path / name, "ops", WHY, LATER)
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream, delimiter=";"))

    return read


@pytest.fixture
def register(installation: Installation, owner: sa.Engine) -> Register:
    """A registry of nobody, and the civil register beside it."""
    return Register(installation, owner)
