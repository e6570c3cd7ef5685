"""Rows spoiled on purpose: each by one fault of `registry.row_rules.RowFault`, so that intake can be held to the count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.row_rules import RowFault

NO_FAULT = -1


def _wrong_key(matricule: str | None) -> str:
    text = matricule or ""
    key = int(text[13:]) % 97 + 1
    # 01 and 02 become 98 and 99, which a check by remainder would accept.
    return text[:13] + (f"{int(text[13:]) + 97:02d}" if int(text[13:]) <= 2 else f"{key:02d}")


# Fault: the column that it spoils, and how. `died_on` and representatives are left to the tests of the rules themselves.
_SPOILERS: dict[RowFault, tuple[str, Callable[[str | None], str | None]]] = {
    RowFault.MATRICULE_KEY: ("matricule", _wrong_key),
    RowFault.MATRICULE_SHAPE: ("matricule", lambda text: (text or "")[:-1]),
    RowFault.MATRICULE_MISSING: ("matricule", lambda _: None),
    RowFault.MATRICULE_KIND_UNKNOWN: ("matricule_kind", lambda _: "MIG"),
    RowFault.FORMER_MATRICULE_SHAPE: ("former_matricule", lambda _: "28405"),
    RowFault.NAME_MISSING: ("birth_name", lambda _: None),
    RowFault.TEXT_UNREADABLE: ("birth_name", lambda text: f"{text}\x1a"),
    RowFault.SEX_UNKNOWN: ("sex", lambda _: "X"),
    RowFault.BIRTH_DATE_UNREADABLE: ("birth_date", lambda _: "00000000"),
    RowFault.BIRTHPLACE_SHAPE: ("birthplace_code", lambda _: "2C004"),
    RowFault.PROTECTION_UNKNOWN: ("protection", lambda _: "AUTRE"),
    RowFault.LANGUAGE_SHAPE: ("language", lambda _: "fra"),
}
INJECTED = tuple(_SPOILERS)


def choose_faults(rng: np.random.Generator, people: int, share: float, keyless: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the position in INJECTED of each person's fault, or NO_FAULT; `keyless` people cannot have a wrong key."""
    spoiled = rng.random(people) < share
    faults = np.where(spoiled, rng.integers(0, len(INJECTED), people), NO_FAULT)
    no_key = keyless & (faults == INJECTED.index(RowFault.MATRICULE_KEY))
    return np.where(no_key, INJECTED.index(RowFault.MATRICULE_SHAPE), faults)


def spoil(columns: dict[str, Any], faults: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return columns in which each person with a fault has it."""
    spoiled = dict(columns)
    for number, fault in enumerate(INJECTED):
        rows = faults == number
        if rows.any():
            name, change = _SPOILERS[fault]
            mask: Any = pa.array(rows)
            values = [change(text) for text in columns[name].filter(mask).to_pylist()]
            spoiled[name] = pc.replace_with_mask(spoiled[name], mask, pa.array(values, pa.string()))
    return spoiled
