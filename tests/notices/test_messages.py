"""Whoever opposed, or had a space closed, gets a receipt: once, without a code, by e-mail or else by post."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage

import pypdf
import pytest
import sqlalchemy as sa

from pipelines.campaign.steering import Action, steer
from pipelines.notices.letter_dispatch import LetterDispatch
from pipelines.notices.messages import address_messages
from pipelines.notices.proofs import Look
from pipelines.notices.receipts import receipt_pdf
from pipelines.platform.errors import FinalError
from tests.campaign_driver import GROUPED_CODE, OPENING, Campaign, code_in, paris, request
from tests.registry_builder import Person, by_letter, invent

OPPOSED = paris(2022, 2, 10, 18)
NEXT_DAY = paris(2022, 2, 11, 8)


@pytest.fixture
def receipt(campaign: Campaign, person: Person, code: str) -> str:
    """The number of the receipt of that person's opposition."""
    return oppose(campaign, person, code)


def oppose(campaign: Campaign, person: Person, code: str, at: datetime = OPPOSED) -> str:
    (answer,) = campaign.oppose(request(person, code, at), at=at)
    return str(answer["receipt"])


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def messages(campaign: Campaign) -> list[dict[str, object]]:
    found = "select m.subject, m.reason, a.channel, a.status::text as status from notices.message as m left join campaign.attempt as a "
    return campaign.rows(found + "on m.message_id = a.message_id and m.addressed_in is not null order by m.message_id, a.attempt_no")


def test_an_opposition_is_confirmed_by_email_with_its_number_and_day(campaign: Campaign, person: Person, receipt: str) -> None:
    campaign.send(NEXT_DAY)
    told = text_of(campaign.mails_to(person)[1])
    assert receipt in told and "10\N{NO-BREAK SPACE}février\N{NO-BREAK SPACE}2022" in told


def test_a_receipt_gives_no_code_and_its_subject_tells_nothing_of_the_choice(campaign: Campaign, person: Person, receipt: str) -> None:
    campaign.send(NEXT_DAY)
    mail = campaign.mails_to(person)[1]
    assert not GROUPED_CODE.search(text_of(mail)) and "opposition" not in str(mail["Subject"])


def test_a_receipt_starts_no_window_and_the_books_balance(campaign: Campaign, person: Person, receipt: str) -> None:
    before = campaign.journey(person)
    campaign.send(NEXT_DAY)
    assert campaign.journey(person) == before and campaign.broken_equations() == []


def test_however_often_it_is_asked_and_dispatched_it_is_sent_once(campaign: Campaign, person: Person, code: str, receipt: str) -> None:
    oppose(campaign, person, code, OPPOSED + timedelta(hours=1))
    for hours in (0, 1, 2):
        campaign.send(NEXT_DAY + timedelta(hours=hours))
    assert len(campaign.mails_to(person)) == 2


def test_who_is_told_by_letter_gets_a_letter(campaign: Campaign) -> None:
    someone = by_letter(2)
    campaign.register(someone)
    notices = campaign.notify_by_letter()
    number = oppose(campaign, someone, campaign.letter_to(someone, notices).code)
    lots = campaign.print_letters(NEXT_DAY)
    letter = campaign.letter_to(someone, lots)
    assert number in letter.text and letter.codes == []
    campaign.deposit(lots, NEXT_DAY.date(), NEXT_DAY)
    assert messages(campaign) == [{"subject": "opposition_receipt", "reason": None, "channel": "LETTER", "status": "SENT"}]
    assert campaign.status(someone) == "OPPOSED" and campaign.broken_equations() == []


def test_a_receipt_that_bounces_becomes_a_letter(campaign: Campaign, person: Person, receipt: str) -> None:
    campaign.send(NEXT_DAY)
    campaign.bounce(campaign.mails_to(person)[1], NEXT_DAY + timedelta(hours=1))
    lots = campaign.print_letters(NEXT_DAY + timedelta(days=1))
    assert receipt in campaign.letter_to(person, lots).text
    assert [message["status"] for message in messages(campaign)] == ["FAILED", "CLAIMED"]


def test_the_receipt_of_a_child_goes_to_its_representative(campaign: Campaign) -> None:
    parent = invent(1)
    child = invent(2, birth_date="20150612", email=None, address_4=None, postcode=None, town=None, representative_1=parent.matricule)
    campaign.register(parent, child)
    campaign.notify()
    code = next(code_in(mail) for mail in campaign.mails_to(parent) if child.first_names in text_of(mail))
    number = oppose(campaign, child, code)
    campaign.send(NEXT_DAY)
    told = text_of(campaign.mails_to(parent)[-1])
    assert number in told and "l\N{RIGHT SINGLE QUOTATION MARK}espace de l\N{RIGHT SINGLE QUOTATION MARK}enfant" in told


def test_who_cannot_be_written_to_waits_and_is_told_once_there_is_an_address(campaign: Campaign) -> None:
    someone = invent(2, address_4=None, postcode=None, town=None)
    campaign.register(someone)
    campaign.notify()
    oppose(campaign, someone, code_in(campaign.mails_to(someone)[0]))
    campaign.register(someone.but(email=None), on=date(2022, 2, 11))
    campaign.send(NEXT_DAY)
    assert [message["reason"] for message in messages(campaign)] == ["NO_ADDRESS"]
    campaign.register(someone.but(email="autre@courriel.example"), on=date(2022, 2, 12))
    campaign.send(NEXT_DAY + timedelta(days=1))
    assert [(message["reason"], message["status"]) for message in messages(campaign)] == [(None, "SENT")]


def test_who_died_meanwhile_is_told_nothing(campaign: Campaign, person: Person, receipt: str) -> None:
    campaign.register(person.but(died_on=date(2022, 2, 10)), on=date(2022, 2, 11))
    for days in (0, 1):
        campaign.send(NEXT_DAY + timedelta(days=days))
    assert len(campaign.mails_to(person)) == 1 and [message["reason"] for message in messages(campaign)] == ["DECEASED"]


def test_receipts_stop_with_the_campaign_and_leave_when_it_goes_on(campaign: Campaign, person: Person, receipt: str) -> None:
    steer(campaign.home.db, Action.PAUSE, 1, None, "ops", "a wrong sentence", OPPOSED)
    campaign.send(NEXT_DAY)
    paused = len(campaign.mails_to(person))
    steer(campaign.home.db, Action.RESUME, 1, None, "ops", "mended", NEXT_DAY)
    campaign.send(NEXT_DAY + timedelta(hours=1))
    assert (paused, len(campaign.mails_to(person))) == (1, 2)


def test_a_space_that_is_closed_is_confirmed_with_the_end_of_its_archive(campaign: Campaign, person: Person, code: str) -> None:
    campaign.open()
    number = oppose(campaign, person, code, OPENING + timedelta(days=1))
    campaign.close(OPENING + timedelta(days=2))
    campaign.send(OPENING + timedelta(days=3))
    told = text_of(campaign.mails_to(person)[1]).replace("\N{NO-BREAK SPACE}", " ")
    assert number in told and "17 mars 2022" in told and "17 mars 2032" in told


def test_a_receipt_made_again_gives_the_same_bytes_whatever_changed_since(
    campaign: Campaign, letter_dispatch: LetterDispatch, person: Person, receipt: str
) -> None:
    campaign.send(NEXT_DAY)
    look = Look("agent", "called the 3422", NEXT_DAY + timedelta(hours=1))
    first = receipt_pdf(letter_dispatch, receipt, look)
    campaign.register(person.but(address_4="2 rue Neuve"), on=date(2022, 2, 14))
    again = receipt_pdf(letter_dispatch, receipt, replace(look, at=NEXT_DAY + timedelta(days=4)))
    assert first == again and receipt in pypdf.PdfReader(io.BytesIO(first)).pages[0].extract_text()


def test_whoever_has_a_receipt_made_again_is_kept_in_the_journey(
    campaign: Campaign, letter_dispatch: LetterDispatch, person: Person, receipt: str
) -> None:
    campaign.send(NEXT_DAY)
    receipt_pdf(letter_dispatch, receipt, Look("agent", "called the 3422", NEXT_DAY + timedelta(hours=1)))
    assert campaign.rows("select reason from platform.audit where after = 'CONSULTED'") == [{"reason": "called the 3422"}]


def test_a_receipt_that_was_not_sent_cannot_be_made_again(letter_dispatch: LetterDispatch, receipt: str) -> None:
    with pytest.raises(FinalError, match="no receipt of this number was sent"):
        receipt_pdf(letter_dispatch, receipt, Look("agent", "called the 3422", NEXT_DAY))


def test_who_is_not_represented_any_more_is_told_in_person(campaign: Campaign) -> None:
    """The notice went to the representative; the measure has ended since: only what comes later goes to the person."""
    guardian, ward = invent(1), invent(2, protection="TUTELLE", representative_1=invent(1).matricule)
    campaign.register(guardian, ward)
    campaign.notify()
    code = next(code_in(mail) for mail in campaign.mails_to(guardian) if ward.first_names in text_of(mail))
    number = oppose(campaign, ward, code)
    campaign.register(ward.but(protection=None, representative_1=None), on=date(2022, 2, 11))
    campaign.send(NEXT_DAY)
    (mail,) = campaign.mails_to(ward)
    assert number in text_of(mail)


def test_whoever_was_told_fifty_times_waits_and_holds_up_nobody(campaign: Campaign, owner: sa.Engine) -> None:
    often, other = invent(1), invent(2)
    campaign.register(often, other)
    campaign.notify()
    told = sa.text(
        "insert into notices.message (person_id, campaign_id, subject, happened_on, kept_until, work_id) "
        "select :often, 1, 'archive', date '2022-02-01' - n, date '2032-02-01', 1 from generate_series(1, 51) as n "
        "union all select :other, 1, 'archive', '2022-02-01', '2032-02-01', 1"
    )
    with owner.begin() as connection:
        connection.execute(told, {"often": campaign.person_id(often), "other": campaign.person_id(other)})
    campaign.send(NEXT_DAY)
    assert [row["reason"] for row in messages(campaign) if row["reason"]] == ["NO_NUMBER_LEFT"]
    assert len(campaign.mails_to(other)) == 2


def test_a_message_that_has_not_left_when_its_person_dies_never_leaves(campaign: Campaign, person: Person, receipt: str) -> None:
    address_messages(campaign.home.db, campaign.home.policy, NEXT_DAY)
    campaign.register(person.but(died_on=date(2022, 2, 10)), on=date(2022, 2, 11))
    campaign.send(NEXT_DAY + timedelta(hours=1))
    assert len(campaign.mails_to(person)) == 1
    assert [(row["reason"], row["status"]) for row in messages(campaign)] == [("DECEASED", "CANCELLED")]


def test_a_message_that_has_not_left_goes_to_whoever_is_to_be_told_by_then(campaign: Campaign) -> None:
    child, mother = invent(3, birth_date="20040212", email=None, representative_1=invent(4).matricule), invent(4)
    campaign.register(child, mother)
    campaign.notify()
    (about_the_child,) = [mail for mail in campaign.mails_to(mother) if child.first_names in text_of(mail)]
    campaign.oppose(request(child, code_in(about_the_child), OPPOSED), at=OPPOSED)
    address_messages(campaign.home.db, campaign.home.policy, NEXT_DAY)
    campaign.register(child.but(email="majeur@courriel.example"), on=date(2022, 2, 14))
    campaign.send(paris(2022, 2, 15, 8))
    assert len(campaign.mails_to(mother)) == 2 and [row["channel"] for row in messages(campaign) if row["status"] == "SENT"] == ["EMAIL"]
