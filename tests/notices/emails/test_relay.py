"""Submission to a real SMTP server on the loopback: what each answer, or silence, means for the notice."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pipelines.notices.emails.mailbox import UnusableAddressError
from pipelines.notices.emails.relay import Fate, Outcome, Relay, RelayRefusesUsError
from pipelines.platform.settings import SmtpRelay
from tests.notices.emails.scripted_relay import Scripted, Server, free_port, here, scripted

FROM, TO = "retour+es1@assurance-maladie.example", "zoe@example.org"
MESSAGE = b"Subject: test\r\n\r\nBonjour\r\n.point\r\n..\r\nfin\r\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with scripted() as running:
        yield running


def test_messages_go_over_one_connection_and_arrive_as_they_were(server: Server) -> None:
    answers, relay_here = server
    with Relay(relay_here) as relay:
        outcomes = [relay.submit(FROM, recipient, MESSAGE) for recipient in (TO, "paul@Société.example")]
    assert outcomes == [Outcome(Fate.ACCEPTED, 250, "2.0.0")] * 2
    assert [(envelope.mail_from, envelope.rcpt_tos, envelope.content) for envelope in answers.accepted] == [
        (FROM, [TO], MESSAGE),
        (FROM, ["paul@xn--socit-esab.example"], MESSAGE),
    ]
    assert len(answers.sessions) == 1


@pytest.mark.parametrize(
    ("stage", "answer", "outcome"),
    [
        ("rcpt", "550 5.1.1 <zoe@example.org> unknown", Outcome(Fate.REFUSED, 550, "5.1.1")),
        ("rcpt", "553 bad", Outcome(Fate.REFUSED, 553, "")),
        ("rcpt", "450 4.2.1 <zoe@example.org> try later", Outcome(Fate.TRY_LATER, 450, "4.2.1")),
        ("rcpt", "450 4.7.1 greylisted", Outcome(Fate.TRY_LATER, 450, "4.7.1")),
        ("rcpt", "550 5.7.1 blocked, see our site", Outcome(Fate.BLOCKED, 550, "5.7.1")),
        ("rcpt", "452 4.3.1 disk full", Outcome(Fate.RELAY_BUSY, 452, "4.3.1")),
        ("rcpt", "421 4.3.2 closing", Outcome(Fate.RELAY_BUSY, 421, "4.3.2")),
        ("mail", "451 4.3.0 busy", Outcome(Fate.RELAY_BUSY, 451, "4.3.0")),
        ("data", "451 4.3.0 queue full", Outcome(Fate.RELAY_BUSY, 451, "4.3.0")),
        ("data", "554 5.7.1 refused", Outcome(Fate.BLOCKED, 554, "5.7.1")),
        ("data", "552 5.3.4 too big", Outcome(Fate.BLOCKED, 552, "5.3.4")),
        ("data", "554 transaction failed", Outcome(Fate.BLOCKED, 554, "")),
        ("data", "550 5.2.2 over quota", Outcome(Fate.REFUSED, 550, "5.2.2")),
    ],
)
def test_answer_of_the_relay_says_what_to_do_next(server: Server, stage: str, answer: str, outcome: Outcome) -> None:
    answers, relay_here = server
    with Relay(relay_here) as relay:
        before = getattr(answers, stage)
        setattr(answers, stage, answer)
        assert relay.submit(FROM, TO, MESSAGE) == outcome
        assert not answers.accepted
        setattr(answers, stage, before)
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED
    assert len(answers.accepted) == 1


def test_connection_lost_before_the_text_is_worth_another_try(server: Server) -> None:
    answers, relay_here = server
    with Relay(relay_here) as relay:
        answers.drop_at = "rcpt"
        assert relay.submit(FROM, TO, MESSAGE) == Outcome(Fate.RELAY_BUSY)
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED
    assert len(answers.sessions) == 2


def test_connection_lost_after_the_text_leaves_the_fate_unknown(server: Server) -> None:
    answers, relay_here = server
    with Relay(relay_here) as relay:
        answers.drop_at = "data"
        assert relay.submit(FROM, TO, MESSAGE) == Outcome(Fate.UNKNOWN)
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED


def test_relay_that_refuses_our_sender_is_nobody_elses_fault(server: Server) -> None:
    answers, relay_here = server
    answers.mail = "550 5.7.1 <retour+es1@assurance-maladie.example> not yours"
    with Relay(relay_here) as relay:
        with pytest.raises(RelayRefusesUsError, match=r"550 5\.7\.1$") as refusal:
            relay.submit(FROM, TO, MESSAGE)
        assert "@" not in str(refusal.value)


def test_no_address_leaves_with_an_outcome_or_an_error(server: Server) -> None:
    answers, relay_here = server
    answers.rcpt = "550 5.1.1 <zoe@example.org> unknown"
    with Relay(relay_here) as relay:
        assert "zoe" not in repr(relay.submit(FROM, TO, MESSAGE))
        with pytest.raises(UnusableAddressError) as refusal:
            relay.submit(FROM, "zoe@", MESSAGE)
    assert "zoe" not in str(refusal.value)


def test_relay_that_is_away_can_be_tried_again() -> None:
    with Relay(here(free_port())) as relay:
        assert relay.submit(FROM, TO, MESSAGE) == Outcome(Fate.RELAY_BUSY)


def test_relay_gone_between_two_messages_is_worth_another_try(server: Server) -> None:
    answers, _ = server
    controller = Controller(answers, hostname="127.0.0.1", port=free_port())
    controller.start()
    with Relay(here(controller.port)) as relay:
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED
        controller.stop()
        assert relay.submit(FROM, TO, MESSAGE) == Outcome(Fate.RELAY_BUSY)


@pytest.fixture
def guarded() -> Iterator[Callable[[str], SmtpRelay]]:
    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == b"right", handled=False)

    controller = Controller(
        Scripted(), hostname="127.0.0.1", port=free_port(), auth_required=True, auth_require_tls=False, authenticator=authenticate
    )
    controller.start()
    yield lambda password: here(controller.port, username="campaign", password=password)
    controller.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_relay_that_asks_for_a_password_gets_it(guarded: Callable[[str], SmtpRelay]) -> None:
    with Relay(guarded("right")) as relay:
        assert relay.submit(FROM, TO, MESSAGE).fate is Fate.ACCEPTED


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_wrong_password_is_final_and_not_repeated(guarded: Callable[[str], SmtpRelay]) -> None:
    with Relay(guarded("wrong-one")) as relay, pytest.raises(RelayRefusesUsError, match="does not let us in") as refusal:
        relay.submit(FROM, TO, MESSAGE)
    assert "wrong-one" not in str(refusal.value)


def test_relay_without_tls_is_refused_when_tls_is_set(server: Server) -> None:
    with Relay(here(server[1].port, starttls=True)) as relay, pytest.raises(RelayRefusesUsError, match="check TLS"):
        relay.submit(FROM, TO, MESSAGE)


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A relay that insists on TLS, and the certificate by which it is known."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, begin + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    known, secret = tmp_path / "certificate.pem", tmp_path / "key.pem"
    known.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(known, secret)
    answers = Scripted()
    controller = Controller(answers, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True)
    controller.start()
    yield (answers, here(controller.port, starttls=True)), known
    controller.stop()


def test_relay_with_a_certificate_we_trust_gets_messages_over_tls(encrypted: tuple[Server, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    (answers, relay_here), known = encrypted
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    with Relay(relay_here) as relay:
        assert [relay.submit(FROM, TO, MESSAGE).fate for _ in range(2)] == [Fate.ACCEPTED] * 2
    assert len(answers.sessions) == 1


def test_relay_with_a_certificate_that_nobody_vouches_for_gets_nothing(encrypted: tuple[Server, Path]) -> None:
    (answers, relay_here), _ = encrypted
    with Relay(relay_here) as relay, pytest.raises(RelayRefusesUsError, match="check TLS"):
        relay.submit(FROM, TO, MESSAGE)
    assert answers.accepted == []


def test_relay_that_says_nothing_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        closer = threading.Thread(target=lambda: silent.accept()[0].close())
        closer.start()
        with Relay(here(silent.getsockname()[1])) as relay:
            assert relay.submit(FROM, TO, MESSAGE) == Outcome(Fate.RELAY_BUSY)
        closer.join()
