"""One portion of a delivery into the registry, in one transaction: newcomers copied, known people merged, the doubtful set aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Session, Work
from pipelines.registry.contract import Manifest, MatriculeKind
from pipelines.registry.copying import constant, copy_table
from pipelines.registry.digests import Rows
from pipelines.registry.matricule import check_matricules, guess_kinds
from pipelines.registry.newcomers import UNKNOWN_DEPARTMENT, add_newcomers, note_arrivals
from pipelines.registry.row_rules import NORMALISED_SCHEMA

MOST_ALIKE = 10
_NOT_STAGED = ("email_refused",)
_STAGED = tuple(name for name in NORMALISED_SCHEMA.names if name not in _NOT_STAGED)


@dataclass(frozen=True)
class Loading:
    """A delivery that is being taken in: `is_first` of its body, so that its newcomers are no news; `of_a_nation`, into an empty registry.

    `first_newcomer` is the first id reserved for newcomers: everybody known before has a smaller one.
    """

    delivery_id: int
    manifest: Manifest
    as_of: dt.datetime
    is_first: bool
    first_newcomer: int

    @property
    def of_a_nation(self) -> bool:
        """Nobody was known before."""
        return self.first_newcomer == 1

    @property
    def binds(self) -> dict[str, Any]:
        """What most statements want to know."""
        return {"body": self.manifest.body, "reference_date": self.manifest.reference_date}


def look_up(session: Session, rows: pa.Table) -> tuple[int, list[tuple[int, str]]]:
    """Return how many of the rows name nobody whom the registry knows, and, as (row, matricule), the other numbers of those it knows."""
    if not rows.num_rows or not session.one("registry/any_person")["known"]:
        return rows.num_rows, []
    _name(session, rows)
    others = [(row["row"], row["matricule"]) for row in session.all("registry/find_other_numbers")]
    return rows.num_rows - int(session.one("registry/count_known")["known"]), others


def take_in_portion(work: Work, loading: Loading, file: str, rows: pa.Table, faults: pa.Table, first_id: int) -> Counts:
    """Take in the good rows of one portion (NORMALISED_SCHEMA) and quarantine its faults (FAULT_SCHEMA)."""
    keep_faults(work, loading.delivery_id, file, faults)
    known, newcomers = _told_apart(work, loading, file, rows)
    if newcomers.num_rows:
        _add(work, loading, newcomers, first_id)
    changed = _merge(work, loading, file, known) if known.num_rows else {}
    departments: Any = newcomers.column("department")
    arrived = {row["values"]: row["counts"] for row in departments.fill_null(UNKNOWN_DEPARTMENT).value_counts().to_pylist()}
    _count(work, loading, arrived, changed)
    return {"newcomers": newcomers.num_rows, "changed": sum(changed.values())}


def add_former_numbers(work: Work, loading: Loading, renamed: pa.Table, first_id: int, last_id: int) -> None:
    """Keep the former numbers of newcomers (`matricule`, `former_matricule`), so that whoever still uses one is understood."""
    formers: Any = renamed.column("former_matricule").combine_chunks()
    work.run(
        "registry/add_former_numbers",
        day=legal_day(loading.as_of), first_id=first_id, last_id=last_id, matricules=renamed.column("matricule").to_pylist(),
        formers=formers.to_pylist(), kinds=guess_kinds(formers).to_pylist(),
    )  # fmt: skip


def keep_faults(work: Session, delivery_id: int, file: str, faults: pa.Table) -> None:
    """Quarantine the rows of a file that break a rule."""
    if faults.num_rows:
        lines, reasons, columns = (faults.column(name).to_pylist() for name in ("row", "reason", "column"))
        work.run("registry/keep_faults", delivery_id=delivery_id, file=file, lines=lines, reasons=reasons, columns=columns)


def let_go(work: Work, loading: Loading, gone: Iterator[pa.RecordBatch], named: Callable[[Sequence[str]], set[str]]) -> Counts:
    """Let go of the people whom a full delivery no longer names: another body speaks for them, or their rights end.

    `named` says which of some matricules the delivery names: whoever is there under another number stays.
    """
    work.run("registry/make_departed")
    for batch in gone:
        copy_table(work, "gone", _whole(batch))
    work.run("registry/find_departed")
    numbers = work.all("registry/numbers_of_departed")
    there = named([row["matricule"] for row in numbers])
    work.run("registry/keep_departed", person_ids=[row["person_id"] for row in numbers if row["matricule"] in there])
    work.run("registry/forget_second", body=loading.manifest.body)
    work.run("registry/make_touched")
    work.run("registry/make_contested_by_departure", body=loading.manifest.body)
    work.run("registry/make_incoming")
    moved = take_up(work, loading.manifest.body, loading.manifest.reference_date, loading.as_of)
    _count(work, loading, {}, moved)
    return {
        "moved": sum(moved.values()),
        **work.one("registry/end_rights", **loading.binds, delivery_id=loading.delivery_id, work_id=work.work_id),
    }


def _whole(numbers: pa.RecordBatch) -> pa.Table:
    """Return numbers as they are, and with their keys: of a row at fault, only the 13 first characters are known."""
    given: Any = numbers.column("matricule")
    waiting = pc.is_in(pc.utf8_slice_codeunits(given, 0, 1), pa.array(["7", "8"]))
    completed = check_matricules(given, pc.if_else(waiting, pa.scalar(str(MatriculeKind.NIA)), pa.scalar(str(MatriculeKind.NIR)))).values
    return pa.table({"matricule": pc.unique(pa.concat_arrays([given, completed.drop_null()]))})


def _name(session: Session, rows: pa.Table) -> None:
    session.run("registry/make_named")
    # In the order of the index: neighbours are found on the same page.
    copy_table(session, "named", rows.select(["row", "matricule", "former_matricule"]).sort_by("matricule"))


def _told_apart(work: Work, loading: Loading, file: str, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the rows of people whom the registry knows, with their `person_id`, and those of newcomers."""
    if loading.of_a_nation:
        return rows.slice(0, 0), rows
    _name(work, rows)
    found = work.all("registry/find_known")
    two_people = [row for row in found if row["person_id"] and row["former_person_id"] not in (None, row["person_id"])]
    if two_people:
        work.run(
            "registry/quarantine_two_people",
            delivery_id=loading.delivery_id, work_id=work.work_id, day=legal_day(loading.as_of),
            files=[file] * len(two_people), lines=[row["row"] for row in two_people],
            person_ids=[row["person_id"] for row in two_people], other_ids=[row["former_person_id"] for row in two_people],
        )  # fmt: skip
    ids = {row["row"]: row["person_id"] or row["former_person_id"] for row in found}
    numbers: Rows = rows.column("row").to_numpy()
    is_known = np.isin(numbers, np.fromiter(ids, np.int64, len(ids)))
    newcomers = rows.filter(pa.array(~is_known))
    doubtful = np.isin(numbers, [row["row"] for row in two_people])
    known = rows.filter(pa.array(is_known & ~doubtful))
    person_ids = pa.array([ids[row] for row in known.column("row").to_pylist()], pa.int64())
    return known.append_column("person_id", person_ids), newcomers


def _add(work: Work, loading: Loading, newcomers: pa.Table, first_id: int) -> None:
    manifest = loading.manifest
    add_newcomers(work, newcomers, first_id, manifest.body, legal_day(loading.as_of))
    if not loading.is_first:
        note_arrivals(work, newcomers, first_id, manifest.reference_date, work.work_id)


def _count(work: Work, loading: Loading, newcomers: Mapping[str, int], changed: Mapping[str, int]) -> None:
    """Count by department, last of all and in one order: portions that are taken in together wait for each other here only."""
    departments = sorted({*newcomers, *changed})
    work.run(
        "registry/count_departments",
        delivery_id=loading.delivery_id, departments=departments,
        newcomers=[newcomers.get(name, 0) for name in departments], changed=[changed.get(name, 0) for name in departments],
    )  # fmt: skip


def _merge(work: Work, loading: Loading, file: str, known: pa.Table) -> dict[str, int]:
    """Merge the rows of known people; return how many people changed, by department."""
    work.run("registry/make_staged")
    files = constant(file, known.num_rows)
    copy_table(work, "staged", known.select(["person_id", *_STAGED]).append_column("file", files))
    work.run("registry/make_touched")
    work.run(
        "registry/quarantine_other_traits",
        delivery_id=loading.delivery_id, work_id=work.work_id, folder=loading.manifest.folder, body=loading.manifest.body,
        day=legal_day(loading.as_of),
    )  # fmt: skip
    work.run("registry/add_numbers", work_id=work.work_id, day=legal_day(loading.as_of), reference_date=loading.manifest.reference_date)
    work.run("registry/correct_traits", work_id=work.work_id, reference_date=loading.manifest.reference_date)
    work.run("registry/make_contested", body=loading.manifest.body)
    work.run("registry/make_incoming")
    work.run("registry/take_uncontested", body=loading.manifest.body)
    work.run("registry/lay_side_by_side", body=loading.manifest.body)
    return take_up(work, loading.manifest.body, loading.manifest.reference_date, loading.as_of)


def ask_who_is_alike(work: Work, day: dt.date, newcomers: range = range(0)) -> int:
    """Ask about newcomers (a range of ids), and people whose traits were corrected, who share all five traits with somebody.

    Each is asked about with `MOST_ALIKE` people at most: thousands share a placeholder. Returns how many doubts it raised.
    """
    return work.run(
        "registry/doubt_same_traits",
        day=day, work_id=work.work_id, first_id=newcomers.start, last_id=newcomers.stop - 1, most_alike=MOST_ALIKE,
    )  # fmt: skip


def take_up(work: Work, body: str, reference_date: dt.date, as_of: dt.datetime) -> dict[str, int]:
    """Choose who speaks for the people of `contested`, and take up what is now said of everybody of `incoming`.

    `body` is the one whose word is new. Returns how many people changed, by department.
    """
    noted: dict[str, Any] = {"work_id": work.work_id, "reference_date": reference_date}
    work.run("registry/elect", body=body, day=legal_day(as_of))
    work.run("registry/keep_deaths")
    work.run("registry/note_facts", **noted)
    work.run("registry/merge_persons")
    work.run("registry/add_contact_versions", day=legal_day(as_of))
    work.run("registry/drop_representatives", **noted)
    work.run("registry/name_representatives")
    return {row["department"]: row["changed"] for row in work.all("registry/count_touched")}
