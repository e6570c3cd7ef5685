"""Text as quoted-printable bytes (RFC 2045, 6.7), in pieces that are joined by soft line breaks: encoded once, put together often."""

from __future__ import annotations

import re
from binascii import b2a_qp

SOFT_BREAK = b"=\r\n"
# Two dozen characters, encoded or not, are at most 72 bytes: a soft break after them keeps the line within 76.
_LONGEST = 72
_PIECE = re.compile(rb"(?:=[0-9A-F]{2}|[^=]){1,24}")


def passage(text: str) -> bytes:
    """Return a text of any number of lines; its last line has room for a soft break after it."""
    return b2a_qp(text.encode(), istext=True).replace(b"\n", b"\r\n")


def inset(text: str) -> bytes:
    """Return a text without line ends, to stand on lines of its own between two soft breaks."""
    encoded = b2a_qp(text.encode(), istext=True)
    if len(encoded) <= _LONGEST:
        return encoded
    return SOFT_BREAK.join(_PIECE.findall(encoded.replace(b"=\n", b"")))
