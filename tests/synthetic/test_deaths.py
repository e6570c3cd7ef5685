"""The invented file of deaths is one that the reader takes, with as many lines of each likeness as were asked for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.registry.death_file import read_death_file
from pipelines.registry.postal_address import fold_line
from pipelines.synthetic.deaths import Likeness, write_death_file
from tests.registry_builder import Person, invent, parquet_of

LEARNED_ON = dt.date(2024, 7, 1)
PEOPLE = [invent(number, birth_name=f"Évrard-Noël {number}", first_names="Anne Zoé") for number in range(1, 41)]


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    file = tmp_path / "delivery.parquet"
    file.write_bytes(parquet_of(PEOPLE))
    return file


def test_every_likeness_is_written_as_often_as_asked(delivery: Path, tmp_path: Path) -> None:
    assert write_death_file(delivery, tmp_path / "deces.txt", LEARNED_ON, each=5) == dict.fromkeys(Likeness, 5)


def test_the_reader_takes_every_line(delivery: Path, tmp_path: Path) -> None:
    written = write_death_file(delivery, tmp_path / "deces.txt", LEARNED_ON, each=5)
    assert read_death_file((tmp_path / "deces.txt").read_bytes()).rows.num_rows == sum(written.values())


def test_exact_lines_have_the_traits_of_people_of_the_delivery(delivery: Path, tmp_path: Path) -> None:
    write_death_file(delivery, tmp_path / "deces.txt", LEARNED_ON, each=5)
    rows = read_death_file((tmp_path / "deces.txt").read_bytes()).rows.to_pylist()
    traits = {(fold_line(p.birth_name), fold_line(p.first_names), p.sex, p.birth_date, p.birthplace_code) for p in PEOPLE}
    names = ("birth_name_key", "first_names_key", "sex", "birth_date", "birthplace_code")
    assert [tuple(row[name] for name in names) in traits for row in rows] == [True] * 5 + [False] * 25


def test_the_same_seed_gives_the_same_file(delivery: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_death_file(delivery, tmp_path / name, LEARNED_ON, seed=3)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("person", [PEOPLE[0].but(died_on=dt.date(2020, 1, 1)), PEOPLE[0].but(birth_date="19420000")])
def test_the_dead_and_the_incomplete_are_left_out(person: Person, tmp_path: Path) -> None:
    (tmp_path / "delivery.parquet").write_bytes(parquet_of([person]))
    assert sum(write_death_file(tmp_path / "delivery.parquet", tmp_path / "deces.txt", LEARNED_ON).values()) == 0
