"""The DataMatrix of a letter: its reference, never its code, for the inserter and for whoever scans returned letters (ISO/IEC 16022).

`ES` and 18 digits always make a square of 16 modules. Of such a square the module at a place is the exclusive or of what each pair of
digits contributes to it, since error correction is linear: zxing-cpp draws 901 squares once, and each letter adds nine parts of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import zxingcpp

from pipelines.platform.errors import RuleError

MODULES = 16
QUIET = 2
MODULE_POINTS = 1.92  # 8 dots at 300 dpi, 16 at 600: every module is printed as wide as the next
SIDE = MODULES * MODULE_POINTS
PLACE = (MODULES + 2 * QUIET) * MODULE_POINTS
_REFERENCE = re.compile(r"ES[0-9]{18}")
_PREFIX, _PAIRS = "ES", 9
_LENGTH = len(_PREFIX) + 2 * _PAIRS
_WORDS = MODULES * MODULES // 64
_HEX = MODULES * MODULES // 4


def drawn(reference: str) -> npt.NDArray[np.bool_]:
    """Return the modules of a symbol as the library draws them, row by row from the top, true where dark."""
    image = zxingcpp.create_barcode(reference, zxingcpp.BarcodeFormat.DataMatrix).to_image(scale=1, add_quiet_zones=False)
    return np.equal(np.asarray(image, np.uint8), 0)


def masks(references: Sequence[str]) -> list[str]:
    """Return the symbol of each reference: 256 bits in hexadecimal, row by row from the top, 1 where dark.

    Raises: RuleError on a reference that is not `ES` and 18 digits.
    """
    if not all(map(_REFERENCE.fullmatch, references)):
        raise RuleError("a letter's reference is ES and 18 digits: another one does not fit its symbol")
    characters = np.frombuffer("".join(references).encode(), np.uint8)
    digits = characters.reshape(-1, _LENGTH)[:, len(_PREFIX) :] - ord("0")
    pairs = digits[:, ::2] * 10 + digits[:, 1::2]
    blank, parts = _parts()
    symbols = np.bitwise_xor.reduce([parts[place][pairs[:, place]] for place in range(_PAIRS)]) ^ blank
    text = symbols.tobytes().hex()
    return [text[start : start + _HEX] for start in range(0, len(text), _HEX)]


@cache
def _parts() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the symbol of the reference without any digit but 0, and what each pair of digits changes in it at each place."""

    def packed(pairs: Sequence[int]) -> npt.NDArray[np.uint64]:
        return np.packbits(drawn(_PREFIX + "".join(f"{pair:02d}" for pair in pairs))).view(np.uint64)

    blank = packed([0] * _PAIRS)
    parts = np.empty((_PAIRS, 100, _WORDS), np.uint64)
    for place in range(_PAIRS):
        for pair in range(100):
            parts[place, pair] = packed([pair if own == place else 0 for own in range(_PAIRS)]) ^ blank
    return blank, parts
