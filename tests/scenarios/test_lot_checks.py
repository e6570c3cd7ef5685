"""Lots are read again before they leave: the first one of a template version whole, before any other is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipelines.notices.letters import checks
from pipelines.notices.letters.checks import SAMPLE, LotCheckError
from pipelines.notices.lot_production import produce_lots, prove_version
from pipelines.platform.errors import RuleError
from tests.campaign_driver import SENT, Campaign, paris
from tests.registry_builder import by_letter, invent

A_LOT = 20
LETTERS = [by_letter(number) for number in range(1, 2 * A_LOT + 1)]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first pages of the letters that are read again."""
    pages: list[int] = []
    real = checks._misread

    def counted(document: Any, first: int, *others: Any) -> list[str]:
        pages.append(first)
        return real(document, first, *others)

    monkeypatch.setattr(checks, "_misread", counted)
    return pages


@pytest.fixture
def two_lots(campaign: Campaign) -> list[int]:
    """Two lots that are gathered and not made."""
    campaign.letters_made_by = replace(campaign.letters_made_by, policy=campaign.home.policy.model_copy(update={"letters_a_lot": A_LOT}))
    campaign.register(*LETTERS)
    campaign.decide(campaign.plan())
    [lots] = campaign.gather()
    return lots


def statuses(campaign: Campaign) -> list[str]:
    return [row["status"] for row in campaign.rows("select status from notices.print_lot order by lot_id")]


def test_every_letter_of_the_first_lot_is_read_again_and_a_sample_of_the_next(
    campaign: Campaign, two_lots: list[int], read: list[int]
) -> None:
    produce_lots(campaign.letters_made_by, two_lots[:1], SENT)
    assert len(read) == A_LOT
    read.clear()
    produce_lots(campaign.letters_made_by, two_lots[1:], SENT)
    assert 0 < len(read) <= SAMPLE + 2


def test_only_the_first_lot_is_made_before_the_version_is_proved(campaign: Campaign, two_lots: list[int]) -> None:
    assert prove_version(campaign.letters_made_by, two_lots, SENT)["lots"] == 1
    assert statuses(campaign) == ["HANDED_OVER", "PLANNED"]


def test_a_version_that_left_already_is_not_proved_again(campaign: Campaign, two_lots: list[int]) -> None:
    prove_version(campaign.letters_made_by, two_lots, SENT)
    assert prove_version(campaign.letters_made_by, two_lots, paris(2022, 2, 1)) == {}


def test_a_letter_that_does_not_read_as_it_was_meant_stops_every_lot(
    campaign: Campaign, two_lots: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_misread", lambda *_: ["name_1"])
    with pytest.raises(LotCheckError, match="letter 1 does not read as it was meant"):
        prove_version(campaign.letters_made_by, two_lots, SENT)
    assert statuses(campaign) == ["PLANNED", "PLANNED"]


def test_who_dies_while_e_mails_leave_gets_no_letter(campaign: Campaign) -> None:
    person = by_letter(1)
    campaign.register(person)
    campaign.decide(campaign.plan())
    campaign.send()
    campaign.register(person.but(died_on=date(2022, 1, 30)), on=date(2022, 1, 31))
    assert (campaign.print_letters(), campaign.journey(person)["reason"]) == ([], "DECEASED")


def test_who_dies_between_two_tries_to_gather_letters_gets_none(campaign: Campaign) -> None:
    person, right = by_letter(1), campaign.letters_made_by
    campaign.register(person)
    campaign.decide(campaign.plan())
    campaign.letters_made_by = replace(right, policy=right.policy.model_copy(update={"letters_a_lot": 0}))
    with pytest.raises(RuleError):
        campaign.gather()
    campaign.letters_made_by = right
    campaign.register(person.but(died_on=date(2022, 1, 30)), on=date(2022, 1, 31))
    assert (campaign.gather(), campaign.journey(person)["reason"]) == ([], "DECEASED")


def test_who_dies_before_a_lot_that_was_gathered_is_made_leaves_it(campaign: Campaign) -> None:
    parent = by_letter(1)
    children = [by_letter(number, birth_date="20120501", representative_1=parent.matricule) for number in (2, 3)]
    campaign.register(parent, *children)
    campaign.decide(campaign.plan())
    campaign.gather()
    dead = children[0]
    campaign.register(parent, dead.but(died_on=date(2022, 1, 31)), children[1], on=date(2022, 2, 1))
    lots = campaign.print_letters(paris(2022, 2, 1))
    assert sorted(len(letter.codes) for lot in lots for letter in campaign.letters(lot)) == [1, 1]
    assert (campaign.journey(dead)["reason"], campaign.broken_equations()) == ("DECEASED", [])


def test_nothing_is_sent_to_a_representative_who_died_and_the_other_one_is_told(campaign: Campaign) -> None:
    first, second = invent(1), invent(2)
    child = invent(3, birth_date="20120501", representative_1=first.matricule, representative_2=second.matricule)
    campaign.register(first, second, child)
    campaign.decide(campaign.plan())
    campaign.register(first.but(died_on=date(2022, 1, 30)), second, child, on=date(2022, 1, 31))
    campaign.send()
    assert (campaign.status(child), campaign.journey(child)["reason"]) == ("ELIGIBLE", "REPRESENTATIVE_DECEASED")
    campaign.notify(paris(2022, 2, 1))
    assert (len(campaign.mails_to(first)), len(campaign.mails_to(second)), campaign.broken_equations()) == (0, 2, [])
