"""What a person types about one insured person: read with tolerance, checked as far as it can be without knowing anybody.

Every check here follows from public rules (the check character, the key of a matricule, the shape of a date): none tells whether
somebody exists, or whether a code is theirs. Only the intake decides that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from pipelines.campaign import opposition_code
from pipelines.registry.matricule import MatriculeFault, check_matricule, kind_of

FIRST_YEAR = 1850
_NOT_IN_NUMBERS = re.compile(r"[\s.\-_/\u00a0\u202f]")
_MONTHS = ("janv", "fevr", "mars", "avr", "mai", "juin", "juil", "aout", "sept", "oct", "nov", "dec")

CODE_MISSING = "Saisissez le code qui figure sur l'avis, par exemple ABCD-EFGH-JK23."
CODE_LENGTH = "Le code compte 12 lettres et chiffres : vous en avez saisi {count}."
CODE_MISTYPED = "Ce code contient une faute de frappe : comparez-le à l'avis, caractère par caractère."
MATRICULE_FAULTS: Mapping[MatriculeFault, str] = {
    MatriculeFault.MISSING: "Saisissez le numéro de sécurité sociale, par exemple 2 69 05 99 999 042 95.",
    MatriculeFault.SHAPE: "Le numéro de sécurité sociale compte 13 chiffres, ou 15 avec sa clé : vérifiez votre saisie.",
    MatriculeFault.KEY: "Ce numéro de sécurité sociale contient une faute de frappe : il ne correspond pas à sa clé.",
}
DATE_MISSING = "Saisissez la date de naissance : jour, mois et année."
DAY_WRONG = "Le jour de naissance va de 1 à 31. S'il n'est pas connu, saisissez 00."
MONTH_WRONG = "Le mois de naissance va de 1 à 12. S'il n'est pas connu, saisissez 00."
YEAR_WRONG = "L'année de naissance compte quatre chiffres, par exemple 1969."


class Typed(NamedTuple):
    """The fields of the form, as they were typed."""

    code: str = ""
    matricule: str = ""
    day: str = ""
    month: str = ""
    year: str = ""


class Insured(NamedTuple):
    """One person of a request, as the file wants them: `birth_date` is YYYYMMDD, 00 for what is unknown; no `code`: asks for a new one."""

    code: str
    matricule: str
    birth_date: str


def read_person(typed: Typed, this_year: int, *, with_code: bool = True) -> tuple[Insured | None, dict[str, str]]:
    """Return the person (None where something is at fault) and, for each field at fault, the sentence that helps to correct it."""
    code, code_fault = _read_code(typed.code) if with_code else ("", "")
    matricule, matricule_fault = _read_matricule(typed.matricule)
    birth_date, date_faults = _read_birth_date(typed, this_year)
    faults = {"code": code_fault, "matricule": matricule_fault} | date_faults
    told = {field: fault for field, fault in faults.items() if fault}
    return (None if told else Insured(code, matricule, birth_date)), told


def _read_code(typed: str) -> tuple[str, str]:
    code = opposition_code.as_derived(_NOT_IN_NUMBERS.sub("", typed))
    if not code:
        return code, CODE_MISSING
    if len(code) != opposition_code.LENGTH:
        return code, CODE_LENGTH.format(count=len(code))
    return code, "" if opposition_code.is_well_formed(code) else CODE_MISTYPED


def _read_matricule(typed: str) -> tuple[str, str]:
    text = _NOT_IN_NUMBERS.sub("", typed)
    number, fault = check_matricule(text, kind_of(text))
    return number or "", MATRICULE_FAULTS.get(fault, "")


def _read_birth_date(typed: Typed, this_year: int) -> tuple[str, dict[str, str]]:
    if not "".join((typed.day, typed.month, typed.year)).strip():
        return "", {"day": DATE_MISSING}
    day, month, year = _number(typed.day), _month(typed.month), _number(typed.year)
    faults = {
        "day": "" if day is not None and day <= 31 else DAY_WRONG,
        "month": "" if month is not None and month <= 12 else MONTH_WRONG,
        "year": "" if year is not None and FIRST_YEAR <= year <= this_year else YEAR_WRONG,
    }
    return ("" if any(faults.values()) else f"{year:04d}{month:02d}{day:02d}"), faults


def _number(typed: str) -> int | None:
    text = typed.strip().lower().removesuffix("er")
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else None


def _month(typed: str) -> int | None:
    """Return the number of a month, typed as a number or as a French name, whole or shortened."""
    plain = unicodedata.normalize("NFKD", typed.strip().lower()).encode("ascii", "ignore").decode()
    named = [number for number, name in enumerate(_MONTHS, 1) if plain.startswith(name)]
    return named[0] if named else _number(typed)
