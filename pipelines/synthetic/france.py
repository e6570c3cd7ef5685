"""A believable France of any size: one delivery folder an insurance body, the same bytes for the same seed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.platform.errors import FinalError
from pipelines.registry.bodies import insurance_bodies
from pipelines.registry.contract import DeliveryKind, Encoding, FileFormat, delivery_folder
from pipelines.registry.row_rules import RowFault
from pipelines.synthetic.delivery_writer import DeliveryWriter
from pipelines.synthetic.injected_faults import INJECTED
from pipelines.synthetic.population import CHUNK_PEOPLE, MOST_PEOPLE, Population, draw_chunk

DEFAULT_AS_OF = dt.date(2026, 1, 5)
DEFAULT_FAULTY_SHARE = 0.002
# Bodies whose CSV files are written as older machines do.
ISO_BODIES = ("CNMSS", "ENIM", "MSA")


class OutputFormat(StrEnum):
    """`BOTH`: bodies take turns, the first in Parquet, the second in CSV, and so on."""

    PARQUET = "parquet"
    CSV = "csv"
    BOTH = "both"


@dataclass(frozen=True)
class BodySummary:
    """What was written for one body; `faults` counts the rows spoiled on purpose, by the fault that intake must find."""

    body: str
    folder: Path
    files: int
    rows: int
    faults: dict[RowFault, int]


@dataclass(frozen=True)
class Summary:
    """What was written; `rows` exceeds `people` by those who are in two bodies."""

    people: int
    seed: int
    as_of: dt.date
    bodies: tuple[BodySummary, ...]

    @property
    def rows(self) -> int:
        """Rows over all bodies."""
        return sum(body.rows for body in self.bodies)

    @property
    def faulty_rows(self) -> int:
        """Rows spoiled on purpose over all bodies."""
        return sum(sum(body.faults.values()) for body in self.bodies)


def generate(
    people: int,
    seed: int,
    out: Path,
    *,
    form: OutputFormat = OutputFormat.PARQUET,
    faulty_share: float = DEFAULT_FAULTY_SHARE,
    bodies: tuple[str, ...] = (),
    as_of: dt.date = DEFAULT_AS_OF,
) -> Summary:
    """Write the full deliveries of `people` invented people under `out`, in flat memory.

    `bodies` limits the insurance bodies (all by default); `as_of` is the reference date of the deliveries.
    Raises: FinalError where an argument is out of bounds or a delivery is already there.
    """
    codes = bodies or tuple(insurance_bodies())
    _check(people, seed, faulty_share, codes)
    taken = [code for code in codes if (out / delivery_folder(code, as_of, DeliveryKind.FULL)).exists()]
    if taken:
        raise FinalError(f"a delivery of {', '.join(taken)} is already there: choose another folder")
    population = Population(seed, as_of, codes, faulty_share)
    writers = [DeliveryWriter(out, code, as_of, *_form_of(rank, code, form)) for rank, code in enumerate(codes)]
    faults: list[Counter[int]] = [Counter() for _ in codes]
    for chunk in range(-(-people // CHUNK_PEOPLE)):
        drawn = draw_chunk(population, chunk, min(CHUNK_PEOPLE, people - chunk * CHUNK_PEOPLE))
        for rank, writer in enumerate(writers):
            mine = np.flatnonzero(drawn.body == rank)
            # Taken, not sliced: a slice would keep the whole chunk in memory until a small body's group is full.
            indices: Any = pa.array(mine)
            writer.add(drawn.rows.take(indices))
            faults[rank].update(drawn.fault[mine].tolist())
    return Summary(
        people, seed, as_of, tuple(_close(code, writer, seen) for code, writer, seen in zip(codes, writers, faults, strict=True))
    )


def _close(code: str, writer: DeliveryWriter, seen: Counter[int]) -> BodySummary:
    manifest = writer.close()
    faults = {fault: seen[number] for number, fault in enumerate(INJECTED) if seen[number]}
    return BodySummary(code, writer.folder, len(manifest.files), manifest.rows, faults)


def _form_of(rank: int, code: str, form: OutputFormat) -> tuple[FileFormat, Encoding]:
    """Return how a body writes its files."""
    if form is OutputFormat.PARQUET or (form is OutputFormat.BOTH and rank % 2 == 0):
        return FileFormat.PARQUET, Encoding.UTF_8
    return FileFormat.CSV, Encoding.ISO_8859_15 if code in ISO_BODIES else Encoding.UTF_8


def _check(people: int, seed: int, faulty_share: float, bodies: tuple[str, ...]) -> None:
    if not 1 <= people <= MOST_PEOPLE:
        raise FinalError(f"the number of people must be from 1 to {MOST_PEOPLE}")
    if seed < 0:
        raise FinalError("the seed must not be negative")
    if not 0 <= faulty_share <= 1:
        raise FinalError("the share of faulty rows must be from 0 to 1")
    unknown = [code for code in bodies if code not in insurance_bodies()]
    if unknown or len(set(bodies)) != len(bodies):
        raise FinalError(f"unknown or repeated insurance bodies; known: {', '.join(insurance_bodies())}")
