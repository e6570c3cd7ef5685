"""A delivery is examined before any effect: cut, compared, judged, the same by one process or several."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.platform.errors import BadFileError
from pipelines.registry.contract import DELIVERY_SCHEMA, DeliveryKind, FileEntry, FileFormat, Manifest
from pipelines.registry.examination import Examination, cut, examine
from tests.registry_builder import Person, invent

DAY = dt.date(2022, 1, 3)
BAD = invent(9).but(sex="X")


@pytest.fixture
def examined(tmp_path: Path) -> Callable[..., Examination]:
    """A function that examines people, cut into portions of two rows."""
    places = iter(range(100))

    def of(
        *people: Person, previous: list[Path] | None = None, workers: int = 1, is_first: bool = True, kind: DeliveryKind = DeliveryKind.FULL
    ) -> Examination:
        directory = tmp_path / str(next(places))
        directory.mkdir()
        file = directory / "f.parquet"
        pq.write_table(pa.Table.from_pylist([asdict(person) for person in people], schema=DELIVERY_SCHEMA), file, row_group_size=1)
        entry = FileEntry(
            name="f.parquet", format=FileFormat.PARQUET, rows=len(people), sha256=hashlib.sha256(file.read_bytes()).hexdigest()
        )
        manifest = Manifest(contract="1.0", body="CPAM", kind=kind, reference_date=DAY, files=(entry,))
        tasks = cut(manifest, lambda *_: file, directory, 2)
        return examine(manifest, tasks, directory, previous or [], workers, is_first)

    return of


@pytest.fixture
def digests(examined: Callable[..., Examination], tmp_path: Path) -> Callable[..., list[Path]]:
    """A function that keeps the digests of people delivered before."""

    def of(*people: Person) -> list[Path]:
        with examined(*people) as found:
            found.digests.write(tmp_path / "before.parquet", found.repeated_places())
        return [tmp_path / "before.parquet"]

    return of


def good(found: Examination) -> list[tuple[str, int]]:
    """Return number and row of the good rows."""
    return [(row["matricule"], row["row"]) for task in found.portions() for row in found.good(task).to_pylist()]


def faults(found: Examination) -> list[tuple[int, str]]:
    """Return row and reason of the faults."""
    return [(row["row"], row["reason"]) for task in found.portions() for row in found.faults(task).to_pylist()]


PEOPLE = (invent(1), invent(2), BAD, invent(3), invent(1), invent(4))


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_are_numbered_as_in_their_file_and_told_good_from_bad(examined: Callable[..., Examination], workers: int) -> None:
    with examined(*PEOPLE, workers=workers) as found:
        assert good(found) == [(invent(n).matricule, row) for n, row in ((1, 1), (2, 2), (3, 4), (4, 6))]
        assert faults(found) == [(3, "SEX_UNKNOWN"), (5, "REPEATED_IN_DELIVERY")] and found.faulty == 2


def test_without_a_former_delivery_every_row_is_judged(examined: Callable[..., Examination]) -> None:
    with examined(*PEOPLE) as found:
        assert (found.compared, len(found.portions()), found.unchanged) == (False, 3, 0)


def test_only_portions_in_which_something_changed_are_judged(
    examined: Callable[..., Examination], digests: Callable[..., list[Path]]
) -> None:
    before = digests(invent(1), invent(2), invent(3), invent(4))
    people = (invent(1), invent(2), invent(3), invent(4).but(email="nouvelle@courriel.example"))
    with examined(*people, previous=before, is_first=False) as found:
        assert (found.compared, found.unchanged, good(found)) == (True, 3, [(invent(4).matricule, 4)])


def test_a_delivery_like_the_last_one_has_nothing_to_judge(
    examined: Callable[..., Examination], digests: Callable[..., list[Path]]
) -> None:
    before = digests(*PEOPLE[:2])
    with examined(*PEOPLE[:2], previous=before, is_first=False) as found:
        assert (found.portions(), found.unchanged, list(found.digests.gone())) == ([], 2, [])


def test_a_delta_is_judged_whole_and_tells_nobody_gone(examined: Callable[..., Examination], digests: Callable[..., list[Path]]) -> None:
    before = digests(*PEOPLE[:2])
    with examined(*PEOPLE[:1], previous=before, is_first=False, kind=DeliveryKind.DELTA) as found:
        assert (found.compared, found.tells_who_is_gone, len(good(found))) == (False, False, 1)


def test_a_repetition_in_a_portion_where_nothing_changed_is_a_fault(
    examined: Callable[..., Examination], digests: Callable[..., list[Path]]
) -> None:
    people = (invent(1), invent(2), invent(1), invent(3))
    before = digests(*people)
    with examined(*people, previous=before, is_first=False) as found:
        assert (faults(found), good(found), found.faulty) == ([(3, "REPEATED_IN_DELIVERY")], [], 1)


def test_places_in_a_file_and_in_portions_are_the_same_rows(examined: Callable[..., Examination]) -> None:
    with examined(*PEOPLE) as found:
        assert found.places([("f.parquet", 1), ("f.parquet", 4), ("other", 1), ("f.parquet", 7)]) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("again", [(), (invent(2).but(former_matricule=invent(7).matricule),)], ids=["once", "repeated"])
def test_rows_with_a_former_number_are_found_again(examined: Callable[..., Examination], again: tuple[Person, ...]) -> None:
    renamed = invent(2).but(former_matricule=invent(8).matricule)
    with examined(renamed, *again) as found:
        assert [row["former_matricule"] for row in found.renamed(found.tasks[0]).to_pylist()] == [renamed.former_matricule]


def test_a_delivery_without_rows_is_examined(examined: Callable[..., Examination], tmp_path: Path) -> None:
    with examined() as found:
        found.digests.write(tmp_path / "digests.parquet", [])
        assert (found.portions(), found.faulty, found.received) == ([], 0, 0)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_is_bad_is_refused_before_a_row_is_judged(examined: Callable[..., Examination], tmp_path: Path, workers: int) -> None:
    file = tmp_path / "f.parquet"
    pq.write_table(pa.Table.from_pylist([asdict(invent(1))], schema=DELIVERY_SCHEMA), file)
    entry = FileEntry(name="f.parquet", format=FileFormat.PARQUET, rows=1, sha256="0" * 64)
    manifest = Manifest(contract="1.0", body="CPAM", kind=DeliveryKind.FULL, reference_date=DAY, files=(entry,))
    with pytest.raises(BadFileError, match="SHA-256"):
        cut(manifest, lambda *_: file, tmp_path, 2)
    assert list(tmp_path.glob("good-*")) == []
