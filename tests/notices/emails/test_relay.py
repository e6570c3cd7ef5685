"""Submission to a real SMTP server on the loopback: what each answer, or silence, means for the notice."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pipelines.notices.emails.mailbox import UnusableAddressError
from pipelines.notices.emails.relay import Fate, Outcome, Relay, RelayAwayError, RelayRefusesUsError
from pipelines.platform.settings import Settings

FROM, TO = "retour+es1@assurance-maladie.example", "zoe@example.org"
MESSAGE = b"Subject: test\r\n\r\nBonjour\r\n.point\r\n..\r\nfin\r\n"


class Scripted:
    """Answers as it is told; keeps what it accepts and counts the connections."""

    def __init__(self) -> None:
        self.mail = "250 OK"
        self.rcpt = "250 OK"
        self.data = "250 2.0.0 queued"
        self.accepted: list[Envelope] = []
        self.sessions: set[int] = set()
        self.drop_at: str | None = None

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        self.sessions.add(id(session))
        envelope.mail_from = address
        return self.mail

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        self._drop(server, "rcpt")
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._drop(server, "data")
        if self.data.startswith("250"):
            self.accepted.append(envelope)
        return self.data

    def _drop(self, server: Any, stage: str) -> None:
        if self.drop_at == stage:
            self.drop_at = None
            server.transport.abort()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server() -> Iterator[tuple[Scripted, Settings]]:
    scripted = Scripted()
    controller = Controller(scripted, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield scripted, Settings(smtp_host="127.0.0.1", smtp_port=controller.port)
    controller.stop()


Server = tuple[Scripted, Settings]


def test_messages_go_over_one_connection_and_arrive_as_they_were(server: Server) -> None:
    scripted, settings = server
    with Relay(settings) as relay:
        outcomes = [relay.submit(FROM, recipient, MESSAGE) for recipient in (TO, "paul@Société.example")]
    assert outcomes == [Outcome(Fate.ACCEPTED, 250, "2.0.0")] * 2
    assert [(envelope.mail_from, envelope.rcpt_tos, envelope.content) for envelope in scripted.accepted] == [
        (FROM, [TO], MESSAGE),
        (FROM, ["paul@xn--socit-esab.example"], MESSAGE),
    ]
    assert len(scripted.sessions) == 1


@pytest.mark.parametrize(
    ("stage", "answer", "outcome"),
    [
        ("rcpt", "550 5.1.1 <zoe@example.org> unknown", Outcome(Fate.REFUSED, 550, "5.1.1")),
        ("rcpt", "553 bad", Outcome(Fate.REFUSED, 553, "")),
        ("rcpt", "450 4.2.1 <zoe@example.org> try later", Outcome(Fate.TRY_LATER, 450, "4.2.1")),
        ("mail", "451 4.3.0 busy", Outcome(Fate.TRY_LATER, 451, "4.3.0")),
        ("data", "451 4.3.0 queue full", Outcome(Fate.TRY_LATER, 451, "4.3.0")),
        ("data", "554 5.7.1 refused", Outcome(Fate.REFUSED, 554, "5.7.1")),
        ("rcpt", "421 4.3.2 closing", Outcome(Fate.TRY_LATER, 421, "4.3.2")),
    ],
)
def test_answer_of_the_relay_says_what_to_do_next(server: Server, stage: str, answer: str, outcome: Outcome) -> None:
    scripted, settings = server
    with Relay(settings) as relay:
        before = getattr(scripted, stage)
        setattr(scripted, stage, answer)
        assert relay.submit(FROM, TO, MESSAGE) == outcome
        assert not scripted.accepted
        setattr(scripted, stage, before)
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED
    assert len(scripted.accepted) == 1


def test_connection_lost_before_the_text_is_worth_another_try(server: Server) -> None:
    scripted, settings = server
    with Relay(settings) as relay:
        scripted.drop_at = "rcpt"
        assert relay.submit(FROM, TO, MESSAGE) == Outcome(Fate.TRY_LATER)
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED
    assert len(scripted.sessions) == 2


def test_connection_lost_after_the_text_leaves_the_fate_unknown(server: Server) -> None:
    scripted, settings = server
    with Relay(settings) as relay:
        scripted.drop_at = "data"
        assert relay.submit(FROM, TO, MESSAGE) == Outcome(Fate.UNKNOWN)
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED


def test_relay_that_refuses_our_sender_is_nobody_elses_fault(server: Server) -> None:
    scripted, settings = server
    scripted.mail = "550 5.7.1 <retour+es1@assurance-maladie.example> not yours"
    with Relay(settings) as relay:
        with pytest.raises(RelayRefusesUsError, match=r"550 5\.7\.1$") as refusal:
            relay.submit(FROM, TO, MESSAGE)
        assert "@" not in str(refusal.value)


def test_no_address_leaves_with_an_outcome_or_an_error(server: Server) -> None:
    scripted, settings = server
    scripted.rcpt = "550 5.1.1 <zoe@example.org> unknown"
    with Relay(settings) as relay:
        assert "zoe" not in repr(relay.submit(FROM, TO, MESSAGE))
        with pytest.raises(UnusableAddressError) as refusal:
            relay.submit(FROM, "zoe@", MESSAGE)
    assert "zoe" not in str(refusal.value)


def test_relay_that_is_away_can_be_tried_again() -> None:
    with pytest.raises(RelayAwayError, match="cannot be reached"), Relay(Settings(smtp_port=free_port())):
        pass


def test_relay_gone_between_two_messages_is_worth_another_try(server: Server) -> None:
    scripted, settings = server
    controller = Controller(scripted, hostname="127.0.0.1", port=free_port())
    controller.start()
    with Relay(settings.model_copy(update={"smtp_port": controller.port})) as relay:
        controller.stop()
        assert relay.submit(FROM, TO, MESSAGE) == Outcome(Fate.TRY_LATER)


@pytest.fixture
def guarded() -> Iterator[Callable[[str], Settings]]:
    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == b"right", handled=False)

    controller = Controller(
        Scripted(), hostname="127.0.0.1", port=free_port(), auth_required=True, auth_require_tls=False, authenticator=authenticate
    )
    controller.start()
    yield lambda password: Settings(smtp_port=controller.port, smtp_username="campaign", smtp_password=password)  # type: ignore[arg-type]
    controller.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_relay_that_asks_for_a_password_gets_it(guarded: Callable[[str], Settings]) -> None:
    with Relay(guarded("right")) as relay:
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_wrong_password_is_final_and_not_repeated(guarded: Callable[[str], Settings]) -> None:
    with pytest.raises(RelayRefusesUsError, match="does not let us in") as refusal, Relay(guarded("wrong-one")):
        pass
    assert "wrong-one" not in str(refusal.value)


def test_relay_without_tls_is_refused_when_tls_is_set(server: Server) -> None:
    with pytest.raises(RelayRefusesUsError, match="check TLS"), Relay(server[1].model_copy(update={"smtp_starttls": True})):
        pass


def test_relay_that_says_nothing_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        closer = threading.Thread(target=lambda: silent.accept()[0].close())
        closer.start()
        with pytest.raises(RelayAwayError), Relay(Settings(smtp_port=silent.getsockname()[1])):
            pass
        closer.join()
