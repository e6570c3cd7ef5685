"""The reference of a notice: printed on the letter, carried by the e-mail, found again in what comes back.

`ES` and 18 digits: campaign (1), person's meaningless id (9), attempt (2), six digits of an HMAC, so that a mistyped or invented
reference is refused without a look-up. An e-mail's envelope and Message-ID add 16 hexadecimal digits: a forged bounce needs them.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

_FORM = re.compile(r"ES([0-9])([0-9]{9})([0-9]{2})([0-9]{6})")
_TAGGED = re.compile(r"(ES[0-9]{18})\.([0-9a-f]{16})")


@dataclass(frozen=True)
class NoticeId:
    """One attempt to notify one person."""

    campaign_id: int
    person_id: int
    attempt_no: int


def _mac(key: bytes, notice: NoticeId) -> bytes:
    return hmac.digest(key, f"notice|{notice.campaign_id}|{notice.person_id}|{notice.attempt_no}".encode(), "sha256")


def reference(key: bytes, notice: NoticeId) -> str:
    """Return the printed reference of a notice, 20 characters."""
    check = int.from_bytes(_mac(key, notice)[:8], "big") % 1_000_000
    return f"ES{notice.campaign_id:01d}{notice.person_id:09d}{notice.attempt_no:02d}{check:06d}"


def read_reference(key: bytes, text: str) -> NoticeId | None:
    """Return the notice of a printed reference, or None if it is not one of ours."""
    found = _FORM.fullmatch(text)
    if not found:
        return None
    notice = NoticeId(int(found[1]), int(found[2]), int(found[3]))
    return notice if hmac.compare_digest(reference(key, notice), text) else None


def tag(key: bytes, notice: NoticeId) -> str:
    """Return the local part that marks an e-mail in its envelope sender and Message-ID: the reference and its proof."""
    return f"{reference(key, notice)}.{_mac(key, notice)[8:16].hex()}"


def find_tag(key: bytes, text: str) -> NoticeId | None:
    """Return the notice of the first proven tag in a text (a header of something that came back), or None."""
    for found in _TAGGED.finditer(text):
        notice = read_reference(key, found[1])
        if notice is not None and hmac.compare_digest(tag(key, notice), found[0]):
            return notice
    return None
