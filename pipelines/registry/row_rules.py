"""Which rows of a delivery are taken, which are refused and why: whole columns at a time, and never a word of a person's data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.address_columns import AddressColumns, fold_column, normalise_addresses, tidy_column
from pipelines.registry.arrow_text import (
    Mask,
    byte_lengths,
    equals,
    is_one_of,
    mask_of,
    matches,
    null_if_empty,
    null_where,
    places_of,
    text_column,
    unreadable,
)
from pipelines.registry.birth_date import BirthDates, BirthPrecision, normalise_birth_dates
from pipelines.registry.contract import DELIVERY_SCHEMA, MatriculeKind, Protection, Sex
from pipelines.registry.email_address import clean_emails
from pipelines.registry.matricule import CheckedMatricules, MatriculeFault, all_digits, check_matricules, clean_numbers, guess_kinds
from pipelines.registry.postal_address import UNUSABLE, AddressFlag


class RowFault(StrEnum):
    """The closed list of reasons for refusing a row; the sender reads them in its report."""

    MATRICULE_MISSING = "MATRICULE_MISSING"
    MATRICULE_SHAPE = "MATRICULE_SHAPE"
    MATRICULE_KEY = "MATRICULE_KEY"
    MATRICULE_KIND_UNKNOWN = "MATRICULE_KIND_UNKNOWN"
    FORMER_MATRICULE_SHAPE = "FORMER_MATRICULE_SHAPE"
    NAME_MISSING = "NAME_MISSING"
    TEXT_UNREADABLE = "TEXT_UNREADABLE"
    SEX_UNKNOWN = "SEX_UNKNOWN"
    BIRTH_DATE_UNREADABLE = "BIRTH_DATE_UNREADABLE"
    BIRTH_DATE_IN_FUTURE = "BIRTH_DATE_IN_FUTURE"
    BIRTHPLACE_SHAPE = "BIRTHPLACE_SHAPE"
    REPRESENTATIVE_SHAPE = "REPRESENTATIVE_SHAPE"
    PROTECTION_UNKNOWN = "PROTECTION_UNKNOWN"
    LANGUAGE_SHAPE = "LANGUAGE_SHAPE"
    AFFILIATION_DATE_MISSING = "AFFILIATION_DATE_MISSING"
    AFFILIATION_DATE_IMPOSSIBLE = "AFFILIATION_DATE_IMPOSSIBLE"
    DEATH_DATE_IMPOSSIBLE = "DEATH_DATE_IMPOSSIBLE"
    RIGHTS_DATE_IMPOSSIBLE = "RIGHTS_DATE_IMPOSSIBLE"


_FAULT_COLUMNS: Mapping[str, pa.DataType] = {"row": pa.int64(), "reason": pa.string(), "column": pa.string()}
FAULT_SCHEMA = pa.schema(_FAULT_COLUMNS)

# What is added to DELIVERY_SCHEMA in the table of good rows.
_ADDED: Mapping[str, pa.DataType] = {
    "row": pa.int64(),
    "born_on": pa.date32(),
    "birth_precision": pa.string(),
    "birth_name_key": pa.string(),
    "first_names_key": pa.string(),
    "department": pa.string(),
    "address_flags": pa.int16(),
    "email_refused": pa.bool_(),
}
NORMALISED_SCHEMA = pa.schema([*DELIVERY_SCHEMA, *(pa.field(name, kind) for name, kind in _ADDED.items())])

_TEXTS = ("birth_name", "used_name", "first_names", "address_2", "address_3", "address_4", "address_5", "town", "office")
# What lies outside is a slip of the pen: nobody was insured before, and an affiliation is not announced more than a year ahead.
EARLIEST, LATEST = dt.date(1850, 1, 1), dt.date(2200, 1, 1)
ANNOUNCED_AHEAD = dt.timedelta(days=366)


@dataclass(frozen=True)
class Unusable:
    """How many of the good rows have contact data that cannot be used; nobody is refused for them. The sender reads these names."""

    refused_emails: int = 0
    refused_postcodes: int = 0
    unusable_addresses: int = 0

    def __add__(self, other: Unusable) -> Unusable:
        """Return the sums."""
        return Unusable(
            self.refused_emails + other.refused_emails,
            self.refused_postcodes + other.refused_postcodes,
            self.unusable_addresses + other.unusable_addresses,
        )


@dataclass(frozen=True)
class CheckedRows:
    """`good` follows NORMALISED_SCHEMA; `faults` follows FAULT_SCHEMA, one line a fault; `refused_rows` and `unusable` count rows."""

    good: pa.Table
    faults: pa.Table
    refused_rows: int
    unusable: Unusable


@dataclass
class _Faults:
    """Faults found so far: a mask a (reason, column)."""

    first_row: int
    bad: Mask
    rows: list[np.ndarray[Any, np.dtype[np.int64]]] = field(default_factory=list)
    reasons: list[tuple[RowFault, str, int]] = field(default_factory=list)

    def add(self, mask: Mask, reason: RowFault, column: str) -> None:
        found = np.flatnonzero(mask)
        if len(found):
            self.bad |= mask
            self.rows.append(found + self.first_row)
            self.reasons.append((reason, column, len(found)))

    def table(self) -> pa.Table:
        if not self.rows:
            return FAULT_SCHEMA.empty_table()
        reasons = [str(reason) for reason, _, count in self.reasons for _ in range(count)]
        columns = [column for _, column, count in self.reasons for _ in range(count)]
        table = pa.Table.from_arrays([pa.array(np.concatenate(self.rows)), pa.array(reasons), pa.array(columns)], schema=FAULT_SCHEMA)
        return table.sort_by([("row", "ascending"), ("column", "ascending")])


def check_rows(rows: pa.RecordBatch | pa.Table, reference_date: dt.date, first_row: int = 1) -> CheckedRows:
    """Normalise the good rows of a batch and list the faults of the others.

    `rows` follows DELIVERY_SCHEMA; `first_row` is the number of its first row within the file (the first data row is 1).
    A bad e-mail address, or a postal address where no letter can be sent, is not a fault: the channel adapts.
    """
    faults = _Faults(first_row, np.zeros(rows.num_rows, dtype=np.bool_))
    columns: dict[str, Any] = {name: rows.column(name) for name in DELIVERY_SCHEMA.names}
    columns["row"] = pa.array(np.arange(first_row, first_row + rows.num_rows, dtype=np.int64))
    columns |= _identity(rows, faults)
    columns |= _birth(rows, reference_date, faults)
    columns |= _texts(rows, faults)
    columns |= _representatives(rows, faults)
    columns |= _situation(rows, reference_date, faults)
    columns["email"], refused_emails = clean_emails(text_column(rows, "email"))
    columns["email_refused"] = pa.array(refused_emails)
    if faults.bad.any():
        # Column by column: a whole table is filtered half as fast.
        columns = {name: column.filter(pa.array(~faults.bad)) for name, column in columns.items()}
    good = pa.Table.from_arrays([columns[name] for name in NORMALISED_SCHEMA.names], schema=NORMALISED_SCHEMA)
    return CheckedRows(good, faults.table(), int(faults.bad.sum()), _unusable(good))


def _unusable(good: pa.Table) -> Unusable:
    flags = good.column("address_flags").to_numpy()
    return Unusable(
        refused_emails=int(good.column("email_refused").to_numpy().sum()),
        refused_postcodes=int(np.count_nonzero(flags & AddressFlag.REFUSED_POSTCODE)),
        unusable_addresses=int(np.count_nonzero(flags & UNUSABLE)),
    )


def _identity(rows: pa.RecordBatch | pa.Table, faults: _Faults) -> dict[str, Any]:
    kinds = text_column(rows, "matricule_kind")
    known = is_one_of(kinds, MatriculeKind)
    checked = check_matricules(text_column(rows, "matricule"), kinds)
    faults.add(~known, RowFault.MATRICULE_KIND_UNKNOWN, "matricule_kind")
    for fault, reason in (
        (MatriculeFault.MISSING, RowFault.MATRICULE_MISSING),
        (MatriculeFault.SHAPE, RowFault.MATRICULE_SHAPE),
        (MatriculeFault.KEY, RowFault.MATRICULE_KEY),
    ):
        # Without a kind nothing can be said of the shape.
        faults.add((checked.faults == fault) & (known | (fault is MatriculeFault.MISSING)), reason, "matricule")
    faults.add(~is_one_of(text_column(rows, "sex"), Sex), RowFault.SEX_UNKNOWN, "sex")
    former = _other_numbers(rows, "former_matricule", RowFault.FORMER_MATRICULE_SHAPE, faults)
    unchanged = mask_of(pc.equal(former, checked.values))
    return {"matricule": checked.values, "former_matricule": null_where(former, unchanged)}


def _birth(rows: pa.RecordBatch | pa.Table, reference_date: dt.date, faults: _Faults) -> dict[str, Any]:
    birth = normalise_birth_dates(text_column(rows, "birth_date"))
    faults.add(equals(birth.precision, BirthPrecision.NONE), RowFault.BIRTH_DATE_UNREADABLE, "birth_date")
    faults.add(_after(birth, reference_date), RowFault.BIRTH_DATE_IN_FUTURE, "birth_date")
    place = null_if_empty(text_column(rows, "birthplace_code"))
    faults.add(_wrong_birthplaces(place), RowFault.BIRTHPLACE_SHAPE, "birthplace_code")
    died: Any = rows.column("died_on")
    born_on: Any = birth.born_on
    early = mask_of(pc.less(died, birth.born_on)) & equals(birth.precision, BirthPrecision.DAY)
    years_early: Any = pc.less(pc.year(died), pc.year(born_on))
    impossible = early | mask_of(years_early) | _outside(died, EARLIEST, reference_date)
    faults.add(impossible, RowFault.DEATH_DATE_IMPOSSIBLE, "died_on")
    return {"born_on": birth.born_on, "birth_precision": birth.precision, "birthplace_code": place}


def _wrong_birthplaces(codes: pa.StringArray) -> Mask:
    """Say where a COG code is present and not five digits, `2A` and `2B` apart."""
    five = byte_lengths(codes) == 5
    wrong = mask_of(codes.is_valid())
    wrong[five] = ~all_digits(places_of(codes, five, 5), department=0)
    return wrong


def _outside(days: Any, first: dt.date, last: dt.date) -> Mask:
    """Say where a day is given and lies before the first or after the last that is possible."""
    outside: Mask = mask_of(pc.less(days, pa.scalar(first))) | mask_of(pc.greater(days, pa.scalar(last)))
    return outside


def _after(birth: BirthDates, reference_date: dt.date) -> Mask:
    """Say where a birth lies after a day; a year alone stands for 31 December and may be the current one."""
    end_of_year = dt.date(reference_date.year, 12, 31)
    year_only = equals(birth.precision, BirthPrecision.YEAR)
    late: Mask = mask_of(pc.greater(birth.born_on, pa.scalar(reference_date)))
    return (late & ~year_only) | mask_of(pc.greater(birth.born_on, pa.scalar(end_of_year)))


def _texts(rows: pa.RecordBatch | pa.Table, faults: _Faults) -> dict[str, Any]:
    for name in _TEXTS:
        faults.add(unreadable(text_column(rows, name)), RowFault.TEXT_UNREADABLE, name)
    names = {name: tidy_column(text_column(rows, name)) for name in ("birth_name", "used_name", "first_names")}
    keys = {f"{name}_key": fold_column(names[name]) for name in ("birth_name", "first_names")}
    for name in ("birth_name", "first_names"):
        faults.add(mask_of(keys[f"{name}_key"].is_null()), RowFault.NAME_MISSING, name)
    address: AddressColumns = normalise_addresses(rows)
    lines = {name: getattr(address, name) for name in ("address_2", "address_3", "address_4", "address_5", "postcode", "town")}
    return {**names, **keys, **lines, "department": address.department, "address_flags": pa.array(address.flags)}


def _representatives(rows: pa.RecordBatch | pa.Table, faults: _Faults) -> dict[str, Any]:
    """Check the matricules of parents and guardians; a person without any is no fault."""
    names = ("representative_1", "representative_2")
    return {name: _other_numbers(rows, name, RowFault.REPRESENTATIVE_SHAPE, faults) for name in names}


def _other_numbers(rows: pa.RecordBatch | pa.Table, name: str, reason: RowFault, faults: _Faults) -> pa.StringArray:
    """Check a column of matricules that may be missing and come without their kind; return them normalised."""
    numbers = clean_numbers(text_column(rows, name))
    given = mask_of(numbers.is_valid())
    present = numbers.drop_null()
    checked: CheckedMatricules = check_matricules(present, guess_kinds(present))
    wrong = given.copy()
    wrong[given] = checked.faults != MatriculeFault.NONE
    faults.add(wrong, reason, name)
    normalised: pa.StringArray = pc.replace_with_mask(numbers, pa.array(given), checked.values)
    return normalised


def _situation(rows: pa.RecordBatch | pa.Table, reference_date: dt.date, faults: _Faults) -> dict[str, Any]:
    protection = null_if_empty(text_column(rows, "protection"))
    faults.add(mask_of(protection.is_valid()) & ~is_one_of(protection, Protection), RowFault.PROTECTION_UNKNOWN, "protection")
    language = null_if_empty(pc.ascii_lower(text_column(rows, "language")))
    faults.add(mask_of(language.is_valid()) & ~matches(language, r"\A[a-z]{2}\z"), RowFault.LANGUAGE_SHAPE, "language")
    since: Any = rows.column("affiliated_since")
    faults.add(mask_of(since.is_null()), RowFault.AFFILIATION_DATE_MISSING, "affiliated_since")
    announced = _outside(since, EARLIEST, reference_date + ANNOUNCED_AHEAD)
    faults.add(announced, RowFault.AFFILIATION_DATE_IMPOSSIBLE, "affiliated_since")
    faults.add(_outside(rows.column("rights_end_on"), EARLIEST, LATEST), RowFault.RIGHTS_DATE_IMPOSSIBLE, "rights_end_on")
    large_print: Any = pc.fill_null(rows.column("large_print"), pa.scalar(False))
    return {"protection": protection, "language": pc.fill_null(language, pa.scalar("fr")), "large_print": large_print}
