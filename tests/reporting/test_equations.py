"""Each equation finds what breaks it, and says where: body, department, wave, channel, print house."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from pipelines.audit.findings import StandingFindingError, require_no_finding
from pipelines.reporting.equations import Break, Equation, EquationError, balance, reconcile
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import by_letter, invent

LATER = paris(2022, 3, 16, 6)


@pytest.fixture
def lived(campaign: Campaign) -> Campaign:
    """Three people told by e-mail and by post: one opposed, two have a space."""
    campaign.register(invent(1), invent(2))
    campaign.register(by_letter(3), body="MSA")
    campaign.notify_by_letter()
    campaign.oppose(request(invent(1), code_in(campaign.mails_to(invent(1))[0]), SENT), at=paris(2022, 2, 3))
    campaign.open()
    return campaign


def broken(campaign: Campaign) -> dict[str, list[dict[str, str]]]:
    """The equations that do not hold, each with its places."""
    return {e.name: [place.where for place in e.breaks] for e in balance(campaign.home.reporting_db) if not e.holds}


def tamper(campaign: Campaign, *statements: str) -> None:
    """Write by hand, as no step does."""
    with campaign.owner.begin() as connection:
        for statement in statements:
            assert connection.execute(sa.text(statement)).rowcount


def test_right_books_name_no_place(lived: Campaign) -> None:
    assert broken(lived) == {}


@pytest.mark.parametrize(
    ("statement", "name", "where"),
    [
        (
            "update registry.delivery set counts = counts || '{\"received\": 9}' where body = 'MSA'",
            "01_deliveries", {"body": "MSA"},
        ),
        (
            "delete from registry.person where person_id = (select person_id from campaign.attempt where channel = 'LETTER')",
            "02_people", {"body": "MSA", "department": "75"},
        ),
        (
            "update campaign.attempt set sent_on = null, status = 'FAILED', failure = 'X' where channel = 'LETTER'",
            "03_notified", {"body": "MSA", "department": "75", "wave": "0", "channel": "NONE"},
        ),
        ("delete from accounts.account where person_id = 3", "04_openings", {"body": "MSA", "department": "75", "channel": "LETTER"}),
        ("delete from oppositions.request", "05_oppositions", {"body": "CPAM", "department": "75", "channel": "WEB"}),
        ("delete from oppositions.request", "06_requests", {"channel": "WEB"}),
        (
            "insert into oppositions.request (work_id, line, channel, outcome, person_id) values (1, 1, 'WEB', 'CLOSING', 99)",
            "07_closings", {"body": "NONE", "department": "NONE"},
        ),
        ("update notices.print_lot set letters = letters + 1", "08_lots", {"body": "MSA", "printer": "PRINCIPAL"}),
        ("delete from campaign.attempt where channel = 'LETTER'", "09_attempts", {"body": "MSA", "department": "75"}),
        (
            "delete from platform.audit where subject = 'journey' and person_id = 3",
            "10_audit", {"body": "MSA", "department": "75", "subject": "journey"},
        ),
        ("delete from campaign.attempt where channel = 'LETTER'", "12_waves", {"channel": "LETTER"}),
        ("delete from notices.message", "15_messages", {"body": "CPAM", "department": "75"}),
    ],
)  # fmt: skip
def test_an_equation_says_where_it_breaks(lived: Campaign, statement: str, name: str, where: dict[str, str]) -> None:
    tamper(lived, statement)
    (place,) = broken(lived)[name]
    assert where.items() <= place.items()


def test_what_is_lost_here_and_found_there_does_not_balance(lived: Campaign) -> None:
    """The sums of the whole agree; those of the places do not."""
    tamper(
        lived,
        "update registry.delivery set counts = counts || '{\"received\": 0}' where body = 'MSA'",
        "update registry.delivery set counts = counts || '{\"received\": 3}' where body = 'CPAM'",
    )
    assert broken(lived) == {"01_deliveries": [{"body": "CPAM"}, {"body": "MSA"}]}


def test_a_run_that_counts_keeps_what_does_not_hold_until_it_holds(lived: Campaign) -> None:
    here = lived.home
    tamper(lived, "update notices.print_lot set letters = letters + 1")
    with pytest.raises(EquationError, match=r"08_lots \(2 against 1, 0 violations, in body MSA printer PRINCIPAL\)"):
        reconcile(here.reporting_db, here.db, LATER)
    with here.db.transaction() as session, pytest.raises(StandingFindingError, match="08_lots"):
        require_no_finding(session, LATER)
    tamper(lived, "update notices.print_lot set letters = letters - 1")
    reconcile(here.reporting_db, here.db, LATER)
    with here.db.transaction() as session:
        require_no_finding(session, LATER)


def test_nobody_is_opened_while_the_books_do_not_balance(campaign: Campaign) -> None:
    campaign.register(invent(1))
    campaign.notify()
    tamper(campaign, "update registry.delivery set counts = counts || '{\"received\": 9}'")
    with pytest.raises(EquationError):
        reconcile(campaign.home.reporting_db, campaign.home.db, OPENING)
    with pytest.raises(StandingFindingError, match="01_deliveries"):
        campaign.open()
    assert campaign.status(invent(1)) == "NOTIFIED"


def test_an_error_names_the_first_places_and_counts_the_rest() -> None:
    places = tuple(Break({"body": f"B{number}"}, 1, 0, 0) for number in range(5))
    assert str(Equation("x", "title", 5, 0, 0, places)) == "x (5 against 0, 0 violations, in body B0; body B1; body B2 and 2 places more)"
