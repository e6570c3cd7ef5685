"""Departments, towns and foreign countries: where invented people live and were born."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

DATA = Path(__file__).with_name("data")
MAYOTTE = "976"
_COMMUNES = 300  # commune numbers drawn in a department: of the right shape, not all of them real
_OVERSEAS_COMMUNES = 30


@dataclass(frozen=True)
class Birthplaces:
    """Every department, then one place for abroad; `first` and `count` delimit each place's rows in the code tables.

    `codes` (all, 5) are ASCII COG codes; `old_codes` the same with Corsica as 20, as matricules had it before 1976.
    """

    first: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint8]
    old_codes: npt.NDArray[np.uint8]

    @property
    def abroad(self) -> int:
        """Position of the place "abroad"."""
        return len(self.first) - 1


@dataclass(frozen=True)
class Places:
    """Departments by position, with their share of the population (INSEE, populations légales 2021, rounded) and their towns."""

    departments: tuple[str, ...]
    shares: npt.NDArray[np.float64]
    town_first: npt.NDArray[np.int64]
    town_count: npt.NDArray[np.int64]
    postcodes: pa.StringArray
    towns: pa.StringArray
    births: Birthplaces


@cache
def places() -> Places:
    """Read the places from `data/departments.csv` and `data/countries.csv`, once."""
    with (DATA / "departments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    departments = tuple(row["department"] for row in rows)
    towns = [[town.split(" ", 1) for town in row["towns"].split("|")] for row in rows]
    counts = np.array([len(listed) for listed in towns])
    people = np.array([float(row["population"]) for row in rows])
    flat = [town for listed in towns for town in listed]
    return Places(
        departments=departments,
        shares=people / people.sum(),
        town_first=np.cumsum(counts) - counts,
        town_count=counts,
        postcodes=pa.array([postcode for postcode, _ in flat]),
        towns=pa.array([name for _, name in flat]),
        births=_birthplaces(departments),
    )


def _birthplaces(departments: tuple[str, ...]) -> Birthplaces:
    lists = [[code + number for number in _commune_numbers(code)] for code in departments]
    with (DATA / "countries.csv").open(encoding="utf-8", newline="") as file:
        lists.append(["99" + row["code"] for row in csv.DictReader(file)])
    count = np.array([len(codes) for codes in lists])
    flat = [code for codes in lists for code in codes]
    old = [code.replace("2A", "20").replace("2B", "20") for code in flat]
    return Birthplaces(np.cumsum(count) - count, count, _bytes(flat), _bytes(old))


def _commune_numbers(department: str) -> list[str]:
    if len(department) == 3:
        return [f"{number:02d}" for number in range(1, _OVERSEAS_COMMUNES + 1)]
    if department == "75":
        return [f"{number:03d}" for number in range(101, 121)]
    if department in ("2A", "2B"):
        # Both shared one list when Corsica was department 20: numbers are odd in one and even in the other.
        return [f"{number:03d}" for number in range(1 if department == "2A" else 2, 361, 2)]
    return [f"{number:03d}" for number in range(1, _COMMUNES + 1)]


def _bytes(codes: list[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("".join(codes).encode("ascii"), dtype=np.uint8).reshape(len(codes), 5)
