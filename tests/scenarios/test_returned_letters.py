"""A letter that the post gives back: kept once, for everyone whom it concerns; the window moves only where the policy says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.campaign.policy import ReturnedLetter
from tests.campaign_driver import LAST_DAY, OPENING, Campaign, paris, request
from tests.registry_builder import Person, by_letter

BACK = paris(2022, 2, 10)
PERSON = by_letter(1)


@pytest.fixture
def reference(campaign: Campaign) -> str:
    """The reference of a letter that was deposited on 31 January."""
    campaign.register(PERSON)
    return campaign.letter_to(PERSON, campaign.notify_by_letter()).reference


@pytest.fixture
def stopping(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy by which a returned letter stops the window."""
    stops = campaign.home.policy.model_copy(update={"returned_letter": ReturnedLetter.STOP_WINDOW})
    monkeypatch.setattr(campaign.home, "policy", stops)


def come_back(campaign: Campaign, reference: str, motive: str = "UNCLAIMED", day: str = "2022-02-10") -> str:
    """Report a letter as returned; return the outcome."""
    campaign.report("returned_letters", f"{reference};{motive};{day}", at=BACK)
    return campaign.answers("returned_letters")[0]


def corrected(campaign: Campaign, person: Person = PERSON, **changes: Any) -> Person:
    """Bring another address of a person, by a later delivery."""
    moved = person.but(**{"address_4": "7 place du Jeu de Paume", **changes})
    campaign.register(moved, on=date(2022, 2, 14))
    campaign.take_in_reports(paris(2022, 2, 15))
    return moved


def test_a_returned_letter_is_kept_and_leaves_the_window_as_it_is(campaign: Campaign, reference: str) -> None:
    assert come_back(campaign, reference) == "RECORDED"
    (attempt,) = campaign.attempts(PERSON)
    assert (attempt["returned_on"], attempt["return_motive"]) == (BACK.date(), "UNCLAIMED")
    assert (campaign.status(PERSON), campaign.journey(PERSON)["last_day"]) == ("NOTIFIED", LAST_DAY)


def test_a_returned_letter_is_in_the_trail_of_the_person(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    told = campaign.rows("select person_id, reason from platform.audit where subject = 'letter'")
    assert told == [{"person_id": campaign.person_id(PERSON), "reason": "UNCLAIMED"}]


def test_the_space_of_a_returned_letter_opens_in_its_time(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    campaign.open(OPENING)
    assert campaign.status(PERSON) == "OPENED" and campaign.broken_equations() == []


def test_a_second_letter_with_its_own_six_weeks_follows_a_corrected_address(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    corrected(campaign)
    lots = campaign.notify(paris(2022, 2, 16))
    campaign.deposit(lots, date(2022, 2, 16), paris(2022, 2, 16))
    assert (campaign.status(PERSON), campaign.journey(PERSON)["last_day"]) == ("NOTIFIED", date(2022, 3, 30))
    assert campaign.broken_equations() == []


def test_nobody_is_opened_between_the_correction_and_the_second_letter(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    corrected(campaign)
    campaign.open(OPENING)
    assert campaign.accounts(PERSON) == []


def test_a_correction_of_something_else_than_the_address_sends_nothing(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    campaign.register(PERSON.but(affiliated_since=date(2015, 1, 1)), on=date(2022, 2, 14))
    campaign.take_in_reports(paris(2022, 2, 15))
    assert campaign.status(PERSON) == "NOTIFIED"


def test_a_correction_after_the_last_day_leaves_the_person_to_the_opening(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    campaign.register(PERSON.but(address_4="7 place du Jeu de Paume"), on=date(2022, 2, 14))
    campaign.take_in_reports(OPENING)
    assert campaign.status(PERSON) == "NOTIFIED"


@pytest.mark.usefixtures("stopping")
def test_where_the_policy_says_so_a_returned_letter_stops_the_window(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    campaign.open(OPENING)
    assert (campaign.journey(PERSON)["reason"], campaign.accounts(PERSON)) == ("RETURNED", []) and campaign.broken_equations() == []


@pytest.mark.usefixtures("stopping")
def test_a_stopped_window_starts_anew_with_a_letter_to_the_corrected_address(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    campaign.notify(paris(2022, 2, 11))
    assert campaign.journey(PERSON)["reason"] == "NO_ADDRESS"
    corrected(campaign)
    lots = campaign.notify(paris(2022, 2, 16))
    campaign.deposit(lots, date(2022, 2, 16), paris(2022, 2, 16))
    assert campaign.journey(PERSON)["last_day"] == date(2022, 3, 30) and campaign.broken_equations() == []


@pytest.mark.usefixtures("stopping")
def test_a_letter_that_comes_back_after_the_opening_closes_nothing(campaign: Campaign, reference: str) -> None:
    campaign.open(OPENING)
    campaign.report("returned_letters", f"{reference};REFUSED;2022-03-16", at=paris(2022, 3, 17))
    assert campaign.status(PERSON) == "OPENED" and campaign.broken_equations() == []


@pytest.mark.parametrize(("motive", "outcome"), [("UNCLAIMED", "REPEATED"), ("REFUSED", "CONTRADICTS")])
def test_a_letter_comes_back_once(campaign: Campaign, reference: str, motive: str, outcome: str) -> None:
    come_back(campaign, reference)
    assert come_back(campaign, reference, motive) == outcome
    assert campaign.attempts(PERSON)[0]["return_motive"] == "UNCLAIMED"


def test_a_letter_that_comes_back_after_the_opposition_changes_nothing(campaign: Campaign) -> None:
    campaign.register(PERSON)
    letter = campaign.letter_to(PERSON, campaign.notify_by_letter())
    campaign.oppose(request(PERSON, letter.code, paris(2022, 2, 2)), at=paris(2022, 2, 3))
    assert come_back(campaign, letter.reference) == "AFTER_OPPOSITION"
    assert (campaign.status(PERSON), campaign.attempts(PERSON)[0]["returned_on"]) == ("OPPOSED", None)


@pytest.mark.parametrize("reference", ["ES100000000101000000", "ES1", "", "' or 1"])
def test_a_letter_nobody_sent_is_kept_aside(campaign: Campaign, reference: str) -> None:
    assert come_back(campaign, reference) == "UNKNOWN_LETTER"


def test_a_motive_nobody_knows_is_kept_aside(campaign: Campaign, reference: str) -> None:
    assert come_back(campaign, reference, "GONE") == "UNKNOWN_REASON"
    assert campaign.attempts(PERSON)[0]["returned_on"] is None


@pytest.mark.parametrize("day", ["2022-01-30", "2022-02-11"])
def test_a_letter_comes_back_after_its_deposit_and_not_in_the_future(campaign: Campaign, reference: str, day: str) -> None:
    assert come_back(campaign, reference, day=day) == "DATE_IMPOSSIBLE"


def test_a_letter_whose_deposit_is_not_reported_yet_cannot_come_back(campaign: Campaign) -> None:
    campaign.register(PERSON)
    reference = campaign.letter_to(PERSON, campaign.notify()).reference
    assert come_back(campaign, reference) == "NOT_DEPOSITED"


def test_a_letter_of_another_print_house_is_unknown(campaign: Campaign, reference: str) -> None:
    counts = campaign.report("returned_letters", f"{reference};UNCLAIMED;2022-02-10", at=BACK, printer="SECOND")
    assert counts["UNKNOWN_LETTER"] == 1


def test_an_answer_repeats_no_reference(campaign: Campaign, reference: str) -> None:
    come_back(campaign, reference)
    (key,) = campaign.home.store.keys("exchanges", "printers/PRINCIPAL/returned_letters/answers/")
    assert reference not in campaign.home.store.get("exchanges", key).decode()


@pytest.mark.usefixtures("stopping")
def test_a_letter_of_an_older_notice_comes_back_without_touching_the_newer_window(campaign: Campaign) -> None:
    child = by_letter(2, birth_date="20040301", sex="M", representative_1=PERSON.matricule)
    campaign.register(PERSON, child)
    told_first = [letter for lot in campaign.notify_by_letter() for letter in campaign.letters(lot) if child.first_names in letter.text]
    campaign.open(OPENING)
    campaign.deposit(campaign.notify(paris(2022, 3, 16)), date(2022, 3, 16), paris(2022, 3, 16))
    before = campaign.journey(child)
    counts = campaign.report("returned_letters", f"{told_first[0].reference};UNCLAIMED;2022-03-17", at=paris(2022, 3, 17))
    assert (counts["people"], counts["stopped"], campaign.journey(child)) == (1, 0, before) and before["status"] == "NOTIFIED"
