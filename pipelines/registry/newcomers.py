"""People whom the registry does not know yet: copied straight into its tables, one portion at a time, ids already reserved."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.platform.database import Session
from pipelines.registry.birth_date import BirthPrecision
from pipelines.registry.copying import constant, copy_table

UNKNOWN_DEPARTMENT = "ZZ"  # told last
_PERSON = (
    "birth_name", "used_name", "first_names", "birth_name_key", "first_names_key", "sex", "birth_date", "born_on", "birth_precision",
    "birthplace_code", "protection", "died_on", "declared_died_on", "rights_end_on",
)  # fmt: skip
_CONTACT = (
    "office", "affiliated_since", "email", "address_2", "address_3", "address_4", "address_5", "postcode", "town", "address_flags",
    "language", "large_print",
)  # fmt: skip


def add_newcomers(session: Session, rows: pa.Table, first_id: int, body: str, day: dt.date) -> None:
    """Copy people into the registry under consecutive ids.

    `rows` follows NORMALISED_SCHEMA and names nobody whom the registry knows; the caller holds the intake for itself. `day` is
    the legal day of the intake.
    """
    columns: dict[str, Any] = {name: rows.column(name) for name in rows.column_names}
    columns["person_id"] = pa.array(np.arange(first_id, first_id + rows.num_rows, dtype=np.int64))
    columns["department"] = pc.fill_null(columns["department"], pa.scalar(UNKNOWN_DEPARTMENT))
    columns["declared_died_on"] = columns["died_on"]
    constants = {"known_since": day, "body": body, "version": 1, "valid_from": day}
    columns |= {name: constant(value, rows.num_rows) for name, value in constants.items()}
    copy_table(session, "registry.identifier", _chosen(columns, "matricule", "matricule_kind", "person_id", "known_since"))
    copy_table(session, "registry.person", _chosen(columns, "person_id", *_PERSON, "known_since"))
    copy_table(session, "registry.contact", _chosen(columns, "person_id", "version", "body", *_CONTACT, "department", "valid_from"))
    for rank in (1, 2):
        _name_representatives(session, columns, rank)


def _name_representatives(session: Session, columns: dict[str, Any], rank: int) -> None:
    named = columns[f"representative_{rank}"]
    people = columns["person_id"].filter(pc.is_valid(named))
    links = {"person_id": people, "rank": constant(rank, len(people)), "matricule": named.drop_null()}
    copy_table(session, "registry.named_representative", pa.table(links))


def note_arrivals(session: Session, rows: pa.Table, first_id: int, reference_date: dt.date, work_id: int) -> None:
    """Note the arrival of newcomers as facts; who was born in the year before counts as a birth, on the day of birth."""
    born_on: Any = rows.column("born_on")
    year_before = reference_date - dt.timedelta(days=365)
    known_day: Any = pc.equal(rows.column("birth_precision"), pa.scalar(str(BirthPrecision.DAY)))
    is_birth: Any = pc.and_kleene(pc.greater(born_on, pa.scalar(year_before)), known_day)
    facts = {
        "person_id": pa.array(np.arange(first_id, first_id + rows.num_rows, dtype=np.int64)),
        "kind": pc.if_else(is_birth, pa.scalar("BORN"), pa.scalar("ARRIVED")),
        "happened_on": pc.if_else(is_birth, born_on, pa.scalar(reference_date)),
        "work_id": constant(work_id, rows.num_rows),
    }
    copy_table(session, "registry.fact", pa.table(facts))


def _chosen(columns: dict[str, Any], *names: str) -> pa.Table:
    return pa.table({name: columns[name] for name in names})
