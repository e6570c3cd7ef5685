"""Whether a PDF runs something: the actions that PDF/A-1 forbids (ISO 19005-1, 6.6.1), however their names are written.

Names may be written with hexadecimal escapes (`/J#61vaScript`), and objects may lie compressed in object streams: both are looked into.
Other streams hold what a page shows and what fonts are: a viewer takes no action from them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_ACTIONS = ("JavaScript", "Launch", "RichMedia", "ImportData", "Movie", "Sound", "ResetForm")
_STREAM_BYTES = 2_000_000
_STREAMS = 1_000


def _names(*names: str) -> re.Pattern[bytes]:
    """Match names of PDF, each of their letters as it is or escaped."""
    spelled = ["".join(f"(?:{letter}|(?i:#{ord(letter):02x}))" for letter in name) for name in names]
    return re.compile(f"/(?:{'|'.join(spelled)})(?![A-Za-z0-9])".encode())


_ACTION = _names(*_ACTIONS)
_ENCRYPTED = _names("Encrypt")
_OBJECT_STREAM = re.compile(_names("ObjStm").pattern + rb".{0,400}?stream\r?\n", re.DOTALL)
_FILTER = _names("Filter")


def runs_something(body: bytes) -> bool:
    """Say whether a PDF holds an action that runs something, or keeps its objects where they cannot be looked at."""
    return _ACTION.search(body) is not None or any(objects is None or _ACTION.search(objects) for objects in _object_streams(body))


def _object_streams(body: bytes) -> Iterator[bytes | None]:
    """Give the objects of each object stream, inflated; None where they cannot be: encrypted, packed otherwise, or without end."""
    for number, begins in enumerate(_OBJECT_STREAM.finditer(body)):
        if number == _STREAMS or (number == 0 and _ENCRYPTED.search(body)):
            yield None
            return
        inflating = zlib.decompressobj()
        try:
            yield inflating.decompress(memoryview(body)[begins.end() : begins.end() + _STREAM_BYTES], _STREAM_BYTES)
        except zlib.error:
            if _FILTER.search(begins[0]):
                yield None
            continue
        if inflating.unconsumed_tail:
            yield None
