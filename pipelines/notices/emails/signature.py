"""The DKIM signature of a message (RFC 6376), for a relay that does not sign itself."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pipelines.platform.errors import FinalError

SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"auto-submitted", b"content-language", b"mime-version", b"content-type",
)  # fmt: skip
# Named once more than they stand there: a second one, added on the way, breaks the signature (RFC 6376, 5.4.2).
_NEVER_TWICE = (b"from", b"to", b"subject")
_LEAST_RSA_BITS = 2048
_SPACES = re.compile(rb"[ \t\r\n]+")


@dataclass(frozen=True)
class Signer:
    """Signs what is sent in the name of one domain, relaxed/simple, with an RSA (2048 bits or more) or an Ed25519 key (RFC 8463)."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """Return a message, CRLF throughout, with its signature before it; the same message always has the same signature."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = {name: value for name, value in _canonical_headers(head) if name in SIGNED}
        body_hash = hashlib.sha256(body.rstrip(b"\r\n") + b"\r\n").digest()
        field = self._unsigned_field(body_hash)
        signed = b"".join(b"%b:%b\r\n" % (name, fields[name]) for name in SIGNED if name in fields)
        signature = self._signature(signed + b"dkim-signature:" + _canonical(field))
        return b"DKIM-Signature: " + field + _folded(b64encode(signature)) + b"\r\n" + message

    def _unsigned_field(self, body_hash: bytes) -> bytes:
        algorithm = b"rsa-sha256" if isinstance(self.key, RSAPrivateKey) else b"ed25519-sha256"
        return b"v=1; a=%b; c=relaxed/simple;\r\n d=%b; s=%b;\r\n h=%b:\r\n %b;\r\n bh=%b;\r\n b=" % (
            algorithm, self.domain.encode(), self.selector.encode(), b":".join(SIGNED[:5]),
            b":".join((*SIGNED[5:], *_NEVER_TWICE)), b64encode(body_hash),
        )  # fmt: skip

    def _signature(self, content: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(content, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(content).digest())


def signer(domain: str, selector: str, pem: str) -> Signer:
    """Return the signer of a domain from its private key. Raises: FinalError, without the key, if it cannot sign."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise FinalError(f"the DKIM key of {domain} is no private key in PEM without password") from None
    if isinstance(key, Ed25519PrivateKey) or (isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS):
        return Signer(domain, selector, key)
    raise FinalError(f"the DKIM key of {domain} is neither RSA of {_LEAST_RSA_BITS} bits or more nor Ed25519")


def _canonical_headers(head: bytes) -> Sequence[tuple[bytes, bytes]]:
    fields = re.split(rb"\r\n(?![ \t])", head)
    return [(name.strip().lower(), _canonical(value)) for name, _, value in (field.partition(b":") for field in fields)]


def _canonical(value: bytes) -> bytes:
    """Return a header's value as `relaxed` has it (RFC 6376, 3.4.2)."""
    return _SPACES.sub(b" ", value).strip(b" ")


def _folded(encoded: bytes) -> bytes:
    return b"".join(b"\r\n  " + encoded[start : start + 72] for start in range(0, len(encoded), 72))
