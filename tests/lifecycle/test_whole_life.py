"""A whole life, from the first notice to the second destruction, over fourteen simulated years; the journey tells every step."""

from __future__ import annotations

from datetime import date

from pipelines.reporting.journey import consult
from tests.campaign_driver import SENT, Campaign, paris
from tests.conftest import PROJECT
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import invent

BOUNCED = paris(2022, 2, 1, 9)
POSTED = paris(2022, 2, 3, 9)
OPENED = paris(2022, 3, 18, 0, 30)
FED = paris(2022, 5, 2, 9)
CLOSED = paris(2023, 6, 1, 10)
REOPENED = paris(2024, 6, 3, 10)
DIED = date(2024, 9, 1)
TOLD_DEAD = paris(2024, 9, 10, 2)
LAST_DAY = paris(2034, 9, 10, 2)
DESTROYED = paris(2034, 9, 11, 2)
ASKED = paris(2034, 10, 1, 9)


def test_a_whole_life(campaign: Campaign, lives: Lives) -> None:
    person, neighbour = invent(1), invent(2)
    campaign.register(person, neighbour)
    campaign.notify(SENT)
    campaign.bounce(campaign.mails_to(person)[0], BOUNCED)
    lots = campaign.print_letters(BOUNCED)
    campaign.deposit(lots, POSTED.date(), POSTED)
    campaign.open(OPENED)
    assert campaign.broken_equations() == []

    key, other = lives.store(person, b"<a/>", FED), lives.store(neighbour, b"<b/>", FED)
    lives.ask("CLOSE", person, CLOSED)
    lives.day(CLOSED)
    assert lives.readable(person) == 0 and lives.account(person)["retained_until"] == date(2033, 6, 1)

    lives.ask("REOPEN", person, REOPENED)
    lives.day(REOPENED)
    assert lives.readable(person) == 1

    campaign.register(person.but(died_on=DIED), neighbour, on=TOLD_DEAD.date())
    lives.day(TOLD_DEAD)
    assert lives.account(person)["archived_until"] == date(2034, 9, 10) and lives.readable(person) == 0
    lives.day(LAST_DAY)
    assert lives.objects() == sorted([key, other])
    lives.day(DESTROYED)
    assert lives.objects() == [other] and lives.readable(neighbour) == 1
    assert [certificate["documents"] for certificate in lives.certificates()] == [1]
    assert lives.ask("REOPEN", person, ASKED)["cause"] == "DECEASED" and campaign.broken_equations() == []

    told = consult(campaign.home.db, PROJECT / "templates", person.matricule, "dpo", "access request", ASKED)
    kinds = [event.kind for event in told.events]
    assert _in_order(
        kinds,
        "journey.PLANNED", "journey.NOTIFIED", "journey.PLANNED", "journey.NOTIFIED", "journey.OPENED", "account.OPEN", "document.CURRENT",
        "account.CLOSED", "account.OPEN", "account.CLOSED", "account.PURGING", "account.PURGED",
    )  # fmt: skip


def _in_order(events: list[str], *wanted: str) -> bool:
    left = iter(events)
    return all(any(event == one for event in left) for one in wanted)
