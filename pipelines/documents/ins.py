"""The national identity of health (INS) as documents carry it: authorities, what is complete, what two of them must share.

Sources: ANS, INS reference and CI-SIS; matricule rules of `pipelines.registry.matricule`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from pipelines.documents.document import Fault, Reason, Traits
from pipelines.registry.matricule import MatriculeFault, check_matricule, kind_of

# Real identities, NIR before NIA, then those of tests and demonstrations.
NIR, NIA, TEST, DEMONSTRATION = (f"1.2.250.1.213.1.4.{end}" for end in (8, 9, 10, 11))
AUTHORITIES = (NIR, NIA, TEST, DEMONSTRATION)
_REAL = (NIR, NIA)
_LIGATURES = str.maketrans({"Œ": "OE", "œ": "OE", "Æ": "AE", "æ": "AE"})
_JOINTS = re.compile(r"[\s'’‐‑-]+")
_COG = re.compile(r"(?:\d{5}|2[ABab]\d{3})", re.ASCII)
_NAMES_OF_TRAITS = {
    "birth_name": "birth name",
    "first_names": "first names",
    "sex": "sex",
    "birth_date": "birth date",
    "birthplace": "birthplace",
}


class Ins(NamedTuple):
    """A matricule and the OID of the authority that gave it."""

    matricule: str
    authority: str


def choose_ins(identifiers: Iterable[tuple[str | None, str | None]]) -> tuple[Ins | None, list[Fault]]:
    """Return the INS among a patient's identifiers (OID, value), and what is wrong with their choice.

    A matricule is told without spaces, in upper case. A NIR goes before the NIA that it replaces; two numbers of one authority,
    or a real and a test one, are never chosen from.
    """
    found = {Ins("".join(value.split()).upper(), oid) for oid, value in identifiers if oid in AUTHORITIES and value and value.strip()}
    if not found:
        return None, []
    best = min(found, key=lambda ins: (AUTHORITIES.index(ins.authority), ins.matricule))
    others = found - {best}
    agree = all(best.authority == NIR and other.authority == NIA for other in others)
    return best, [] if agree else [Fault(Reason.INS_MISMATCH, "the patient has several INS")]


def judge_ins(ins: Ins | None, traits: Traits, where: str, without: frozenset[str] = frozenset()) -> tuple[list[Fault], list[str]]:
    """Return what is wrong with an identity (INS_MISSING, INS_INVALID, INS_INCOMPLETE), and what is odd.

    `without` names the fields of `Traits` that a format cannot carry.
    """
    if ins is None:
        return [Fault(Reason.INS_MISSING, f"{where} has no INS")], []
    faults, notes = [], []
    fault = _fault_of(ins.matricule)
    if fault is MatriculeFault.SHAPE or (fault is not MatriculeFault.NONE and ins.authority in _REAL):
        faults.append(Fault(Reason.INS_INVALID, f"{where}: the matricule has a wrong {'key' if fault is MatriculeFault.KEY else 'form'}"))
    elif fault is MatriculeFault.KEY:
        notes.append(f"{where}: a test matricule has a wrong key")
    lacking = [name for field, name in _NAMES_OF_TRAITS.items() if field not in without and not getattr(traits, field)]
    if lacking:
        faults.append(Fault(Reason.INS_INCOMPLETE, f"{where} lacks: {', '.join(lacking)}"))
    return faults, notes


def _fault_of(matricule: str) -> MatriculeFault:
    if len(matricule) != 15:
        return MatriculeFault.SHAPE
    return check_matricule(matricule, kind_of(matricule))[1]


def birthplace_of(code: str | None) -> str | None:
    """Return a COG code in upper case, None where it is none (a label, a postcode of another length)."""
    return code.upper() if code and _COG.fullmatch(code) else None


def compared(name: str) -> str:
    """Return a name as two of them are compared: no accent, ligatures in two letters, upper case, joints as one space."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.translate(_LIGATURES)) if not unicodedata.combining(c))
    return _JOINTS.sub(" ", bare.upper()).strip()
