"""E-mail addresses as SMTP carries them: an internationalised domain in its ASCII form (RFC 5890), the local part untouched."""

from __future__ import annotations

import re

import idna

from pipelines.platform.errors import FinalError

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


class UnusableAddressError(FinalError):
    """An address that no relay can take: it counts as 'no e-mail available', so the notice goes by post. Never holds the address."""


def envelope_address(address: str) -> str:
    """Return an address in ASCII, its domain in lower case. Raises: UnusableAddressError.

    A local part outside ASCII would need SMTPUTF8 on every relay of the way: it is refused.
    """
    local, _, domain = address.strip().rpartition("@")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise UnusableAddressError("the domain of an e-mail address is not valid") from None
    if len(local) > 64 or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain):
        raise UnusableAddressError("an e-mail address is not valid")
    return f"{local}@{ascii_domain}"
