"""The reference of a notice: printed on the letter, carried by the e-mail, found again in what comes back.

`ES` and 18 digits: campaign (1), person's meaningless id (9), attempt (2), six digits of an HMAC, so that a mistyped or invented
reference is refused without a look-up. An e-mail's envelope and Message-ID add 16 hexadecimal digits: a forged bounce needs them.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.platform.keyed_digests import keyed_digests

_FORM = re.compile(r"ES([0-9])([0-9]{9})([0-9]{2})([0-9]{6})")
_TAGGED = re.compile(r"(ES[0-9]{18})\.([0-9a-f]{16})")


class NoticeId(NamedTuple):
    """One attempt to notify one person."""

    campaign_id: int
    person_id: int
    attempt_no: int


def _macs(key: bytes, notices: Sequence[NoticeId]) -> list[bytes]:
    return keyed_digests(key, [f"notice|{one.campaign_id}|{one.person_id}|{one.attempt_no}".encode() for one in notices])


def references(key: bytes, notices: Sequence[NoticeId]) -> list[str]:
    """Return the printed reference of each notice, 20 characters, in their order."""
    return [_printed(one, mac) for one, mac in zip(notices, _macs(key, notices), strict=True)]


def _printed(one: NoticeId, mac: bytes) -> str:
    return f"ES{one.campaign_id:01d}{one.person_id:09d}{one.attempt_no:02d}{int.from_bytes(mac[:8], 'big') % 1_000_000:06d}"


def reference(key: bytes, notice: NoticeId) -> str:
    """Return the printed reference of a notice, 20 characters."""
    return references(key, [notice])[0]


def read_reference(key: bytes, text: str) -> NoticeId | None:
    """Return the notice of a printed reference, or None if it is not one of ours."""
    found = _FORM.fullmatch(text)
    if not found:
        return None
    notice = NoticeId(int(found[1]), int(found[2]), int(found[3]))
    return notice if hmac.compare_digest(reference(key, notice), text) else None


def tags(key: bytes, notices: Sequence[NoticeId]) -> list[str]:
    """Return, in their order, what marks each e-mail in its envelope sender and Message-ID: the reference, a dot, its proof."""
    return [f"{_printed(one, mac)}.{mac[8:16].hex()}" for one, mac in zip(notices, _macs(key, notices), strict=True)]


def tag(key: bytes, notice: NoticeId) -> str:
    """Return what marks an e-mail in its envelope sender and Message-ID: the reference, a dot, its proof."""
    return tags(key, [notice])[0]


def has_tag(text: str) -> bool:
    """Tell whether a text holds what looks like a tag, proven or not."""
    return _TAGGED.search(text) is not None


def find_tag(key: bytes, text: str) -> NoticeId | None:
    """Return the notice of the first proven tag in a text (a header of something that came back), or None."""
    for found in _TAGGED.finditer(text):
        notice = read_reference(key, found[1])
        if notice is not None and hmac.compare_digest(tag(key, notice), found[0]):
            return notice
    return None
