"""The number on a receipt: it tells in which file and line a request lies, and proves that it was given to whoever shows it.

Twenty symbols of the alphabet of codes: the minute of receipt, the name of the file, the line, then a proof. So the site keeps no
list of requests: a number leads to its line of the answer file.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipelines.campaign.opposition_code import ALPHABET, as_derived

MOST_LINES = 1000
SUFFIX = 6
LENGTH = 20
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_MINUTE, _LINE, _PROOF = 5, 2, 7
_GROUP = 4
_BASE = len(ALPHABET)


@dataclass(frozen=True, order=True)
class FileName:
    """A file of requests: the minute (UTC) in which they were received, and symbols that tell it from others of that minute."""

    minute: datetime
    suffix: str

    def __str__(self) -> str:
        return f"{self.minute:%Y%m%dT%H%MZ}-{self.suffix}.jsonl"

    @staticmethod
    def read(name: str) -> FileName:
        """Return what a name says. Raises: ValueError if it is none of ours."""
        minute, _, suffix = name.removesuffix(".jsonl").partition("-")
        return FileName(datetime.strptime(minute, "%Y%m%dT%H%MZ").replace(tzinfo=UTC), suffix)


@dataclass(frozen=True, order=True)
class Receipt:
    """One request that was received: line `line` (from 1) of `file`."""

    file: FileName
    line: int

    @property
    def request_ref(self) -> str:
        """The reference that the file gives the request; it proves nothing."""
        minutes = (self.file.minute - _EPOCH) // timedelta(minutes=1)
        return _written(minutes, _MINUTE) + self.file.suffix + _written(self.line, _LINE)

    def number(self, key: bytes) -> str:
        """Return the number that its person keeps: the reference and its proof."""
        return self.request_ref + _proof(self.request_ref, key)


def read_number(typed: str, key: bytes) -> Receipt | None:
    """Return the receipt whose number a person typed (grouped or not), None if it is no number that this site gave."""
    number = as_derived(typed)
    if len(number) != LENGTH or not set(number) <= set(ALPHABET):
        return None
    reference, proof = number[:-_PROOF], number[-_PROOF:]
    if not hmac.compare_digest(proof, _proof(reference, key)):
        return None
    minute = _EPOCH + timedelta(minutes=_value(reference[:_MINUTE]))
    return Receipt(FileName(minute, reference[_MINUTE:-_LINE]), _value(reference[-_LINE:]))


def grouped(number: str) -> str:
    """Return a number in groups of four, as it is shown."""
    return "-".join(number[start : start + _GROUP] for start in range(0, len(number), _GROUP))


def _proof(reference: str, key: bytes) -> str:
    return _written(int.from_bytes(hmac.digest(key, reference.encode(), "sha256")[:8]) >> 29, _PROOF)


def _written(value: int, places: int) -> str:
    return "".join(ALPHABET[value // _BASE**place % _BASE] for place in range(places - 1, -1, -1))


def _value(text: str) -> int:
    total = 0
    for symbol in text:
        total = total * _BASE + ALPHABET.index(symbol)
    return total
