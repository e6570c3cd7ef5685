"""From the registry to an open space, by post: the lot, the deposit, the window."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.campaign_driver import LAST_DAY, OPENING, SENT, Campaign, paris, request
from tests.registry_builder import by_letter, invent


def test_without_email_the_notice_goes_by_post(campaign: Campaign) -> None:
    person = by_letter(1)
    campaign.register(person)
    lots = campaign.notify()
    assert campaign.letter_to(person, lots).reference.startswith("ES1")


@pytest.mark.parametrize("email", ["", "   ", "nobody", "a@b", "a b@courriel.example"])
def test_an_email_that_cannot_be_one_means_post(campaign: Campaign, email: str) -> None:
    person = invent(1, email=email)
    campaign.register(person)
    campaign.notify()
    assert [attempt["channel"] for attempt in campaign.attempts(person)] == ["LETTER"]


def test_a_printed_letter_starts_no_window(campaign: Campaign) -> None:
    person = by_letter(1)
    campaign.register(person)
    campaign.notify()
    assert campaign.journey(person)["last_day"] is None


def test_the_window_starts_on_the_day_of_the_deposit(campaign: Campaign) -> None:
    person = by_letter(1)
    campaign.register(person)
    lots = campaign.notify(paris(2022, 1, 28))
    campaign.deposit(lots, date(2022, 1, 31), paris(2022, 2, 3))
    assert campaign.journey(person)["last_day"] == LAST_DAY


def test_a_letter_never_deposited_opens_nothing(campaign: Campaign) -> None:
    person = by_letter(1)
    campaign.register(person)
    campaign.notify()
    campaign.open(paris(2024, 1, 1))
    assert campaign.status(person) == "PLANNED"


def test_the_space_of_a_deposited_letter_opens(campaign: Campaign) -> None:
    person = by_letter(1)
    campaign.register(person)
    campaign.notify_by_letter()
    campaign.open()
    assert campaign.status(person) == "OPENED"


def test_the_printed_code_opposes_before_the_deposit_is_reported(campaign: Campaign) -> None:
    person = by_letter(1)
    campaign.register(person)
    lots = campaign.notify()
    code = campaign.letter_to(person, lots).code
    campaign.oppose(request(person, code, paris(2022, 2, 2)), at=paris(2022, 2, 3))
    campaign.deposit(lots, SENT.date(), paris(2022, 2, 4))
    assert campaign.status(person) == "OPPOSED"


def test_a_lot_is_as_large_as_the_policy_says(campaign: Campaign) -> None:
    campaign.register(*[by_letter(number) for number in range(1, 121)])
    lots = campaign.notify()
    assert [campaign.manifest(lot)["letters"] for lot in lots] == [50, 50, 20]


def test_letters_are_presorted_by_postcode(campaign: Campaign) -> None:
    people = [by_letter(number, postcode=f"{75001 + number * 7 % 20}") for number in range(1, 20)]
    campaign.register(*people)
    lots = campaign.notify()
    found = [found for letter in campaign.letters(lots[0]) for found in re.findall(r"\b750\d\d(?= PARIS)", letter.text)]
    assert found == sorted(person.postcode or "" for person in people)


def test_no_object_of_a_lot_shows_a_name_or_a_code_in_clear(campaign: Campaign) -> None:
    person = by_letter(1)
    campaign.register(person)
    lots = campaign.notify()
    code = campaign.letter_to(person, lots).code
    contents = b"".join(campaign.home.store.get("print", key) for key in campaign.home.store.keys("print", ""))
    assert not any(word.encode() in contents for word in (person.birth_name, person.matricule, code, f"{person.address_4}"))


def test_a_letter_whose_name_fits_no_line_leaves_its_lot_and_the_others_are_printed(campaign: Campaign) -> None:
    strange, plain = by_letter(1, birth_name="W" * 60), by_letter(2)
    campaign.register(strange, plain)
    (lot,) = campaign.notify()
    assert campaign.manifest(lot)["letters"] == 1 and campaign.journey(strange)["reason"] == "UNPRINTABLE"


def test_equations_hold_after_letters(campaign: Campaign) -> None:
    campaign.register(*[by_letter(number) for number in range(1, 20)])
    campaign.notify_by_letter()
    campaign.open(OPENING)
    assert campaign.broken_equations() == []


def test_a_lot_of_which_no_letter_can_be_shown_does_not_stop_the_day(campaign: Campaign) -> None:
    strange = by_letter(1, birth_name="W" * 60)
    campaign.register(strange)
    campaign.notify()
    assert campaign.journey(strange)["reason"] == "UNPRINTABLE"
