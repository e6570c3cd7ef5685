"""Doubts of the registry, raised and decided as the tests about them need."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.registry.doubts import Side, compare, decide_doubt, open_doubts
from tests.campaign_driver import Campaign, paris
from tests.registry_builder import Person, invent

DAY = date(2022, 1, 3)
WEEK_AFTER = date(2022, 1, 10)
LATER = paris(2022, 1, 20)
WHY = "both files seen"
ANNE = invent(1, affiliated_since=date(2015, 1, 1))
AGAIN = ANNE.but(matricule=invent(2).matricule, email="anne.msa@courriel.example", affiliated_since=date(2021, 12, 1))
OLDER, YOUNGER = 1, 2


def alike(campaign: Campaign, first: Person = ANNE, second: Person = AGAIN, body: str = "MSA") -> int:
    """Let two people with the same traits come, one after the other; return the doubt that it raises."""
    campaign.register(first, on=DAY)
    campaign.register(second, body=body, on=WEEK_AFTER)
    (doubt,) = open_doubts(campaign.home.db)
    return doubt.doubt_id


def two_people(campaign: Campaign) -> int:
    """Let a row say that two people whom the registry knows are one; return the doubt that it raises."""
    campaign.register(invent(1), invent(2), on=DAY)
    campaign.register(invent(2, former_matricule=invent(1).matricule), on=WEEK_AFTER)
    (doubt,) = open_doubts(campaign.home.db)
    return doubt.doubt_id


def decide(campaign: Campaign, doubt_id: int, same: bool, by: str = "chief", at: Any = LATER) -> None:
    """Decide on a doubt."""
    home = campaign.home
    decide_doubt(home.db, home.store, home.settings, doubt_id, same, by, WHY, at)


def sides(campaign: Campaign, doubt_id: int) -> tuple[Side, Side]:
    """Look at both sides of a doubt."""
    home = campaign.home
    return compare(home.db, home.store, home.settings, doubt_id, "ops", WHY, LATER)


def people(campaign: Campaign) -> list[int]:
    """Return who is in the registry."""
    return [row["person_id"] for row in campaign.rows("select person_id from registry.person order by 1")]


def contact(campaign: Campaign) -> list[tuple[str, str]]:
    """Return the body that speaks for each person, and the e-mail it gives."""
    return [(row["body"], row["email"]) for row in campaign.rows("select body, email from registry.contact order by person_id")]
