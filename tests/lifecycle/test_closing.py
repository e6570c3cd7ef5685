"""Closing a space begins its archive; nothing of it can be read; asked for again before its end, all is there."""

from __future__ import annotations

from datetime import date

import pytest

from tests.campaign_driver import Campaign, code_in, paris, request
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person

CLOSED = paris(2024, 2, 29, 10)
LATER = paris(2025, 6, 2, 10)


def test_a_space_is_closed_on_request_and_archived_for_ten_years(lives: Lives, holder: Person) -> None:
    answer = lives.ask("CLOSE", holder, CLOSED)
    account = lives.account(holder)
    assert answer["result"] == "DONE" and answer["receipt"].startswith("VIE-")
    assert (account["status"], account["closing_reason"]) == ("CLOSED", "REQUEST")
    assert (account["closed_on"], account["archived_until"]) == (date(2024, 2, 29), date(2034, 3, 1))


def test_who_asked_for_the_closing_is_sent_its_receipt_once(lives: Lives, holder: Person) -> None:
    lives.ask("CLOSE", holder, CLOSED)
    lives.ask("CLOSE", holder, CLOSED)
    assert lives.messages(holder) == [("closing_receipt", date(2024, 2, 29))]


def test_nothing_of_a_closed_space_can_be_read(lives: Lives, holder: Person) -> None:
    lives.store(holder, b"<a/>", CLOSED)
    assert lives.readable(holder) == 1
    lives.ask("CLOSE", holder, CLOSED)
    assert lives.readable(holder) == 0


def test_re_opened_before_the_end_of_the_archive_everything_is_there_again(lives: Lives, holder: Person) -> None:
    key = lives.store(holder, b"<a/>", CLOSED)
    lives.ask("CLOSE", holder, CLOSED)
    before = lives.account(holder)["account_id"]
    answer = lives.ask("REOPEN", holder, LATER)
    account = lives.account(holder)
    assert answer["result"] == "DONE" and account["status"] == "OPEN" and account["archived_until"] is None
    assert account["account_id"] == before and lives.readable(holder) == 1 and lives.objects() == [key]


def test_a_re_opened_space_is_not_closed_by_the_opposition_that_had_closed_it(campaign: Campaign, lives: Lives, holder: Person) -> None:
    code = code_in(campaign.mails_to(holder)[0])
    campaign.oppose(request(holder, code, CLOSED), at=CLOSED)
    campaign.close(CLOSED)
    assert lives.status(holder) == "CLOSED"
    lives.ask("REOPEN", holder, CLOSED)
    campaign.close(LATER)
    assert lives.status(holder) == "OPEN"


@pytest.mark.parametrize(
    ("first", "then", "cause"),
    [
        ((), "REOPEN", "ALREADY_OPEN"),
        ((), "WITHDRAW_OPPOSITION", "NOT_OPPOSED"),
        ((), "OBJECTION", "NOT_SUSPENDED"),
        ((), "LIFT_SUSPENSION", "NOT_SUSPENDED"),
        ((), "SUSPENSION_TOLD", "NOT_SUSPENDED"),
        (("CLOSE",), "CLOSE", "ALREADY_CLOSED"),
        (("CLOSE",), "SUSPEND", "NO_SPACE"),
        (("SUSPEND",), "SUSPEND", "ALREADY_ASKED"),
        (("SUSPEND",), "REOPEN", "SUSPENDED"),
        (("SUSPEND",), "DELETE_EXPRESS", "SUSPENDED"),
        (("SUSPEND", "SUSPENSION_TOLD"), "SUSPENSION_TOLD", "ALREADY_ASKED"),
        (("SUSPEND", "OBJECTION"), "OBJECTION", "ALREADY_ASKED"),
        (("DELETE_EXPRESS",), "DELETE_EXPRESS", "ALREADY_ASKED"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_cause(lives: Lives, holder: Person, first: tuple[str, ...], then: str, cause: str) -> None:
    assert [lives.ask(kind, holder, CLOSED)["result"] in ("DONE", "PLANNED") for kind in first] == [True] * len(first)
    before = lives.account(holder)
    answer = lives.ask(then, holder, LATER)
    assert (answer["result"], answer["cause"], answer["receipt"]) == ("REFUSED", cause, None)
    assert lives.account(holder) == before


def test_the_equations_hold_through_it_all(campaign: Campaign, lives: Lives, holder: Person) -> None:
    for kind, at in (("CLOSE", CLOSED), ("REOPEN", LATER), ("SUSPEND", LATER), ("LIFT_SUSPENSION", LATER), ("DELETE_EXPRESS", LATER)):
        lives.ask(kind, holder, at)
        assert campaign.broken_equations() == []
