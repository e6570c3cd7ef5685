"""HMAC-SHA-256 of many short messages under one key: the key is worked in once, not once a message."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_BLOCK = 64
_INNER = bytes(value ^ 0x36 for value in range(256))
_OUTER = bytes(value ^ 0x5C for value in range(256))


def keyed_digests(key: bytes, messages: Iterable[bytes]) -> list[bytes]:
    """Return the HMAC-SHA-256 of each message, in their order (RFC 2104)."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))
    digests = []
    for message in messages:
        within, around = inner.copy(), outer.copy()
        within.update(message)
        around.update(within.digest())
        digests.append(around.digest())
    return digests
