"""The personal code of a notice: derived from a key and the notice's identity, never stored.

Twelve symbols of Crockford's alphabet, which has no O, I, L or U: eleven carry 55 bits of an HMAC, the twelfth is a check symbol
over GF(32) that catches every wrong symbol and every swap of two.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from pipelines.platform.keyed_digests import keyed_digests

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 12
_VALUE: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_AS_TYPED: Final = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u00a0": None, "\u202f": None})


def _times_alpha(value: int) -> int:
    """Multiply by the generator of GF(32) under x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def _check_value(values: list[int]) -> int:
    """Return the sum of a_i * alpha^(i+1): distinct powers, so that no single error or swap keeps the sum."""
    total = 0
    for value in reversed(values):
        total = _times_alpha(total ^ value)
    return total


@cache
def _check_parts() -> npt.NDArray[np.uint8]:
    """Return what each value adds to the check at each place: the check of a code is the exclusive or of eleven such parts."""
    alone = [[[value if place == own else 0 for place in range(LENGTH - 1)] for value in range(32)] for own in range(LENGTH - 1)]
    return np.array([[_check_value(values) for values in row] for row in alone], np.uint8)


def derive_all(key: bytes, attempts: Iterable[tuple[int, int, int]]) -> list[str]:
    """Return the code of each attempt (campaign, person, number of the attempt); the same attempt always has the same code."""
    messages = [b"opposition-code|%d|%d|%d" % attempt for attempt in attempts]
    digests = np.frombuffer(b"".join(keyed_digests(key, messages)), ">u8").reshape(-1, 4)
    bits = digests[:, :1].astype(np.uint64) >> np.uint64(64 - 5 * (LENGTH - 1))
    values = (bits >> np.arange(5 * (LENGTH - 2), -1, -5, dtype=np.uint64) & np.uint64(31)).astype(np.uint8)
    checks = np.bitwise_xor.reduce(_check_parts()[np.arange(LENGTH - 1), values], axis=1)
    symbols = np.frombuffer(ALPHABET.encode(), np.uint8)[np.column_stack((values, checks))]
    text = symbols.tobytes().decode()
    return [text[start : start + LENGTH] for start in range(0, len(text), LENGTH)]


def derive_each(keys: Mapping[int, bytes], versions: Sequence[int], attempts: Sequence[tuple[int, int, int]]) -> list[str]:
    """Return the code of each attempt, derived from the version of the key that stands at the same place."""
    codes = [""] * len(attempts)
    for version in set(versions):
        places = [place for place, own in enumerate(versions) if own == version]
        for place, code in zip(places, derive_all(keys[version], [attempts[place] for place in places]), strict=True):
            codes[place] = code
    return codes


def derive(key: bytes, campaign_id: int, person_id: int, attempt_no: int) -> str:
    """Return the code of one attempt to notify one person; the same arguments always give the same code."""
    digest = hmac.digest(key, f"opposition-code|{campaign_id}|{person_id}|{attempt_no}".encode(), "sha256")
    bits = int.from_bytes(digest[:7], "big") >> 1
    values = [(bits >> 5 * place) & 31 for place in range(LENGTH - 2, -1, -1)]
    return "".join(ALPHABET[value] for value in [*values, _check_value(values)])


def as_derived(typed: str) -> str:
    """Bring a code as a person types or spells it (lower case, spaces, hyphens, O for 0, I or L for 1) to its derived form."""
    return typed.upper().translate(_AS_TYPED)


def is_well_formed(code: str) -> bool:
    """Tell whether a code in derived form has its twelve symbols and the right check symbol."""
    if len(code) != LENGTH or any(symbol not in _VALUE for symbol in code):
        return False
    values = [_VALUE[symbol] for symbol in code]
    return _check_value(values[:-1]) == values[-1]


def are_well_formed(codes: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Tell the same of many codes (codes,)."""
    # What cannot be one is looked at as a code of symbols that the alphabet lacks.
    same_length = [code if len(code) == LENGTH and code.isascii() else "-" * LENGTH for code in codes]
    values = _values()[np.frombuffer("".join(same_length).encode(), np.uint8).reshape(-1, LENGTH)]
    known: npt.NDArray[np.bool_] = np.all(values < len(ALPHABET), axis=1)
    carrying = np.where(known[:, None], values[:, :-1], 0)
    checks = np.bitwise_xor.reduce(_check_parts()[np.arange(LENGTH - 1), carrying], axis=1)
    right: npt.NDArray[np.bool_] = known & (checks == values[:, -1])
    return right


@cache
def _values() -> npt.NDArray[np.uint8]:
    """Return the value of each ASCII symbol, 32 where it is none of the alphabet."""
    return np.array([_VALUE.get(chr(symbol), len(ALPHABET)) for symbol in range(128)], np.uint8)


def prove_all(
    keys: Mapping[int, bytes], codes: Sequence[str], versions: Sequence[int], attempts: Sequence[tuple[int, int, int]]
) -> list[bool]:
    """Tell, each in constant time, whether codes in derived form are those of the versions and attempts that stand at the same places."""
    expected = derive_each(keys, versions, attempts)
    return [hmac.compare_digest(code.encode(), right.encode()) for code, right in zip(codes, expected, strict=True)]
