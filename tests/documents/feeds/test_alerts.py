"""People are told that something came: once a day at most, and nothing about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

from pipelines.documents.alerts import tell_of_documents
from pipelines.platform.database import Counts
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import hl7v2
from tests.feed_driver import RECEIVED, FeedDriver
from tests.registry_builder import Person

TOMORROW = RECEIVED + timedelta(days=1)


def told(feed: FeedDriver, at: datetime = TOMORROW) -> Counts:
    with feed.campaign.relay() as dispatch:
        return tell_of_documents(dispatch, at)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(message["Subject"]) + str(body.get_content())


def test_documents_of_a_day_are_one_message_on_the_next_that_says_nothing_of_them(hospital: FeedDriver, somebody: Person) -> None:
    documents = [hospital.document(somebody) for _ in range(3)]
    hospital.send(*documents)
    before = len(hospital.campaign.mails_to(somebody))
    assert told(hospital, RECEIVED)["told"] == 0
    assert told(hospital) == {"told": 1, "unreachable": 0, "later": 0} and told(hospital)["told"] == 0
    (message,) = hospital.campaign.mails_to(somebody)[before:]
    said = text_of(message)
    assert "un nouveau document est disponible" in said.lower()
    assert not [word for word in (documents[0].title, documents[0].unique_id, somebody.matricule, "CHU inventé") if word in said]


def test_each_day_has_a_message_of_its_own(hospital: FeedDriver, somebody: Person) -> None:
    for days in (0, 1):
        hospital.send(hospital.document(somebody), at=RECEIVED + timedelta(days=days))
        assert told(hospital, TOMORROW + timedelta(days=days))["told"] == 1
    ids = [str(message["Message-ID"]) for message in hospital.campaign.mails_to(somebody)]
    assert len(set(ids)) == len(ids)


def test_what_is_hidden_from_the_patient_or_not_stored_is_not_told(hospital: FeedDriver, somebody: Person) -> None:
    hidden = hospital.document(somebody)
    message = hl7v2(hidden, cda(hidden))
    name = hospital.put(message.replace(*_flag(message, b"INVISIBLE_PATIENT")), "hidden.hl7")
    hospital.run()
    hospital.send(hidden.but(unique_id="1.2.250.1.999.7.404", version=2, replaces="1.2.250.1.999.7.405"))
    assert hospital.campaign.rows("select hidden_from_patient from documents.document") == [{"hidden_from_patient": True}]
    assert hospital.answer(name)[0]["code"] == "ok" and told(hospital)["told"] == 0


def _flag(message: bytes, name: bytes) -> tuple[bytes, bytes]:
    """Return the segment of a flag as it is, and with Y for N."""
    (line,) = [line for line in message.splitlines() if name in line]
    return line, line.replace(b"|N|", b"|Y|").replace(b"|N^", b"|Y^")


def test_a_space_that_closed_meanwhile_gets_no_message(hospital: FeedDriver, somebody: Person) -> None:
    hospital.send(hospital.document(somebody))
    hospital.change_account(
        somebody, "status = 'CLOSED', closed_on = '2022-04-01', closing_reason = 'REQUEST', archived_until = '2032-04-01'"
    )
    assert told(hospital) == {"told": 0, "unreachable": 1, "later": 0}
