"""E-mail addresses as SMTP carries them, and names as headers show them."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator
from functools import lru_cache

import idna

from pipelines.platform.errors import FinalError

# Atoms of RFC 5321, with the characters beyond ASCII that RFC 6531 adds to them.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x2d\u00a1-\U0010ffff]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_LONGEST_LOCAL_PART = 64
_LONGEST_QUOTED = 60
_ENCODED_WORD_BYTES = 45
_SPECIAL = re.compile(r'(["\\])')


class UnusableAddressError(FinalError):
    """An address that no relay can take: it counts as 'no e-mail available', so the notice goes by post. Never holds the address."""


def envelope_address(address: str) -> str:
    """Return an address with its domain in ASCII and lower case. Raises: UnusableAddressError.

    A local part beyond ASCII stays as it is: it needs a relay that knows SMTPUTF8.
    Source: RFC 5321, RFC 5891 (internationalised domains), RFC 6531 (local parts).
    """
    local, _, domain = address.strip().rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or not local.isprintable() or len(local.encode()) > _LONGEST_LOCAL_PART:
        raise UnusableAddressError("an e-mail address is not valid")
    return f"{local}@{_ascii_domain(domain)}"


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise UnusableAddressError("the domain of an e-mail address is not valid") from None
    if not _DOMAIN.fullmatch(ascii_domain):
        raise UnusableAddressError("the domain of an e-mail address is not valid")
    return ascii_domain


def display_name(name: str) -> bytes:
    """Return a name without line ends as the phrase before an address: quoted, or encoded words on lines under 78 characters.

    Source: RFC 5322 3.2.4, RFC 2047 (a word holds whole characters only).
    """
    if name.isascii() and len(name) <= _LONGEST_QUOTED and "=?" not in name:
        return b'"%b"' % _SPECIAL.sub(r"\\\1", name).encode()
    return b"\r\n ".join(b"=?utf-8?b?%b?=" % b2a_base64(part, newline=False) for part in _whole_characters(name.encode()))


def _whole_characters(encoded: bytes) -> Iterator[bytes]:
    """Cut UTF-8 where a character begins."""
    while len(encoded) > _ENCODED_WORD_BYTES:
        cut = _ENCODED_WORD_BYTES
        while encoded[cut] & 0xC0 == 0x80:
            cut -= 1
        yield encoded[:cut]
        encoded = encoded[cut:]
    yield encoded
