"""The INSEE monthly file of deaths ("fichier des personnes décédées"): its contract and its reader. See docs/contracts/deaths.md.

Fixed width, one death a line, no matricule, dirty bytes. Columns, from 1: 1-80 names, 81 sex, 82-89 birth date, 90-94 birthplace (COG),
95-124 commune, 125-154 country, 155-162 death date, 163-167 place of death (COG), 168-176 act. Source: INSEE's open file.
"""

from __future__ import annotations

import calendar
import codecs
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from pipelines.platform.errors import BadFileError
from pipelines.registry.address_columns import fold_column
from pipelines.registry.arrow_text import replace_where
from pipelines.registry.contract import Sex
from pipelines.registry.postal_address import fold_line

NAMES_WIDTH = 80
SHORTEST_LINE = 162  # the death date ends there; the act may be missing
ANY_TEXT = "%"  # in a key: here the file could not be read

_SEXES = {"1": Sex.M, "2": Sex.F}
_COG = re.compile(r"(?!00000)(?:[0-9]{5}|2[AB][0-9]{3})")
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]+")
_LATIN_LETTERS = "espace-sante-latin-letters"

_COLUMNS: list[pa.Field[Any]] = [
    pa.field("line", pa.int32()),
    pa.field("birth_name_key", pa.string()),
    pa.field("first_names_key", pa.string()),
    pa.field("sex", pa.string()),
    pa.field("birth_date", pa.string()),
    pa.field("birth_is_whole", pa.bool_()),
    pa.field("birthplace_code", pa.string()),
    pa.field("died_from", pa.date32()),
    pa.field("died_to", pa.date32()),
]
DEATH_SCHEMA = pa.schema(_COLUMNS)


class LineFault(StrEnum):
    """Why a line is set aside."""

    TOO_SHORT = "TOO_SHORT"
    NAME_MISSING = "NAME_MISSING"
    SEX_UNKNOWN = "SEX_UNKNOWN"
    BIRTH_DATE_UNREADABLE = "BIRTH_DATE_UNREADABLE"
    DEATH_DATE_UNREADABLE = "DEATH_DATE_UNREADABLE"
    DEATH_BEFORE_BIRTH = "DEATH_BEFORE_BIRTH"
    REPEATED = "REPEATED"


class DeathLine(NamedTuple):
    """One line cut into its fields, as they are written; blank ends are removed."""

    birth_name: str
    first_names: str
    names_are_cut: bool
    sex: str
    birth_date: str
    birthplace_code: str
    birthplace: str
    country: str
    died_on: str
    death_place_code: str
    act: str


class _Row(NamedTuple):
    """What matching needs of a good line, names not folded yet; the columns of DEATH_SCHEMA."""

    line: int
    birth_name: str
    first_names: str
    sex: str
    birth_date: str
    birth_is_whole: bool
    birthplace_code: str | None
    died_from: dt.date
    died_to: dt.date


@dataclass(frozen=True)
class DeathFile:
    """`rows` of DEATH_SCHEMA, one a good line; `faults` the line numbers (from 1) that were set aside; `lines` how many there were.

    Names are folded as in `registry.person`. Where bytes could not be read, or the field ends before the names do, a key holds
    ANY_TEXT: it equals no name, and is like some.
    """

    rows: pa.Table
    faults: dict[LineFault, list[int]]
    lines: int


def read_death_file(content: bytes) -> DeathFile:
    """Read a whole file, in UTF-8 or Latin-1, lines ended by LF or CRLF; a bad line is set aside.

    Raises: BadFileError if no line is one of such a file.
    """
    good: list[_Row] = []
    faults: dict[LineFault, list[int]] = {fault: [] for fault in LineFault}
    seen: set[str] = set()
    number = 0
    for number, text in enumerate(_lines(content), 1):
        row = _row(number, text)
        if isinstance(row, _Row) and text[:SHORTEST_LINE] in seen:
            row = LineFault.REPEATED
        if isinstance(row, LineFault):
            faults[row].append(number)
        else:
            seen.add(text[:SHORTEST_LINE])
            good.append(row)
    if not good:
        raise BadFileError("this is not the INSEE file of deaths: no line has NOM*PRENOMS/, a sex and two dates in their columns")
    return DeathFile(_table(good), faults, number)


def read_death_line(content: bytes, number: int) -> DeathLine:
    """Read again the line of a number (from 1), for the person who decides. Raises: BadFileError if the file has no such good line."""
    text = next((text for found, text in enumerate(_lines(content), 1) if found == number), "")
    if len(text) < SHORTEST_LINE:
        raise BadFileError(f"the file has no line {number} that can be read")
    return cut_line(text)


def cut_line(text: str) -> DeathLine:
    """Cut a line of at least SHORTEST_LINE characters into its fields."""
    birth_name, _, rest = text[:NAMES_WIDTH].partition("*")
    first_names, end, _ = rest.partition("/")
    names_are_cut = not end and text[NAMES_WIDTH - 1] != " "
    ends = (80, 81, 89, 94, 124, 154, 162, 167, 176)
    fields = [text[start:end].strip() for start, end in pairwise(ends)]
    return DeathLine(birth_name.strip(), first_names.strip(), names_are_cut, *fields)


@lru_cache(maxsize=262_144)
def possible_days(raw: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and last day that eight raw digits AAAAMMJJ may mean; None without a year, or where there is no such day.

    Unknown parts are zeros: 20240600 is any day of June, 20240000 (and 20240015) any day of the year.
    """
    if not (len(raw) == 8 and raw.isascii() and raw.isdigit()):
        return None
    year, month, day = int(raw[:4]), int(raw[4:6]), int(raw[6:])
    try:
        if month == 0:
            return dt.date(year, 1, 1), dt.date(year, 12, 31)
        if day == 0:
            return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
        return dt.date(year, month, day), dt.date(year, month, day)
    except ValueError:
        return None


def _latin_letter(error: UnicodeError) -> tuple[str | bytes, int]:
    """Read a byte that is not UTF-8 as the Latin-1 letter it may be, one character a byte, so that columns stay where they are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    letter = chr(error.object[error.start])
    return (letter if letter >= "\xc0" and letter.isalpha() else "\ufffd"), error.start + 1


codecs.register_error(_LATIN_LETTERS, _latin_letter)


def _lines(content: bytes) -> Iterator[str]:
    """Yield the lines without their ends; only a line feed ends one, since any other control character may be dirt."""
    text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8", _LATIN_LETTERS)
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return (line.removesuffix("\r") for line in lines)


def _row(number: int, text: str) -> _Row | LineFault:
    """Check one line. The first rule that it breaks is its fault."""
    if len(text) < SHORTEST_LINE:
        return LineFault.TOO_SHORT
    line = cut_line(text)
    if not (line.birth_name and line.first_names):
        return LineFault.NAME_MISSING
    sex = _SEXES.get(line.sex)
    if sex is None:
        return LineFault.SEX_UNKNOWN
    if not (len(line.birth_date) == 8 and line.birth_date.isascii() and line.birth_date.isdigit()):
        return LineFault.BIRTH_DATE_UNREADABLE
    born, died = possible_days(line.birth_date), possible_days(line.died_on)
    if died is None:
        return LineFault.DEATH_DATE_UNREADABLE
    if born is not None and died[1] < born[0]:
        return LineFault.DEATH_BEFORE_BIRTH
    return _Row(
        number,
        line.birth_name,
        line.first_names + ("\ufffd" if line.names_are_cut else ""),
        str(sex),
        line.birth_date,
        born is not None and born[0] == born[1],
        line.birthplace_code if _COG.fullmatch(line.birthplace_code) else None,
        *died,
    )


def _table(rows: list[_Row]) -> pa.Table:
    columns = [pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), DEATH_SCHEMA, strict=True)]
    for place in (1, 2):
        columns[place] = _keys(columns[place])
    return pa.table(columns, schema=DEATH_SCHEMA)


def _keys(names: pa.StringArray) -> pa.StringArray:
    """Fold names as `registry.person` does, ANY_TEXT where they could not be read."""
    texts = [text or "" for text in names.to_pylist()]
    dirty = np.array([_UNREADABLE.search(text) is not None for text in texts], dtype=np.bool_)
    patterns: list[str | None] = [_pattern(text) for text, is_dirty in zip(texts, dirty, strict=True) if is_dirty]
    return replace_where(fold_column(names), dirty, patterns)


def _pattern(name: str) -> str:
    return ANY_TEXT.join(fold_line(part) for part in _UNREADABLE.split(name))
