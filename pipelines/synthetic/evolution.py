"""The next deliveries of an invented France: what changed since the last full ones, in a number that is known, in flat memory.

What happens to a person depends on their number, the date and the seed only (`chances`): the files of two bodies agree about them.
Rows that intake would refuse stay as they are. A child's row keeps the number under which a parent was known when that number changes.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.platform.errors import FinalError
from pipelines.registry.arrow_text import text_column
from pipelines.registry.contract import MANIFEST_NAME, DeliveryKind, Manifest, delivery_folder, read_manifest
from pipelines.registry.delivery_files import open_batches
from pipelines.registry.row_rules import check_rows
from pipelines.synthetic.chances import chances_of
from pipelines.synthetic.delivery_writer import DeliveryWriter
from pipelines.synthetic.life_events import (
    DRAWN,
    Event,
    Group,
    Period,
    arrived_beside,
    born_to,
    change,
    draw_events,
    ended,
    guardians,
    in_another_body,
    may_change,
)
from pipelines.synthetic.new_numbers import NewNumbers


@dataclass(frozen=True)
class BodyEvolution:
    """What was written for one body; `events` counts the rows that something happened to, rows that are no longer there included."""

    body: str
    folder: Path
    rows: int
    events: dict[Event, int]


def evolve(source: Path, out: Path, on: dt.date, kind: DeliveryKind, share: float, seed: int) -> tuple[BodyEvolution, ...]:
    """Write under `out` each body's delivery of a date, in the format of its last full one under `source`.

    About one `share` of the people has changed; with share 0 a full delivery repeats the last one under another date.
    Raises: FinalError where an argument is out of bounds, there is no full delivery before that date, or one is already there;
    BadFileError where a file cannot be read.
    """
    last = _last_full(source, on)
    _check(last, out, on, kind, share)
    if kind is DeliveryKind.FULL and share == 0:
        return tuple(_repeat(folder, manifest, out, on) for folder, manifest in last.values())
    since = max(manifest.reference_date for _, manifest in last.values())
    evolution = _Evolution(
        Period(since, on, tuple(last), NewNumbers(on)), out, kind, share, seed, [manifest for _, manifest in last.values()]
    )
    for body, (folder, manifest) in enumerate(last.values()):
        for batch in _batches(folder, manifest):
            evolution.add(body, batch)
    return evolution.close()


def _last_full(source: Path, on: dt.date) -> dict[str, tuple[Path, Manifest]]:
    """Return the folder and manifest of each body's last full delivery before a date, bodies in order of their codes."""
    found: dict[str, tuple[Path, Manifest]] = {}
    for file in sorted(source.glob(f"deliveries/*/*-{DeliveryKind.FULL}/{MANIFEST_NAME}")):
        manifest = read_manifest(file.read_bytes())
        if manifest.reference_date < on and (
            manifest.body not in found or manifest.reference_date > found[manifest.body][1].reference_date
        ):
            found[manifest.body] = (file.parent, manifest)
    return found


def _check(last: dict[str, tuple[Path, Manifest]], out: Path, on: dt.date, kind: DeliveryKind, share: float) -> None:
    if not last:
        raise FinalError(f"there is no full delivery before {on}: generate one first")
    if kind is DeliveryKind.CORRECTION:
        raise FinalError("a correction is written by hand: only full deliveries and deltas can be invented")
    if not 0 <= share <= 1:
        raise FinalError("the share of people who change must be from 0 to 1")
    taken = [body for body in last if (out / delivery_folder(body, on, kind)).exists()]
    if taken:
        raise FinalError(f"a delivery of {', '.join(taken)} is already there: choose another date or folder")


def _repeat(folder: Path, manifest: Manifest, out: Path, on: dt.date) -> BodyEvolution:
    """Copy a delivery under another date."""
    repeated = manifest.model_copy(update={"reference_date": on})
    target = out / repeated.folder
    target.mkdir(parents=True)
    for entry in repeated.files:
        shutil.copyfile(folder / entry.name, target / entry.name)
    (target / MANIFEST_NAME).write_text(repeated.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return BodyEvolution(manifest.body, target, manifest.rows, {})


def _batches(folder: Path, manifest: Manifest) -> Iterator[pa.Table]:
    for entry in manifest.files:
        for batch in open_batches(folder / entry.name, entry):
            yield pa.Table.from_batches([batch])


class _Evolution:
    """The next deliveries of all bodies, being written."""

    def __init__(self, period: Period, out: Path, kind: DeliveryKind, share: float, seed: int, last: list[Manifest]) -> None:
        self._period, self._share, self._seed = period, share, seed
        self._whole = kind is DeliveryKind.FULL
        files = [manifest.files[0] for manifest in last]
        self._writers = [
            DeliveryWriter(out, body, period.until, file.format, file.encoding, kind)
            for body, file in zip(period.bodies, files, strict=True)
        ]
        self._events: list[Counter[Event]] = [Counter() for _ in last]
        self._settled: set[tuple[int, int]] = set()

    def add(self, body: int, rows: pa.Table) -> None:
        """Take rows of a body's last delivery, and write what has become of them."""
        chances = chances_of(text_column(rows, "matricule"), self._seed, self._period.until.toordinal())
        places = np.flatnonzero(may_change(chances, self._share))
        looked_at = rows.take(_indices(places))
        good = check_rows(looked_at, self._period.until, first_row=0).good
        kept = good.column("row").to_numpy()
        group = Group(looked_at.take(_indices(kept)), good, chances.where(places[kept]), pa.array([], pa.string()))
        events = draw_events(group, self._period, self._share)
        group = replace(group, guardians=guardians(group, events, self._period))
        if self._whole:
            stay = np.ones(rows.num_rows, dtype=np.bool_)
            stay[places[kept][events >= 0]] = False
            self._writers[body].add(rows.filter(pa.array(stay)))
        for number in np.unique(events[events >= 0]):
            self._happen(body, DRAWN[number], group.where(events == number))

    def _happen(self, body: int, event: Event, group: Group) -> None:
        """Write the rows of people of a body to whom something happened."""
        if event is Event.MOVED_BODY:
            return self._move(body, group)
        self._events[body][event] += group.rows.num_rows
        write = self._writers[body].add
        if event is Event.LEFT:
            if not self._whole:
                write(ended(group, self._period))
        elif event in (Event.BORN, Event.ARRIVED):
            if self._whole:
                write(group.rows)
            write((born_to if event is Event.BORN else arrived_beside)(group, self._period))
        else:
            write(change(event, group, self._period))

    def _move(self, body: int, group: Group) -> None:
        """Write the rows of people of a body who go to another one, once there even if two bodies send them or they were there already."""
        rows, targets = in_another_body(group, self._period)
        new = np.array([self._settles(*pair) for pair in zip(targets.tolist(), group.chances.roots.tolist(), strict=True)])
        away = targets != body
        if self._whole:
            self._writers[body].add(group.rows.filter(pa.array(new & ~away)))
        self._events[body][Event.MOVED_BODY] += int(away.sum())
        for target in np.unique(targets[new & away]):
            arriving = rows.filter(pa.array(new & (targets == target)))
            self._events[target][Event.CAME_FROM_BODY] += arriving.num_rows
            self._writers[target].add(arriving)

    def _settles(self, body: int, person: int) -> bool:
        """Say whether a person is new among those who settled in a body, and take note of them."""
        settled = (body, person) in self._settled
        self._settled.add((body, person))
        return not settled

    def close(self) -> tuple[BodyEvolution, ...]:
        """End every delivery; its manifest comes last."""
        return tuple(
            BodyEvolution(body, writer.folder, writer.close().rows, dict(sorted((+events).items())))
            for body, writer, events in zip(self._period.bodies, self._writers, self._events, strict=True)
        )


def _indices(places: Any) -> Any:
    return pa.array(places, pa.int64())
