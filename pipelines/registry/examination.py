"""A delivery examined before any effect: files checked whole, rows compared with the last delivery, then judged, by several processes.

What it finds lies in a directory of its own until the delivery is taken in; a worker that dies costs that work and nothing else.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, Self, TypeVar

import numpy as np
import pyarrow as pa

from pipelines.platform.errors import RetryableError
from pipelines.registry.contract import DeliveryKind, FileEntry, Manifest
from pipelines.registry.copying import constant
from pipelines.registry.delivery_files import Portion, portions_of, read_batches
from pipelines.registry.digests import DeliveryDigests, RowDigests, Rows, usable, write_rows
from pipelines.registry.row_rules import FAULT_SCHEMA, NORMALISED_SCHEMA, Unusable, check_rows


class SetAside(StrEnum):
    """Why a row without a fault of its own is not taken: it repeats another one, or a person must decide who it is."""

    REPEATED_IN_DELIVERY = "REPEATED_IN_DELIVERY"
    OTHER_TRAITS_KNOWN = "OTHER_TRAITS_KNOWN"
    TWO_PEOPLE_KNOWN = "TWO_PEOPLE_KNOWN"


NOTHING_UNUSABLE = Unusable()
NO_ROWS: Rows = np.zeros(0, dtype=np.int64)
LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Judged:
    """What was found in one portion; counts are of rows."""

    faulty: int = 0
    unusable: Unusable = NOTHING_UNUSABLE


@dataclass(frozen=True)
class PortionTask:
    """One portion as a worker process gets it; `number` tells the portions of a delivery apart, from 0 in the order of its files."""

    number: int
    portion: Portion
    reference_date: dt.date
    directory: Path

    @property
    def good_file(self) -> Path:
        """Where its good rows lie once it is judged."""
        return self.directory / f"good-{self.number}.arrow"

    @property
    def faults_file(self) -> Path:
        """Where its faults lie once it is judged."""
        return self.directory / f"faults-{self.number}.arrow"

    def digest(self) -> None:
        """Write the digest of every row, to be compared with the last delivery."""
        digests = RowDigests()
        found = pa.concat_tables([digests.of(batch) for batch in read_batches(self.portion)])
        rows = np.arange(found.num_rows, dtype=np.int64)
        columns: dict[str, Any] = {name: found.column(name) for name in found.column_names}
        write_rows(self.directory / f"delivered-{self.number}.parquet", self.number, rows, columns)

    def judge(self, wanted: Rows | None) -> Judged:
        """Judge the rows that are wanted (all, where None): write the good ones with their digests, and the faults of the others."""
        digests, faulty, unusable = RowDigests(), 0, NOTHING_UNUSABLE
        kept: list[pa.Table] = []
        with ExitStack() as files:
            good_rows = files.enter_context(pa.ipc.new_stream(str(self.good_file), NORMALISED_SCHEMA, options=LZ4))
            faults = files.enter_context(pa.ipc.new_stream(str(self.faults_file), FAULT_SCHEMA, options=LZ4))
            for batch, positions in self._batches(wanted):
                checked = check_rows(batch, self.reference_date)
                places = checked.good.column("row").to_numpy() - 1
                kept.append(self._kept(digests, batch, positions, places, checked.good))
                good_rows.write_table(_renumbered(checked.good, positions, self.portion.first_row))
                faults.write_table(_renumbered(checked.faults, positions, self.portion.first_row))
                faulty, unusable = faulty + checked.refused_rows, unusable + checked.unusable
        rows = pa.concat_tables(kept)
        columns: dict[str, Any] = {name: rows.column(name) for name in ("matricule", "former", "digest", "said", "traits")}
        write_rows(self.directory / f"kept-{self.number}.parquet", self.number, rows.column("row").to_numpy(), columns)
        return Judged(faulty, unusable)

    def _batches(self, wanted: Rows | None) -> Iterator[tuple[pa.RecordBatch, Rows]]:
        """Return the wanted rows by batch, each with its position in the portion."""
        start = 0
        for batch in read_batches(self.portion):
            positions = np.arange(start, start + batch.num_rows, dtype=np.int64)
            start += batch.num_rows
            if wanted is not None:
                first = start - batch.num_rows
                positions = wanted[(wanted >= first) & (wanted < start)]
                chosen: Any = pa.array(positions - first)
                batch = batch.take(chosen)
            yield batch, positions

    def _kept(self, digests: RowDigests, batch: pa.RecordBatch, positions: Rows, places: Rows, good: pa.Table) -> pa.Table:
        chosen: Any = pa.array(places)
        delivered = digests.of(batch)
        columns: dict[str, Any] = {
            "row": pa.array(positions[places]),
            # As it was normalised: two ways of writing one matricule are one number.
            "matricule": good.column("matricule"),
            "former": good.column("former_matricule"),
            "digest": delivered.column("digest").take(chosen),
            "said": delivered.column("said").take(chosen),
            "traits": digests.traits(good),
        }
        return pa.table(columns)

    def good(self) -> pa.Table:
        """Return the good rows, NORMALISED_SCHEMA."""
        with pa.ipc.open_stream(pa.memory_map(str(self.good_file))) as stream:
            return stream.read_all()

    def renamed(self) -> pa.Table:
        """Return `matricule`, `former_matricule` and `row` of the good rows that have a former number."""
        names = ("matricule", "former_matricule", "row")
        wanted = pa.ipc.IpcReadOptions(included_fields=[NORMALISED_SCHEMA.get_field_index(name) for name in names])
        with pa.ipc.open_stream(pa.memory_map(str(self.good_file)), options=wanted) as stream:
            rows = stream.read_all()
        return rows.filter(rows.column("former_matricule").is_valid())

    def faults(self) -> pa.Table:
        """Return the faults, FAULT_SCHEMA."""
        with pa.ipc.open_stream(pa.memory_map(str(self.faults_file))) as stream:
            return stream.read_all()


def _renumbered(table: pa.Table, positions: Rows, first_row: int) -> pa.Table:
    """Return a table whose `row`, counted from 1 in a batch, is the number of the row in its file."""
    numbers = positions[table.column("row").to_numpy() - 1] + first_row
    return table.set_column(table.schema.get_field_index("row"), table.schema.field("row"), pa.array(numbers, pa.int64()))


@dataclass
class Examination:
    """One delivery, examined: its portions, what differs, what is at fault."""

    manifest: Manifest
    directory: Path
    tasks: list[PortionTask]
    digests: DeliveryDigests
    judged: dict[int, Judged] = field(default_factory=dict)
    repeated: dict[int, Rows] = field(default_factory=dict)
    tells_who_is_gone: bool = False
    compared: bool = False
    changed: int = 0

    def __enter__(self) -> Self:
        """Use it as a context: its files are closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.digests.__exit__()

    @property
    def received(self) -> int:
        """Rows delivered."""
        return self.manifest.rows

    @property
    def unchanged(self) -> int:
        """Rows that the last delivery had already, byte for byte."""
        return self.received - self.changed if self.compared else 0

    @cached_property
    def gone(self) -> int:
        """Numbers that the last delivery had and this one has not; 0 where it was not compared."""
        return self.digests.count_gone() if self.tells_who_is_gone and self.compared else 0

    @property
    def faulty(self) -> int:
        """Rows at fault, repeated ones included."""
        return sum(found.faulty for found in self.judged.values()) + sum(map(len, self.repeated.values()))

    @property
    def unusable(self) -> Unusable:
        """Contact data that cannot be used, of the rows that were judged."""
        return sum((found.unusable for found in self.judged.values()), NOTHING_UNUSABLE)

    def portions(self) -> list[PortionTask]:
        """Return the portions that hold rows to be taken in or refused."""
        return [task for task in self.tasks if task.number in self.judged]

    def good(self, task: PortionTask) -> pa.Table:
        """Return the good rows of a portion, each person once."""
        return self._once(task, task.good())

    def renamed(self, task: PortionTask) -> pa.Table:
        """Return `matricule` and `former_matricule` of the good rows of a portion that have a former number, each person once."""
        return self._once(task, task.renamed())

    def _once(self, task: PortionTask, rows: pa.Table) -> pa.Table:
        repeated = self.repeated.get(task.number)
        if repeated is None:
            return rows
        return rows.filter(pa.array(~np.isin(rows.column("row").to_numpy() - task.portion.first_row, repeated)))

    def faults(self, task: PortionTask) -> pa.Table:
        """Return the faults of a portion, those of rows that repeat an earlier one included."""
        repeated = self.repeated.get(task.number, NO_ROWS) + task.portion.first_row
        reasons = constant(str(SetAside.REPEATED_IN_DELIVERY), len(repeated))
        columns = constant("matricule", len(repeated))
        return pa.concat_tables([task.faults(), pa.table([pa.array(repeated), reasons, columns], schema=FAULT_SCHEMA)])

    def add_repeated(self, repeated: dict[int, Rows]) -> None:
        """Set aside rows that repeat others; a portion that was not judged, because nothing of it had changed, is told as well."""
        for task in self.tasks:
            if task.number in repeated:
                self.repeated[task.number] = np.union1d(self.repeated.get(task.number, NO_ROWS), repeated[task.number])
                if task.number not in self.judged:
                    self.judged[task.number] = task.judge(NO_ROWS)

    def set_aside_known(self, pairs: pa.Table) -> None:
        """Set aside the rows whose person an earlier row names: `pairs` tells other numbers of people whom the registry knows."""
        if pairs.num_rows:
            self.add_repeated(self.digests.same_person(pairs, self.repeated_places()))

    def repeated_places(self) -> list[tuple[int, int]]:
        """Return the rows that repeat an earlier one, as (portion, position)."""
        return [(portion, int(row)) for portion, rows in self.repeated.items() for row in rows]

    def places(self, lines: Sequence[tuple[str, int]]) -> list[tuple[int, int]]:
        """Return rows given as (file, number in the file) as (portion, position)."""
        return [
            (task.number, line - task.portion.first_row)
            for file, line in lines
            for task in self.tasks
            if task.portion.entry.name == file and 0 <= line - task.portion.first_row < task.portion.rows
        ]


def cut(manifest: Manifest, bring: Callable[[FileEntry, Path], Path], directory: Path, most_rows: int) -> list[PortionTask]:
    """Check every file of a delivery whole, and cut it into portions; `bring` puts a file into a directory. Raises: BadFileError."""
    # Apart from what the examination writes: a sender may call its files as it likes.
    apart = directory / "delivered"
    apart.mkdir()
    portions = [portion for entry in manifest.files for portion in portions_of(bring(entry, apart), entry, most_rows)]
    return [PortionTask(number, portion, manifest.reference_date, directory) for number, portion in enumerate(portions)]


def examine(
    manifest: Manifest, tasks: list[PortionTask], directory: Path, previous: Sequence[Path], workers: int, is_first: bool = True
) -> Examination:
    """Judge the rows of a delivery that differ from `previous`, the digest files of its body: a full delivery, then its deltas.

    Without previous files, or for a delta, every row is judged. `is_first` of its body: nobody can be gone. Memory: one portion a process.
    Raises: BadFileError where a value cannot be read.
    """
    found = Examination(manifest, directory, tasks, DeliveryDigests(directory))
    found.tells_who_is_gone = manifest.kind is DeliveryKind.FULL and not is_first
    wanted: dict[int, Rows | None] = {task.number: None for task in tasks}
    with _Workers(workers, len(tasks)) as pool:
        if found.tells_who_is_gone:
            pool.run(PortionTask.digest, [(task,) for task in tasks])
        if found.tells_who_is_gone and previous and all(map(usable, previous)):
            changed = found.digests.compare(previous[0], previous[1:])
            found.compared, found.changed = True, sum(map(len, changed.values()))
            wanted = dict(changed)
        judged = [task for task in tasks if task.number in wanted]
        results = pool.run(PortionTask.judge, [(task, wanted[task.number]) for task in judged])
    found.judged = dict(zip((task.number for task in judged), results, strict=True))
    found.digests.examined(unchanged=found.compared)
    found.add_repeated(found.digests.repeated())
    return found


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_the_parent)


def _end_with_the_parent() -> None:
    """Let a worker end when the process that started it is killed: it would wait for work for ever."""

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


class _Workers:
    """Processes of this machine; with one piece of work, none is started."""

    def __init__(self, workers: int, pieces: int) -> None:
        self._pool = _pool(workers) if min(workers, pieces) > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def run(self, what: Callable[..., Result], arguments: Iterable[tuple[Any, ...]]) -> list[Result]:
        """Return the result of each call, in order. Raises: the first error of a call; RetryableError if a process was killed."""
        if self._pool is None:
            return [what(*given) for given in arguments]
        try:
            return [future.result() for future in [self._pool.submit(what, *given) for given in arguments]]
        except BrokenProcessPool:
            raise RetryableError("a process that examines the delivery was killed, by somebody or for want of memory: try again") from None
