"""An e-mail that came back becomes a letter, and only the journey's current e-mail can come back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.campaign_driver import LAST_DAY, OPENING, SENT, Campaign, bounce_of, code_in, paris, request
from tests.registry_builder import Person, invent

DAY_40 = SENT + timedelta(days=40)  # a Saturday: letters of that day are deposited on Monday
MONDAY = paris(2022, 3, 14)


def test_a_bounce_becomes_a_letter(campaign: Campaign, person: Person) -> None:
    campaign.bounce(campaign.mails_to(person)[0], DAY_40)
    assert [(a["channel"], a["status"]) for a in campaign.attempts(person)] == [("EMAIL", "FAILED"), ("LETTER", "PREPARED")]


def test_a_bounce_on_day_40_stops_the_opening_of_day_43(campaign: Campaign, person: Person) -> None:
    campaign.bounce(campaign.mails_to(person)[0], DAY_40)
    campaign.open(OPENING)
    assert campaign.accounts(person) == []


def test_bounce_on_day_40_restarts_the_window_from_the_letter(campaign: Campaign, person: Person) -> None:
    campaign.bounce(campaign.mails_to(person)[0], DAY_40)
    lots = campaign.print_letters(DAY_40)
    campaign.deposit(lots, date(2022, 3, 14), paris(2022, 3, 16))
    assert campaign.journey(person)["last_day"] == date(2022, 4, 25)


def test_a_bounce_of_an_old_attempt_changes_nothing(campaign: Campaign, person: Person) -> None:
    message = campaign.mails_to(person)[0]
    campaign.bounce(message, DAY_40)
    campaign.deposit(campaign.print_letters(DAY_40), MONDAY.date(), MONDAY)
    before = campaign.journey(person)
    campaign.bounce(bounce_of(message, status="5.7.1"), DAY_40 + timedelta(days=3))
    assert campaign.journey(person) == before


def test_the_letter_has_another_code_than_the_email(campaign: Campaign, person: Person) -> None:
    message = campaign.mails_to(person)[0]
    campaign.bounce(message, DAY_40)
    assert campaign.letter_to(person, campaign.print_letters(DAY_40)).code != code_in(message)


def test_a_bounce_after_the_opposition_changes_nothing(campaign: Campaign, person: Person) -> None:
    message = campaign.mails_to(person)[0]
    campaign.oppose(request(person, code_in(message), paris(2022, 2, 2)), at=paris(2022, 2, 3))
    campaign.bounce(message, DAY_40)
    assert campaign.status(person) == "OPPOSED"


def test_a_bounce_after_the_opening_changes_nothing(campaign: Campaign, person: Person) -> None:
    message = campaign.mails_to(person)[0]
    campaign.open(OPENING)
    campaign.bounce(message, OPENING)
    assert campaign.status(person) == "OPENED"


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("failed", "4.2.2"), ("relayed", "2.0.0"), ("delivered", "2.1.5")])
def test_a_report_that_is_not_a_final_failure_changes_nothing(campaign: Campaign, person: Person, action: str, status: str) -> None:
    campaign.bounce(campaign.mails_to(person)[0], DAY_40, status, action)
    assert campaign.journey(person)["last_day"] == LAST_DAY


def test_the_end_of_the_retries_is_a_failure(campaign: Campaign, person: Person) -> None:
    campaign.bounce(campaign.mails_to(person)[0], DAY_40, "4.4.7")
    assert campaign.status(person) == "PLANNED"


def returned_as(report_type: str) -> bytes:
    return f"report-type={report_type}".encode()


def test_an_automatic_reply_changes_nothing_and_is_counted(campaign: Campaign, person: Person) -> None:
    message = campaign.mails_to(person)[0]
    reply = f"To: {message['Return-Path']}\r\nAuto-Submitted: auto-replied\r\nSubject: Absente\r\n\r\n{message['Message-ID']}\r\n"
    counts = campaign.bounce(reply.encode(), DAY_40)
    assert counts["AUTO_REPLY"] == 1 and campaign.status(person) == "NOTIFIED"


@pytest.mark.parametrize(
    ("report_type", "kind"), [("disposition-notification", "READ_RECEIPT"), ("feedback-report", "COMPLAINT"), ("x-other", "NOT_A_BOUNCE")]
)
def test_a_reading_or_a_complaint_changes_nothing_and_is_counted(campaign: Campaign, person: Person, report_type: str, kind: str) -> None:
    report = bounce_of(campaign.mails_to(person)[0]).replace(returned_as("delivery-status"), returned_as(report_type))
    assert campaign.bounce(report, DAY_40)[kind] == 1 and campaign.status(person) == "NOTIFIED"


def test_a_forged_bounce_changes_nothing_and_is_counted(campaign: Campaign, person: Person) -> None:
    message = campaign.mails_to(person)[0]
    tag = str(message["Message-ID"]).strip("<>").partition("@")[0]
    forged = tag[:-1] + ("0" if tag[-1] != "0" else "1")
    counts = campaign.bounce(bounce_of(message).replace(tag.encode(), forged.encode()), DAY_40)
    assert counts["FORGED"] == 1 and campaign.status(person) == "NOTIFIED"


def test_a_bounce_of_somebody_elses_message_changes_nothing_and_is_counted(campaign: Campaign, person: Person) -> None:
    message = campaign.mails_to(person)[0]
    tag = str(message["Message-ID"]).strip("<>").partition("@")[0]
    counts = campaign.bounce(bounce_of(message).replace(tag.encode(), b"other"), DAY_40)
    assert counts["UNATTRIBUTED"] == 1 and campaign.status(person) == "NOTIFIED"


def test_a_bounce_without_the_original_headers_is_found_by_its_address(campaign: Campaign, person: Person) -> None:
    report = b"\r\n".join(line for line in bounce_of(campaign.mails_to(person)[0]).split(b"\r\n") if not line.startswith(b"Message-ID"))
    assert campaign.bounce(report, DAY_40)["FAILED"] == 1


def test_a_bounce_without_postal_address_excludes_with_its_reason(campaign: Campaign) -> None:
    nowhere = invent(2, address_4=None, postcode=None, town=None)
    campaign.register(nowhere)
    campaign.notify()
    campaign.bounce(campaign.mails_to(nowhere)[0], DAY_40)
    assert (campaign.status(nowhere), campaign.journey(nowhere)["reason"]) == ("EXCLUDED", "NO_ADDRESS")


def test_the_person_who_corrects_the_email_after_an_exclusion_is_told_again(campaign: Campaign) -> None:
    nowhere = invent(2, address_4=None, postcode=None, town=None)
    campaign.register(nowhere)
    campaign.notify()
    campaign.bounce(campaign.mails_to(nowhere)[0], DAY_40)
    corrected = nowhere.but(email="nouvelle@courriel.example")
    campaign.register(corrected, on=date(2022, 3, 15))
    campaign.notify(paris(2022, 3, 16))
    assert len(campaign.mails_to(corrected)) == 1


def test_an_address_that_bounced_is_not_written_to_again(campaign: Campaign) -> None:
    nowhere = invent(2, address_4=None, postcode=None, town=None)
    campaign.register(nowhere)
    campaign.notify()
    campaign.bounce(campaign.mails_to(nowhere)[0], DAY_40)
    campaign.notify(paris(2022, 3, 16))
    assert len(campaign.mails_to(nowhere)) == 1


def test_an_address_that_bounced_is_not_written_to_for_a_child_who_comes_later(campaign: Campaign) -> None:
    parent = invent(1, birth_date="19800101")
    campaign.register(parent)
    campaign.notify()
    campaign.bounce(campaign.mails_to(parent)[0], DAY_40)
    child = invent(2, birth_date="20200101", email=None, representative_1=parent.matricule)
    campaign.register(parent, child, on=date(2022, 3, 15))
    campaign.notify(paris(2022, 3, 16))
    assert [attempt["channel"] for attempt in campaign.attempts(child)] == ["LETTER"]


def test_an_address_that_bounced_is_not_written_to_again_when_only_the_street_changes(campaign: Campaign) -> None:
    nowhere = invent(2, address_4=None, postcode=None, town=None)
    campaign.register(nowhere)
    campaign.notify()
    campaign.bounce(campaign.mails_to(nowhere)[0], DAY_40)
    moved = nowhere.but(address_4="3 RUE NEUVE", postcode="33000", town="BORDEAUX")
    campaign.register(moved, on=date(2022, 3, 15))
    campaign.notify(paris(2022, 3, 16))
    assert [attempt["channel"] for attempt in campaign.attempts(nowhere)] == ["EMAIL", "LETTER"]


def test_an_email_that_waits_for_an_address_that_bounced_meanwhile_becomes_a_letter(campaign: Campaign) -> None:
    first, second = invent(1, email="partagee@courriel.example"), invent(2, email="Partagee@courriel.example")
    campaign.register(first)
    campaign.notify()
    campaign.register(first, second, on=date(2022, 2, 1))
    campaign.decide(campaign.plan(paris(2022, 2, 2)), at=paris(2022, 2, 2))
    campaign.bounce(campaign.mails_to(first)[0], paris(2022, 2, 2))
    campaign.send(paris(2022, 2, 3))
    assert [(a["channel"], a["failure"]) for a in campaign.attempts(second)] == [("EMAIL", "REFUSED 5.1.6"), ("LETTER", None)]


def test_a_bounce_that_blocks_us_leaves_the_address_usable(campaign: Campaign, person: Person) -> None:
    campaign.bounce(campaign.mails_to(person)[0], DAY_40, "5.7.1")
    assert [a["channel"] for a in campaign.attempts(person)] == ["EMAIL", "LETTER"]
    assert campaign.rows("select count(*) as n from campaign.dead_address") == [{"n": 0}]


def test_equations_hold_after_a_bounce_and_its_letter(campaign: Campaign, person: Person) -> None:
    campaign.bounce(campaign.mails_to(person)[0], DAY_40)
    campaign.deposit(campaign.print_letters(DAY_40), MONDAY.date(), MONDAY)
    campaign.open(MONDAY + timedelta(days=43))
    assert campaign.status(person) == "OPENED" and campaign.broken_equations() == []
