"""What a notice tells follows from what happened before: a first notice, one at eighteen, a new code."""

from __future__ import annotations

from datetime import datetime

from tests.campaign_driver import OPENING, Campaign, paris, request
from tests.registry_builder import Person, by_letter, invent

PARENT = invent(1)
ASKED = paris(2022, 2, 1)
AT_EIGHTEEN = paris(2022, 3, 15, 14)


def plain(text: str) -> str:
    """Return a text with ordinary spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def came_of_age(campaign: Campaign, child: Person) -> None:
    """Tell a child's parent, then let the child come of age inside the six weeks."""
    campaign.register(PARENT, child)
    campaign.notify()
    campaign.open(OPENING)


def wants_a_new_code(campaign: Campaign, person: Person, at: datetime = ASKED) -> None:
    """Let somebody who was told ask for a new code."""
    line = {name: value for name, value in request(person, "", at).items() if name != "code"}
    (answer,) = campaign.oppose(line | {"kind": "NEW_CODE"}, at=at)
    assert answer["result"] == "NOTED"


def told(campaign: Campaign, person: Person) -> None:
    """Tell somebody."""
    campaign.register(person)
    campaign.notify()


def test_a_first_notice_is_a_notice(campaign: Campaign) -> None:
    campaign.register(PARENT)
    campaign.notify()
    assert campaign.attempts(PARENT)[0]["subject"] == "notice"


def test_who_was_told_through_a_parent_and_came_of_age_is_told_so_by_e_mail(campaign: Campaign) -> None:
    child = invent(2, birth_date="20040301", representative_1=PARENT.matricule, email="titouan@courriel.example")
    came_of_age(campaign, child)
    campaign.notify(AT_EIGHTEEN)
    assert [plain(str(mail["Subject"]))[:16] for mail in campaign.mails_to(child)] == ["Vous avez 18 ans"]


def test_who_came_of_age_is_told_so_by_letter(campaign: Campaign) -> None:
    child = by_letter(2, birth_date="20040301", representative_1=PARENT.matricule)
    came_of_age(campaign, child)
    lots = campaign.notify(AT_EIGHTEEN)
    assert "Vous avez 18 ans" in plain(campaign.letter_to(child, lots).text)


def test_a_lot_is_about_one_thing(campaign: Campaign) -> None:
    child = by_letter(2, birth_date="20040301", representative_1=PARENT.matricule)
    came_of_age(campaign, child)
    campaign.register(PARENT, child, by_letter(3), on=OPENING.date())
    lots = campaign.notify(AT_EIGHTEEN)
    assert sorted(campaign.manifest(lot)["template"]["name"] for lot in lots) == ["letter/majority", "letter/notice"]


def test_an_adult_whose_protection_ended_is_not_told_of_eighteen(campaign: Campaign) -> None:
    adult = invent(4, protection="TUTELLE", representative_1=PARENT.matricule)
    campaign.register(PARENT, adult)
    campaign.notify()
    campaign.register(PARENT, adult.but(protection=None), on=OPENING.date())
    campaign.open(OPENING)
    campaign.notify(AT_EIGHTEEN)
    assert {attempt["subject"] for attempt in campaign.attempts(adult)} == {"notice"}


def test_who_asked_for_a_new_code_gets_it_by_e_mail(campaign: Campaign) -> None:
    told(campaign, PARENT)
    wants_a_new_code(campaign, PARENT)
    campaign.notify(paris(2022, 2, 2))
    assert "Nouveau code" in plain(str(campaign.mails_to(PARENT)[-1]["Subject"]))


def test_a_new_code_that_bounces_is_sent_by_letter_as_one(campaign: Campaign) -> None:
    told(campaign, PARENT)
    wants_a_new_code(campaign, PARENT)
    campaign.notify(paris(2022, 2, 2))
    campaign.bounce(campaign.mails_to(PARENT)[-1], at=paris(2022, 2, 2, 15))
    lots = campaign.print_letters(paris(2022, 2, 2, 16))
    assert "Nouveau code" in plain(campaign.letter_to(PARENT, lots).text)


def test_a_new_code_is_still_one_after_a_wave_that_was_rejected(campaign: Campaign) -> None:
    told(campaign, PARENT)
    wants_a_new_code(campaign, PARENT)
    campaign.decide(campaign.plan(paris(2022, 2, 2)), approved=False, at=paris(2022, 2, 2))
    campaign.notify(paris(2022, 2, 3))
    assert campaign.attempts(PARENT)[-1]["subject"] == "new_code"


def test_who_was_told_at_eighteen_is_not_told_of_it_again(campaign: Campaign) -> None:
    child = invent(2, birth_date="20040301", representative_1=PARENT.matricule, email="titouan@courriel.example")
    came_of_age(campaign, child)
    campaign.notify(AT_EIGHTEEN)
    wants_a_new_code(campaign, child, paris(2022, 3, 25))
    campaign.notify(paris(2022, 3, 28))
    assert campaign.attempts(child)[-1]["subject"] == "new_code"
