"""E-mail addresses as declared to an insurance body: usable, or none (a letter is then sent)."""

from __future__ import annotations

import re
import unicodedata

import idna
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.arrow_text import Mask, TextColumn, mask_of, matches, one_array, replace_where, texts_where

_LONGEST = 254  # RFC 5321 4.5.3.1.3, without the angle brackets
_LONGEST_LOCAL = 64
_LONGEST_LABEL = 63
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = rf"{_ATOM}(?:\.{_ATOM})*"
# A quoted local part or an address literal is valid in RFC 5321 but never a person's address: refused on purpose.
_ADDRESS = re.compile(rf"({_LOCAL})@((?:[^\W_]+(?:-+[^\W_]+)*\.)+[^\W\d_](?:(?:[^\W_]|-)*[^\W_]))")
# What needs no second look: ASCII, domain already in lower case, far from every limit of length.
_PLAIN = rf"\A{_LOCAL}@(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z](?:[a-z0-9-]*[a-z0-9])\z"
_PLAIN_LONGEST = 63


def clean_email(text: str) -> str | None:
    """Return an address with its domain in lower case and NFC, None where it cannot be one.

    The local part is kept as given (RFC 5321 2.4) and must be ASCII; a domain may be internationalised, and stays in
    Unicode: the mailer encodes it (RFC 5891).
    """
    address = unicodedata.normalize("NFC", text.strip())
    found = _ADDRESS.fullmatch(address)
    if not found or len(address) > _LONGEST or len(found[1]) > _LONGEST_LOCAL:
        return None
    domain = found[2].lower()
    return f"{found[1]}@{domain}" if _exists_in_dns(domain) else None


def _exists_in_dns(domain: str) -> bool:
    """Say whether a domain has a form that name servers know: labels of 63 characters, an internationalised one as RFC 5891 encodes it."""
    try:
        encoded = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return False
    return max(map(len, encoded.split("."))) <= _LONGEST_LABEL


def clean_emails(column: TextColumn) -> tuple[pa.StringArray, Mask]:
    """Return (usable addresses or null, mask of those refused) of a column, by the rule of `clean_email`."""
    texts = one_array(column)
    short = mask_of(pc.less_equal(pc.binary_length(texts), pa.scalar(_PLAIN_LONGEST)))
    doubtful = mask_of(texts.is_valid()) & ~(short & matches(texts, _PLAIN))
    if not doubtful.any():
        return texts, doubtful
    given = texts_where(texts, doubtful)
    cleaned = [clean_email(text) for text in given]
    refused = doubtful.copy()
    refused[doubtful] = [bool(text.strip()) and address is None for text, address in zip(given, cleaned, strict=True)]
    return replace_where(texts, doubtful, cleaned), refused
