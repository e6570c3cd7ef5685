"""The minors of one recipient share a letter: one reference, one code each; whatever becomes of the letter happens to all of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.notices.letters.letter import MOST_PEOPLE
from pipelines.notices.reference import NoticeId, reference
from tests.campaign_driver import LAST_DAY, OPENING, SENT, Campaign, PrintedLetter, paris, request
from tests.registry_builder import Person, by_letter, invent

PARENT = by_letter(1, first_names="Maud", address_4="1 rue du Four")


def child(number: int, **changes: Any) -> Person:
    """Return a child of PARENT."""
    changes = {"sex": "M", "birth_date": "20120501", "representative_1": PARENT.matricule, **changes}
    return by_letter(number, address_4=None, postcode=None, town=None, **changes)


CHILDREN = [child(2, first_names="Titouan"), child(3, first_names="Anaë"), child(4, first_names="Loïs")]


def letters_about(campaign: Campaign, people: list[Person], lots: list[int]) -> list[PrintedLetter]:
    """Return the letters that name one of these people, in the order of the lots."""
    return [letter for lot in lots for letter in campaign.letters(lot) if any(p.first_names in letter.text for p in people)]


def attempts_of(campaign: Campaign, people: list[Person]) -> list[dict[str, Any]]:
    """Return the only attempt of each of these people."""
    return [attempt for person in people for attempt in campaign.attempts(person)]


def test_the_minors_of_one_recipient_share_a_letter(campaign: Campaign) -> None:
    campaign.register(PARENT, *CHILDREN)
    (letter,) = letters_about(campaign, CHILDREN, campaign.notify())
    assert all(person.first_names in letter.text for person in CHILDREN) and len(set(letter.codes)) == len(CHILDREN)


def test_their_attempts_have_one_place_in_one_lot_and_the_reference_of_the_first(campaign: Campaign) -> None:
    campaign.register(PARENT, *CHILDREN)
    (letter,) = letters_about(campaign, CHILDREN, campaign.notify())
    attempts = attempts_of(campaign, CHILDREN)
    first = min(campaign.person_id(person) for person in CHILDREN)
    assert len({(attempt["lot_id"], attempt["lot_rank"]) for attempt in attempts}) == 1
    assert letter.reference == reference(campaign.home.reference_key, NoticeId(1, first, 1))


def test_the_code_beside_a_childs_name_opposes_for_that_child_only(campaign: Campaign) -> None:
    campaign.register(PARENT, *CHILDREN)
    (letter,) = letters_about(campaign, CHILDREN, campaign.notify_by_letter())
    named = sorted(CHILDREN, key=lambda person: letter.text.index(person.first_names))
    for person, code in list(zip(named, letter.codes, strict=True))[1:]:
        (answer,) = campaign.oppose(request(person, code, paris(2022, 2, 2)), at=paris(2022, 2, 3))
        assert answer["result"] == "ACCEPTED"
    assert [campaign.status(person) for person in named] == ["NOTIFIED", "OPPOSED", "OPPOSED"]


def test_a_parents_own_letter_and_a_protected_adults_are_letters_of_their_own(campaign: Campaign) -> None:
    adult = child(5, birth_date="19500101", protection="TUTELLE", first_names="Odilon")
    campaign.register(PARENT, *CHILDREN, adult)
    lots = campaign.notify()
    assert sorted(len(campaign.letters(lot)) for lot in lots) == [1, 1, 1]
    assert len({campaign.manifest(lot)["kind"] for lot in lots}) == 3


def test_children_planned_in_another_wave_have_a_letter_of_their_own(campaign: Campaign) -> None:
    campaign.register(PARENT, *CHILDREN[:2])
    first = campaign.notify()
    campaign.register(CHILDREN[2], on=date(2022, 2, 7))
    second = campaign.notify(paris(2022, 2, 8))
    assert [len(letters_about(campaign, CHILDREN, lots)) for lots in (first, second)] == [1, 1]


def test_more_children_than_a_letter_holds_share_two(campaign: Campaign) -> None:
    many = [child(number, first_names=f"Enfant{chr(ord('A') + number % 26)}") for number in range(10, 11 + MOST_PEOPLE)]
    campaign.register(PARENT, *many)
    letters = letters_about(campaign, many, campaign.notify())
    assert [len(letter.codes) for letter in letters] == [MOST_PEOPLE, 1]
    assert len({code for letter in letters for code in letter.codes}) == MOST_PEOPLE + 1


def test_a_deposit_counts_for_all_of_them_and_the_lot_for_one_letter(campaign: Campaign) -> None:
    campaign.register(PARENT, *CHILDREN)
    lots = campaign.notify_by_letter()
    assert sorted(campaign.manifest(lot)["letters"] for lot in lots) == [1, 1]
    assert {campaign.journey(person)["last_day"] for person in CHILDREN} == {LAST_DAY}
    campaign.open(OPENING)
    assert {campaign.status(person) for person in CHILDREN} == {"OPENED"} and campaign.broken_equations() == []


def test_a_returned_letter_came_back_for_all_of_them_but_those_who_opposed(campaign: Campaign) -> None:
    campaign.register(PARENT, *CHILDREN)
    (letter,) = letters_about(campaign, CHILDREN, campaign.notify_by_letter())
    named = sorted(CHILDREN, key=lambda person: letter.text.index(person.first_names))
    campaign.oppose(request(named[0], letter.codes[0], paris(2022, 2, 2)), at=paris(2022, 2, 3))
    counts = campaign.report("returned_letters", f"{letter.reference};UNCLAIMED;2022-02-10", at=paris(2022, 2, 10))
    assert counts["people"] == 2
    assert [bool(attempt["returned_on"]) for attempt in attempts_of(campaign, named)] == [False, True, True]


STRANGE = child(5, first_names="W" * 60)


def test_a_child_whose_name_cannot_be_printed_waits_and_the_others_get_the_next_letter(campaign: Campaign) -> None:
    campaign.register(PARENT, *CHILDREN, STRANGE)
    campaign.notify()
    assert {attempt["status"] for attempt in attempts_of(campaign, CHILDREN)} == {"PREPARED"}
    assert campaign.journey(STRANGE)["reason"] == "UNPRINTABLE"
    (letter,) = letters_about(campaign, CHILDREN, campaign.print_letters(paris(2022, 2, 1)))
    assert len(letter.codes) == len(CHILDREN) and campaign.broken_equations() == []


def test_an_address_that_cannot_be_printed_keeps_all_of_them_waiting(campaign: Campaign) -> None:
    campaign.register(PARENT.but(birth_name="W" * 70), *CHILDREN)
    campaign.notify()
    assert {campaign.journey(person)["reason"] for person in CHILDREN} == {"UNPRINTABLE"} and campaign.broken_equations() == []


def test_a_corrected_name_lets_a_letter_leave(campaign: Campaign) -> None:
    campaign.register(PARENT, *CHILDREN, STRANGE)
    campaign.notify()
    campaign.register(PARENT, *CHILDREN, STRANGE.but(first_names="Walter"), on=date(2022, 2, 1))
    (letter,) = letters_about(campaign, [STRANGE.but(first_names="Walter")], campaign.notify(paris(2022, 2, 2)))
    assert "Walter" in letter.text and campaign.broken_equations() == []


def test_large_print_is_a_lot_of_its_own(campaign: Campaign) -> None:
    people = [by_letter(1), by_letter(2, large_print=True), by_letter(3)]
    campaign.register(*people)
    lots = campaign.notify()
    assert [(campaign.manifest(lot)["large_print"], campaign.manifest(lot)["letters"]) for lot in lots] == [(False, 2), (True, 1)]


def test_each_body_has_its_own_lots(campaign: Campaign) -> None:
    campaign.register(by_letter(1), by_letter(2))
    campaign.register(by_letter(3), body="MSA")
    lots = campaign.notify()
    assert [(campaign.manifest(lot)["sender"], campaign.manifest(lot)["letters"]) for lot in lots] == [("CPAM", 2), ("MSA", 1)]


def test_letters_that_replace_the_emails_of_two_children_become_one(campaign: Campaign) -> None:
    parent = invent(1, first_names="Maud")
    campaign.register(parent, *CHILDREN[:2])
    campaign.notify()
    for message in campaign.mails():
        campaign.bounce(message, paris(2022, 2, 2))
    (letter,) = letters_about(campaign, CHILDREN, campaign.print_letters(paris(2022, 2, 3)))
    assert len(letter.codes) == 2


@pytest.mark.parametrize(("birth_date", "kinds"), [("20040131", ["adult"]), ("20040201", ["adult", "representative_minor"])])
def test_a_letter_speaks_of_a_minor_until_the_eighteenth_birthday(campaign: Campaign, birth_date: str, kinds: list[str]) -> None:
    young = by_letter(2, sex="M", birth_date=birth_date, representative_1=PARENT.matricule)
    campaign.register(PARENT, young)
    assert sorted({campaign.manifest(lot)["kind"] for lot in campaign.notify(SENT)}) == kinds
