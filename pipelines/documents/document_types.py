"""The type of a document: a code of LOINC, or of the complement of the ANS, within the value set JDV_J07.

`document_types.csv` holds the edition of 25 April 2025 and what earlier ones had besides. The value set grows every year: a code that is
not in it is told, not refused, unless it cannot be a code of the system that it names.
Sources: ANS, JDV_J07-XdsTypeCode-CISIS; LOINC Users' Guide, check digit (modulus 10).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pipelines.documents.document import Fault, Reason

LOINC = "2.16.840.1.113883.6.1"
TRE_A05 = "1.2.250.1.213.1.1.4.12"
_SYSTEMS = (LOINC, TRE_A05)
_LIST = Path(__file__).with_name("document_types.csv")
_LOINC_NUMBER = re.compile(r"(\d{1,7})-(\d)", re.ASCII)


def judge_type(code: str | None, system: str | None, what: str) -> tuple[list[Fault], list[str]]:
    """Return what is wrong with a type code (BAD_TYPE_CODE), and what is odd."""
    if not code or not system:
        return [Fault(Reason.BAD_TYPE_CODE, f"{what}: no type code with its system")], []
    if (code, system) in known_types():
        return [], []
    if system == LOINC and not _is_loinc(code):
        return [Fault(Reason.BAD_TYPE_CODE, f"{what}: its type is no LOINC number")], []
    if system not in _SYSTEMS:
        return [Fault(Reason.BAD_TYPE_CODE, f"{what}: its type is of a system that JDV_J07 does not use")], []
    return [], [f"{what}: its type is not in the edition of JDV_J07 that is known here"]


def known_types() -> frozenset[tuple[str, str]]:
    """Return the (code, system) pairs of the value set."""
    return frozenset(type_labels())


@cache
def type_labels() -> Mapping[tuple[str, str], str]:
    """Return the French names of the value set, by (code, system)."""
    with _LIST.open(encoding="utf-8", newline="") as stream:
        return {(row["code"], row["system"]): row["label"] for row in csv.DictReader(stream)}


def _is_loinc(code: str) -> bool:
    """Say whether a code has the form and the check digit of a LOINC number."""
    match = _LOINC_NUMBER.fullmatch(code)
    if match is None:
        return False
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(match[1]))]
    return -sum(number // 10 + number % 10 for number in doubled) % 10 == int(match[2])
