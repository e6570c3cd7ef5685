"""What is unchanged, repeated or gone is found in files: rows are recognised by their number, and compared whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.registry import digests
from pipelines.registry.digests import DeliveryDigests, RowDigests, usable, write_rows
from pipelines.registry.row_rules import check_rows

Rows = Callable[..., pa.Table]
DAY = dt.date(2022, 1, 3)
A, B, C, D = ("284052A32102552", "184057505600118", "7123456789012", "199127505600384")
Kept = tuple[int, int, str, str | None]
"""Portion, row, matricule, former matricule of a row that was kept."""


def digest_of(rows: pa.Table) -> list[int]:
    """Return the digests of rows."""
    found: list[int] = RowDigests().of(rows.to_batches()[0]).column("digest").to_pylist()
    return found


@pytest.mark.parametrize(
    "change",
    [
        {"email": None}, {"email": ""}, {"birth_name": "D'ALMEIDa"}, {"large_print": False}, {"large_print": True}, {"office": None},
        {"rights_end_on": DAY}, {"former_matricule": B}, {"matricule": "284052A321025"}, {"postcode": "20137 "},
    ],
    ids=str,
)  # fmt: skip
def test_any_other_value_makes_another_digest(rows: Rows, change: dict[str, Any]) -> None:
    one, other = digest_of(rows({}, change))
    assert one != other


def test_a_value_that_moves_to_the_next_column_makes_another_digest(rows: Rows) -> None:
    one, other = digest_of(rows({"address_2": "X", "address_3": None}, {"address_2": None, "address_3": "X"}))
    assert one != other


def test_equal_rows_have_equal_digests_in_any_batch(rows: Rows) -> None:
    assert digest_of(rows({}, {"email": None}))[0] == digest_of(rows({"email": None}, {}))[1]


def test_a_number_is_the_same_however_it_is_written(rows: Rows) -> None:
    written = rows({}, {"matricule": "284052a321025"}, {"matricule": "2 84 05 2A 321 025 52"})
    assert set(RowDigests().of(written.to_batches()[0]).column("number").to_pylist()) == {A[:13]}


@pytest.mark.parametrize(
    ("change", "same"), [({}, True), ({"email": None}, True), ({"sex": "M"}, False), ({"birthplace_code": None}, False)]
)
def test_the_five_traits_and_nothing_else_make_people_alike(rows: Rows, change: dict[str, Any], same: bool) -> None:
    good = check_rows(rows({}, change), DAY).good
    one, other = RowDigests().traits(good).to_pylist()
    assert (one == other) is same


# Deliveries.


def write_delivered(directory: Path, rows: Sequence[tuple[int, str | None, str | None, int]], portion: int = 0) -> None:
    """Write the digests of all rows of a portion: row, number, former number, digest."""
    columns = {
        "number": pa.array([row[1] and row[1][:13] for row in rows], pa.string()),
        "former": pa.array([row[2] and row[2][:13] for row in rows], pa.string()),
        "digest": pa.array([row[3] for row in rows], pa.uint64()),
        "said": pa.array([0] * len(rows), pa.uint64()),
    }
    write_rows(directory / f"delivered-{portion}.parquet", portion, np.array([row[0] for row in rows], dtype=np.int64), columns)


def write_kept(directory: Path, *rows: Kept, traits: Sequence[int] = ()) -> None:
    """Write the rows that were kept, each a digest of its own."""
    for portion in {row[0] for row in rows}:
        chosen = [row for row in rows if row[0] == portion]
        columns = {
            "matricule": pa.array([row[2] for row in chosen], pa.string()),
            "former": pa.array([row[3] for row in chosen], pa.string()),
            "digest": pa.array(range(len(chosen)), pa.uint64()),
            "said": pa.array([0] * len(chosen), pa.uint64()),
            "traits": pa.array(traits or range(len(chosen)), pa.uint64()),
        }
        places = np.array([row[1] for row in chosen], dtype=np.int64)
        write_rows(directory / f"kept-{portion}.parquet", portion, places, columns)


def kept_file(file: Path, words: dict[str, int | None]) -> Path:
    """Write the digests of a former delivery."""
    pq.write_table(pa.table({"matricule": list(words), "digest": pa.array(words.values(), pa.uint64())}), file)
    return file


def found(rows: dict[int, Any]) -> set[tuple[int, int]]:
    """Return rows by portion as places."""
    return {(portion, int(row)) for portion, places in rows.items() for row in places}


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ([{A: 1, B: 2}], {2, 3}),
        ([{A: 9, B: 2}], {0, 2, 3}),
        ([{A: 9, B: 2}, {A: 1}], {2, 3}),
        ([{A: 1, B: 2}, {A: 9}], {0, 2, 3}),
        ([{A: 9, B: 2}, {A: 8}, {A: 1}], {2, 3}),
        ([{A: 1, B: 2}, {A: 1}, {A: 9}], {0, 2, 3}),
        ([{A: None, B: 2}], {0, 2, 3}),
        ([{}], {0, 1, 2, 3}),
        ([{}, {C: 3}], {0, 1, 3}),
    ],
    ids=str,
)
def test_rows_that_differ_from_the_latest_word_are_changed(tmp_path: Path, words: list[dict[str, int | None]], changed: set[int]) -> None:
    write_delivered(tmp_path, [(0, A, None, 1), (1, B, None, 2), (2, C, None, 3), (3, None, None, 4)])
    files = [kept_file(tmp_path / f"previous-{place}.parquet", said) for place, said in enumerate(words)]
    with DeliveryDigests(tmp_path) as these:
        assert found(these.compare(files[0], files[1:])) == {(0, row) for row in changed}


def gone(directory: Path, words: dict[str, int | None], former: str | None = None) -> list[str]:
    """Return who is gone from a delivery of A and B, the latter with a former number."""
    write_delivered(directory, [(0, A, None, 1), (1, B, former, 2)])
    with DeliveryDigests(directory) as these:
        these.compare(kept_file(directory / "previous-0.parquet", words), [])
        these.examined(unchanged=True)
        return [number for batch in these.gone() for number in batch.column("matricule").to_pylist()]


def test_a_number_that_is_delivered_no_more_is_gone(tmp_path: Path) -> None:
    assert gone(tmp_path, {A: 1, B: 2, C: 3}) == [C]


def test_a_number_whose_row_was_set_aside_last_time_is_gone_too(tmp_path: Path) -> None:
    assert gone(tmp_path, {A: 1, C: None}) == [C]


def test_a_number_that_is_given_as_a_former_one_is_not_gone(tmp_path: Path) -> None:
    assert gone(tmp_path, {A: 1, B: 2, C: 3}, former=C) == []


def test_a_number_whose_row_changed_is_not_gone(tmp_path: Path) -> None:
    assert gone(tmp_path, {A: 9, B: 2}) == []


@pytest.mark.parametrize(
    ("known", "gone"), [("1,{C}\n", [C]), ("1,{A}\n", []), ("1,{A}\n1,{C}\n", []), ("1,{C}\n2,{D}\n", [C]), ("", [])], ids=str
)
def test_people_of_whom_no_number_is_delivered_are_gone(tmp_path: Path, known: str, gone: list[str]) -> None:
    write_delivered(tmp_path, [(0, A, None, 1), (1, B, D, 2)])
    file = tmp_path / "known.csv"
    file.write_text(known.format(A=A, C=C, D=D))
    with DeliveryDigests(tmp_path) as these:
        these.examined(unchanged=False)
        assert [number for batch in these.gone_of(file) for number in batch.column("matricule").to_pylist()] == gone


@pytest.mark.parametrize(
    ("kept", "repeated"),
    [
        ([(0, 0, A, None), (0, 1, B, None)], set()),
        ([(0, 0, A, None), (0, 1, A, None)], {(0, 1)}),
        ([(0, 5, A, None), (1, 0, A, None), (1, 1, A, None)], {(1, 0), (1, 1)}),
        ([(0, 0, A, None), (0, 1, B, A)], {(0, 0)}),
        ([(0, 0, B, A), (1, 0, A, None)], {(1, 0)}),
        ([(0, 0, B, A), (0, 1, C, A)], {(0, 1)}),
        ([(0, 0, B, A), (0, 1, C, D)], set()),
        ([(0, 0, B, A), (0, 1, A, B)], {(0, 0), (0, 1)}),
        ([], set()),
    ],
    ids=str,
)
def test_a_number_counts_once_and_not_where_another_row_replaces_it(
    tmp_path: Path, kept: list[Kept], repeated: set[tuple[int, int]]
) -> None:
    write_kept(tmp_path, *kept)
    with DeliveryDigests(tmp_path) as these:
        these.examined(unchanged=False)
        assert found(these.repeated()) == repeated


def test_a_number_that_an_unchanged_row_replaces_does_not_count(tmp_path: Path) -> None:
    write_delivered(tmp_path, [(0, A, None, 1), (1, B, A, 2)])
    write_kept(tmp_path, (0, 0, A, None))
    with DeliveryDigests(tmp_path) as these:
        these.compare(kept_file(tmp_path / "previous-0.parquet", {B: 2}), [])
        these.examined(unchanged=True)
        assert found(these.repeated()) == {(0, 0)}


@pytest.mark.parametrize(
    ("others", "repeated", "expected"),
    [
        ([(0, 0, B)], [], {(0, 1)}),
        ([(0, 1, A)], [], {(0, 1)}),
        ([(0, 1, A)], [(0, 0)], set()),
        ([(0, 1, D)], [], set()),
        ([(1, 0, A)], [], {(1, 0)}),
    ],
    ids=str,
)
def test_of_two_numbers_of_one_person_the_first_counts(
    tmp_path: Path, others: list[tuple[int, int, str]], repeated: list[tuple[int, int]], expected: set[tuple[int, int]]
) -> None:
    write_kept(tmp_path, (0, 0, A, None), (0, 1, B, None), (1, 0, C, None))
    portions, rows, numbers = zip(*others, strict=True)
    pairs = pa.table({"portion": portions, "row": rows, "matricule": numbers})
    with DeliveryDigests(tmp_path) as these:
        these.examined(unchanged=False)
        assert found(these.same_person(pairs, repeated)) == expected


def test_people_with_equal_traits_are_told_group_by_group(tmp_path: Path) -> None:
    write_kept(tmp_path, (0, 0, A, None), (0, 1, B, None), (0, 2, C, None), (0, 3, D, None), traits=[7, 8, 7, 9])
    with DeliveryDigests(tmp_path) as these:
        these.examined(unchanged=False)
        assert these.same_traits() == [sorted([A, C])]


def test_a_row_and_its_repetition_are_not_two_people(tmp_path: Path) -> None:
    write_kept(tmp_path, (0, 0, A, None), (0, 1, A, None), traits=[7, 7])
    with DeliveryDigests(tmp_path) as these:
        these.examined(unchanged=False)
        assert these.same_traits() == []


@pytest.mark.parametrize("full", [True, False])
def test_rows_set_aside_have_no_digest_and_a_full_delivery_names_them(tmp_path: Path, full: bool) -> None:
    if full:
        write_delivered(tmp_path, [(0, A, None, 0), (1, B, None, 1), (2, C, None, 2), (3, None, None, 3)])
    write_kept(tmp_path, (0, 0, A, None), (0, 1, B, None))
    with DeliveryDigests(tmp_path) as these:
        these.examined(unchanged=False)
        these.write(tmp_path / "digests.parquet", [(0, 1)])
    words = {row["matricule"]: row["digest"] for row in pq.read_table(tmp_path / "digests.parquet").to_pylist()}
    assert words == ({A: 0, B[:13]: None, C[:13]: None} if full else {A: 0})


def test_digests_say_by_which_rules_they_were_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with DeliveryDigests(tmp_path) as these:
        these.examined(unchanged=False)
        these.write(tmp_path / "digests.parquet", [])
    made_by_these = usable(tmp_path / "digests.parquet")
    monkeypatch.setattr(digests, "rules", lambda: "others")
    assert (made_by_these, usable(tmp_path / "digests.parquet")) == (True, False)


def test_a_file_without_rules_is_not_usable(tmp_path: Path) -> None:
    assert not usable(kept_file(tmp_path / "f.parquet", {A: 1}))
