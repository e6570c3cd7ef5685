"""DKIM signatures, verified by a library that shares no line with ours."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa

from pipelines.notices.emails.signature import signer
from pipelines.platform.errors import FinalError
from tests.notices.conftest import NAMES
from tests.notices.emails.test_notice_message import NOTICE, SENT, WRITER

DOMAIN, SELECTOR = "assurance-maladie.example", "s2022"
RSA_KEY = generate_rsa(public_exponent=65537, key_size=2048)
SHORT = generate_rsa(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused
MESSAGE = WRITER.build(NOTICE, SENT)
PrivateKey = RSAPrivateKey | Ed25519PrivateKey


def pem(key: PrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


def dns(key: PrivateKey) -> Callable[..., bytes]:
    """The record under which verifiers find the public key."""
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    kind, public = (
        ("rsa", key.public_key().public_bytes(*form))
        if isinstance(key, RSAPrivateKey)
        else ("ed25519", key.public_key().public_bytes(*raw))
    )
    record = f"v=DKIM1; k={kind}; p={b64encode(public).decode()}".encode()
    return lambda name, timeout=5: record if name == f"{SELECTOR}._domainkey.{DOMAIN}.".encode() else b""


def holds(message: bytes, key: PrivateKey = RSA_KEY) -> bool:
    return bool(dkim.verify(message, dnsfunc=dns(key)))


@pytest.mark.parametrize("name", [*NAMES, "JEAN DUPONT", "É" * 60])
def test_a_signed_message_is_verified(name: str) -> None:
    assert holds(signer(DOMAIN, SELECTOR, pem(RSA_KEY)).sign(WRITER.build(NOTICE._replace(recipient_name=name), SENT)))


def test_an_ed25519_key_signs_too() -> None:
    key = Ed25519PrivateKey.generate()
    assert holds(signer(DOMAIN, SELECTOR, pem(key)).sign(MESSAGE), key)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"To: ", b"To: x"), (b"mon", b"non"), (b"From: ", b"From: y"), (b"Date: Mon", b"Date: Tue"),
     (b"MIME-Version", b"Subject: other\r\nMIME-Version"), (b"MIME-Version", b"To: <a@b.example>\r\nMIME-Version")],
)  # fmt: skip
def test_what_is_changed_or_added_on_the_way_breaks_the_signature(old: bytes, new: bytes) -> None:
    signed = signer(DOMAIN, SELECTOR, pem(RSA_KEY)).sign(MESSAGE)
    head, end, rest = signed.partition(b"\r\nFrom: ")
    tampered = head + (end + rest).replace(old, new, 1)
    assert tampered != signed and not holds(tampered)


def test_same_message_has_the_same_signature_on_short_lines() -> None:
    one, other = (signer(DOMAIN, SELECTOR, pem(RSA_KEY)).sign(MESSAGE) for _ in range(2))
    assert one == other and one.endswith(MESSAGE)
    assert max(map(len, one.split(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78


@pytest.mark.parametrize("key", ["", "no key", pem(SHORT), pem(generate_private_key(SECP256R1()))])  # type: ignore[arg-type]
def test_key_that_cannot_sign_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(FinalError, match=DOMAIN) as refusal:
        signer(DOMAIN, SELECTOR, key)
    assert "PRIVATE" not in str(refusal.value)
