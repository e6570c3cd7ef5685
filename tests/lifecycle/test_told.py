"""What people are told of their space reaches them through the dispatch of notices: once, without a code, without a medical word."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

import pytest

from pipelines.registry.majority import note_majorities
from tests.campaign_driver import GROUPED_CODE, OPENING, Campaign, paris
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

NIGHT = paris(2022, 6, 14, 2)
CHILD = invent(3, birth_date="20040614", representative_1=invent(2).matricule)


def subject_of(message: EmailMessage) -> str:
    """Return what a message is about, with plain spaces and apostrophes."""
    return str(message["Subject"]).replace("\u00a0", " ").replace("\u2019", "'")


def closed(lives: Lives, person: Person) -> str:
    """A space closed on request."""
    lives.ask("CLOSE", person, NIGHT)
    return "votre demande est enregistrée"


def closed_without_objection(lives: Lives, person: Person) -> str:
    """A space closed at the end of a suspension."""
    lives.ask("SUSPEND", person, NIGHT - timedelta(days=50))
    lives.ask("SUSPENSION_TOLD", person, NIGHT - timedelta(days=50))
    lives.close_unopposed(NIGHT)
    return "les données archivées et leur destruction"


def updated(lives: Lives, person: Person) -> str:
    """A record that holds a document for an announcement visit since two weeks."""
    lives.store(person, b"<a/>", NIGHT - timedelta(days=14), hidden=True)
    lives.end_delays(NIGHT)
    return "le dossier a été mis à jour"


@pytest.mark.parametrize("happens", [closed, closed_without_objection, updated])
def test_its_person_reads_it_once_in_an_email(campaign: Campaign, lives: Lives, holder: Person, happens: object) -> None:
    before = len(campaign.mails_to(holder))
    subject = happens(lives, holder)  # type: ignore[operator]
    campaign.send(NIGHT + timedelta(hours=6))
    campaign.send(NIGHT + timedelta(hours=7))
    (message,) = campaign.mails_to(holder)[before:]
    assert subject in subject_of(message) and not GROUPED_CODE.findall(message.as_string())
    assert campaign.broken_equations() == []


def test_at_eighteen_it_is_the_person_who_reads_it_and_nobody_else(campaign: Campaign, lives: Lives) -> None:
    parent = invent(2)
    campaign.register(parent, CHILD)
    campaign.notify()
    campaign.open(OPENING)
    told = len(campaign.mails_to(parent))
    note_majorities(campaign.home.db, NIGHT)
    lives.follow(NIGHT)
    campaign.send(NIGHT + timedelta(hours=6))
    (message,) = campaign.mails_to(CHILD)
    assert "Vous avez 18 ans" in subject_of(message) and len(campaign.mails_to(parent)) == told
