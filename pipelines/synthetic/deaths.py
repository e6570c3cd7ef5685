"""An INSEE file of deaths for some of an invented France: exact, dirty, one trait off, and people whom nobody knows."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from pipelines.registry.birth_date import BirthPrecision, normalise_birth_date
from pipelines.registry.postal_address import fold_line

_READ = ["birth_name", "first_names", "sex", "birth_date", "birthplace_code", "died_on"]
_CYCLE_DAYS = 30


class Likeness(StrEnum):
    """How a line is like the person it was made from."""

    EXACT = "EXACT"
    DIRTY = "DIRTY"
    OTHER_BIRTHPLACE = "OTHER_BIRTHPLACE"
    FIRST_NAME_ONLY = "FIRST_NAME_ONLY"
    DAY_UNKNOWN = "DAY_UNKNOWN"
    NOBODY = "NOBODY"


def write_death_file(delivery: Path, out: Path, learned_on: dt.date, each: int = 10, seed: int = 1) -> dict[Likeness, int]:
    """Write a file of deaths in Latin-1, `each` lines of every likeness, from the people of a delivery's Parquet file.

    They died in the month before `learned_on`. People whom the delivery tells dead, or of whom a trait is missing, are left out.
    Returns the number of lines of each likeness, fewer where the delivery has too few people.
    """
    rng = np.random.default_rng(seed)
    people = [person for person in pq.read_table(delivery, columns=_READ).to_pylist() if _is_whole(person)]
    chosen = iter(rng.permutation(len(people)).tolist())
    lines: list[str] = []
    written = dict.fromkeys(Likeness, 0)
    for likeness in Likeness:
        for _, place in zip(range(each), chosen, strict=False):
            died_on = learned_on - dt.timedelta(days=int(rng.integers(1, _CYCLE_DAYS)))
            lines.append(_line(_spoiled(people[place], likeness), died_on, len(lines) + 1))
            written[likeness] += 1
    out.write_bytes("".join(lines).encode("latin-1", "replace"))
    return written


def _is_whole(person: dict[str, Any]) -> bool:
    known = all(person[name] for name in _READ if name != "died_on") and person["died_on"] is None
    return known and person["birthplace_code"].isalnum() and normalise_birth_date(person["birth_date"])[1] is BirthPrecision.DAY


def _spoiled(person: dict[str, Any], likeness: Likeness) -> dict[str, Any]:
    """Return the traits as the file gives them: folded as civil status is written there, one of them changed."""
    traits = {**person, "birth_name": fold_line(person["birth_name"]), "first_names": fold_line(person["first_names"])}
    match likeness:
        case Likeness.DIRTY:
            traits["birth_name"] = traits["birth_name"][:1] + "\x7f" + traits["birth_name"][2:]
        case Likeness.OTHER_BIRTHPLACE:
            traits["birthplace_code"] = "13055" if person["birthplace_code"] != "13055" else "75112"
        case Likeness.FIRST_NAME_ONLY:
            first, _, others = traits["first_names"].partition(" ")
            traits["first_names"] = first if others else f"{first} MARIE"
        case Likeness.DAY_UNKNOWN:
            traits["birth_date"] = person["birth_date"][:6] + "00"
        case Likeness.NOBODY:
            traits |= {"birth_name": f"{traits['birth_name'][::-1]} INCONNU", "first_names": "ZEPHIRINUS"}
    return traits


def _line(traits: dict[str, Any], died_on: dt.date, act: int) -> str:
    names = f"{traits['birth_name']}*{traits['first_names']}/"[:80]
    sex = {"M": "1", "F": "2"}.get(traits["sex"], "1")
    born = f"{traits['birth_date']}{traits['birthplace_code']:5.5}{'':30}{'':30}"
    return f"{names:80}{sex}{born}{died_on:%Y%m%d}{'75112'}{act:<9}\n"
