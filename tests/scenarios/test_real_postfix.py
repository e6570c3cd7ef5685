"""Notices through a real Postfix that accepts, refuses, puts off, blocks and bounces: each person gets what is due, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from pipelines.benchmarks.postfix import Postfix, can_run, postfix
from pipelines.platform.errors import RetryableError
from pipelines.registry.bodies import insurance_bodies
from tests.campaign_driver import Campaign, paris
from tests.notices.emails.scripted_relay import here, scripted
from tests.registry_builder import Person, invent

pytestmark = pytest.mark.skipif(not can_run(), reason="Postfix is not installed, or this is not root")

DOMAINS = tuple(sorted({body.sender.email.rpartition("@")[2] for body in insurance_bodies().values()}))
PATIENCE = 60.0
REFUSED, PUT_OFF, BLOCKED, BOUNCED, STUCK, ACCEPTED = (
    invent(number, email=email)
    for number, email in enumerate(
        (
            "inconnue@refus.example",
            "pleine@attente.example",
            "bloquee@filtre.example",
            "partie@loin.example",
            "lente@loin.example",
            "arrivee@société.example",
        ),
        start=1,
    )
)
EVERYONE = (REFUSED, PUT_OFF, BLOCKED, BOUNCED, STUCK, ACCEPTED)
ACCESS = {
    str(REFUSED.email): "550 5.1.1 unknown here",
    str(PUT_OFF.email): "450 4.2.1 mailbox busy",
    str(BLOCKED.email): "550 5.7.1 blocked",
}


@dataclass
class Sending:
    """A campaign whose relay is a real Postfix, behind which another server answers."""

    campaign: Campaign
    relay: Postfix

    def send(self) -> None:
        """Send, as a run that ends with messages to be tried later."""
        with pytest.raises(RetryableError, match="try again"):
            self.campaign.send()

    def reports(self, count: int) -> list[bytes]:
        """Return the reports that came back, once there are so many."""
        deadline = time.monotonic() + PATIENCE
        while len(found := self.relay.returned()) < count:
            assert time.monotonic() < deadline, "no report came back"
            time.sleep(0.05)
        return found

    def channels(self, person: Person) -> list[tuple[str, str]]:
        return [(attempt["channel"], attempt["status"]) for attempt in self.campaign.attempts(person)]


@pytest.fixture
def sending(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sending]:
    with scripted() as (far, hop):
        far.answers = {str(BOUNCED.email): "550 5.1.1 gone", str(STUCK.email): "450 4.2.2 mailbox full"}
        transports = {"loin.example": f"smtp:[127.0.0.1]:{hop.port}"}
        with postfix(DOMAINS, {"recipient_access": ACCESS, "transport_maps": transports}) as relay:
            settings = campaign.home.settings.model_copy(update={"smtp_relays": (here(relay.port, connections=3),)})
            monkeypatch.setattr(campaign.home, "settings", settings)
            campaign.register(*EVERYONE)
            campaign.decide(campaign.plan())
            yield Sending(campaign, relay)


def test_each_answer_of_a_real_relay_has_its_outcome(sending: Sending) -> None:
    sending.send()
    assert {person.email: sending.channels(person) for person in EVERYONE} == {
        REFUSED.email: [("EMAIL", "FAILED"), ("LETTER", "PREPARED")],
        PUT_OFF.email: [("EMAIL", "PREPARED")],
        BLOCKED.email: [("EMAIL", "PREPARED")],
        BOUNCED.email: [("EMAIL", "SENT")],
        STUCK.email: [("EMAIL", "SENT")],
        ACCEPTED.email: [("EMAIL", "SENT")],
    }


def test_who_stays_blocked_is_told_by_letter_after_some_runs_and_who_is_put_off_waits(sending: Sending) -> None:
    for _ in range(3):
        sending.send()
    assert sending.channels(BLOCKED) == [("EMAIL", "FAILED"), ("LETTER", "PREPARED")]
    assert sending.channels(PUT_OFF) == [("EMAIL", "PREPARED")]


def test_a_real_bounce_becomes_a_letter_once_whose_deposit_restarts_the_window(sending: Sending) -> None:
    campaign = sending.campaign
    sending.send()
    (report,) = sending.reports(1)
    assert campaign.bounce(report, paris(2022, 2, 2))["letters"] == 1
    assert campaign.bounce(report + b"\r\n", paris(2022, 2, 3))["letters"] == 0
    assert sending.channels(BOUNCED) == [("EMAIL", "FAILED"), ("LETTER", "PREPARED")]
    lots = campaign.print_letters(paris(2022, 2, 2))
    campaign.deposit(lots, date(2022, 2, 3), paris(2022, 2, 3))
    assert campaign.journey(BOUNCED)["last_day"] == date(2022, 3, 17) and campaign.broken_equations() == []


def test_a_real_report_returns_no_content_of_the_message(sending: Sending) -> None:
    sending.send()
    (report,) = sending.reports(1)
    assert b"text/rfc822-headers" in report and b"Content-Type: text/html" not in report and b"Original-Envelope-Id: ES" in report


def test_a_message_that_waits_in_the_queue_of_the_relay_changes_nothing(sending: Sending) -> None:
    sending.send()
    sending.reports(1)
    assert str(STUCK.email) in sending.relay.ask("postqueue", "-p")
    assert sending.campaign.status(STUCK) == "NOTIFIED"
