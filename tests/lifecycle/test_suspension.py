"""A space suspended for fraud or a malfunction: six weeks from the information, which an objection stops (CSP R1111-36)."""

from __future__ import annotations

from datetime import date

from tests.campaign_driver import Campaign, paris
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person

SUSPENDED = paris(2022, 6, 1, 9)
TOLD = paris(2022, 6, 2, 9)
LAST_DAY = paris(2022, 7, 14, 2)
DAY_AFTER = paris(2022, 7, 15, 2)


def suspend(lives: Lives, person: Person) -> None:
    """Suspend a space, and tell its person."""
    lives.ask("SUSPEND", person, SUSPENDED)
    lives.ask("SUSPENSION_TOLD", person, TOLD)


def test_a_suspended_space_is_neither_read_nor_closed(lives: Lives, holder: Person) -> None:
    lives.store(holder, b"<a/>", SUSPENDED)
    lives.ask("SUSPEND", holder, SUSPENDED)
    assert lives.status(holder) == "SUSPENDED" and lives.readable(holder) == 0
    assert lives.account(holder)["archived_until"] is None


def test_it_is_closed_the_day_after_six_weeks_from_the_information(lives: Lives, holder: Person) -> None:
    suspend(lives, holder)
    assert lives.close_unopposed(LAST_DAY) == 0
    assert lives.close_unopposed(DAY_AFTER) == 1
    account = lives.account(holder)
    assert (account["status"], account["closing_reason"], account["archived_until"]) == ("CLOSED", "SUSPENSION", date(2032, 7, 15))
    assert lives.messages(holder) == [("archive", date(2022, 7, 15))]


def test_it_is_not_closed_before_the_person_was_told(lives: Lives, holder: Person) -> None:
    lives.ask("SUSPEND", holder, SUSPENDED)
    assert lives.close_unopposed(paris(2023, 1, 1)) == 0 and lives.status(holder) == "SUSPENDED"


def test_an_objection_in_a_file_that_comes_late_still_stops_the_closing(lives: Lives, holder: Person) -> None:
    suspend(lives, holder)
    answer = lives.ask("OBJECTION", holder, DAY_AFTER, received_at=paris(2022, 7, 14, 23, 59).isoformat())
    assert answer["result"] == "DONE"
    assert lives.close_unopposed(DAY_AFTER) == 0 and lives.status(holder) == "SUSPENDED"


def test_a_lifted_suspension_opens_the_space_again(lives: Lives, holder: Person) -> None:
    suspend(lives, holder)
    lives.ask("LIFT_SUSPENSION", holder, paris(2022, 6, 20))
    assert lives.status(holder) == "OPEN" and lives.close_unopposed(DAY_AFTER) == 0


def test_a_second_suspension_has_its_own_six_weeks(lives: Lives, holder: Person) -> None:
    suspend(lives, holder)
    lives.ask("LIFT_SUSPENSION", holder, paris(2022, 6, 20))
    lives.ask("SUSPEND", holder, paris(2022, 7, 1))
    assert lives.close_unopposed(DAY_AFTER) == 0 and lives.status(holder) == "SUSPENDED"


def test_the_objection_to_a_former_suspension_does_not_stop_the_next(lives: Lives, holder: Person) -> None:
    suspend(lives, holder)
    lives.ask("OBJECTION", holder, paris(2022, 6, 10))
    lives.ask("LIFT_SUSPENSION", holder, paris(2022, 6, 20))
    lives.ask("SUSPEND", holder, paris(2022, 7, 1))
    lives.ask("SUSPENSION_TOLD", holder, paris(2022, 7, 1))
    assert lives.close_unopposed(paris(2022, 8, 13, 2)) == 1


def test_its_person_may_close_it_at_any_time(campaign: Campaign, lives: Lives, holder: Person) -> None:
    suspend(lives, holder)
    lives.ask("CLOSE", holder, paris(2022, 6, 10))
    assert lives.account(holder)["closing_reason"] == "REQUEST"
    assert lives.close_unopposed(DAY_AFTER) == 0 and campaign.broken_equations() == []


def test_who_may_suspend_is_security_alone(lives: Lives, holder: Person) -> None:
    for system, kind in (("SITE", "SUSPEND"), ("SECURITY", "CLOSE")):
        answer = lives.ask(kind, holder, SUSPENDED, system=system)
        assert (answer["result"], answer["cause"]) == ("REFUSED", "BAD_LINE")
    assert lives.status(holder) == "OPEN"
