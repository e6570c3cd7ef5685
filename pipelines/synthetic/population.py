"""One chunk of an invented France: people with their matricules, names, addresses and bodies, as delivery rows.

A chunk depends only on the seed, its index, the reference date, the bodies and the share of faults: chunks can be made in
any order, and a country of any size is a prefix of a larger one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.registry.arrow_text import Mask, digits, fixed_strings
from pipelines.registry.contract import DELIVERY_SCHEMA, MatriculeKind, Protection
from pipelines.synthetic.affiliations import draw_affiliations, offices
from pipelines.synthetic.columns import choose, dates, pick, pick_any, with_columns
from pipelines.synthetic.contacts import draw_contacts, words
from pipelines.synthetic.households import GUARDED, Integers, People, draw_people
from pipelines.synthetic.injected_faults import choose_faults, spoil
from pipelines.synthetic.names import draw_names
from pipelines.synthetic.numbers import MAX_CHUNKS, Births, draw_matricules, provisional_numbers
from pipelines.synthetic.places import places

CHUNK_PEOPLE = 65_536
MOST_PEOPLE = MAX_CHUNKS * CHUNK_PEOPLE

_ABROAD = np.array([0.035, 0.145])  # minors, adults (INSEE: about one resident in eight was born abroad)
_BORN_AT_HOME = 0.6
_INCOMPLETE = 0.06  # of people born abroad before 1985
_PROVISIONAL = 0.004
_WAITING = 0.008
_DIED = 0.003
_RIGHTS_ENDED = 0.004
_LARGE_PRINT = 0.004
_FOREIGN_LANGUAGE = 0.006
_PROTECTIONS = [Protection.TUTELLE, Protection.CURATELLE, Protection.HABILITATION, Protection.SAUVEGARDE, Protection.MANDAT]
_PROTECTION_SHARES = np.array([0.46, 0.42, 0.08, 0.02, 0.02])  # Ministère de la justice, majeurs protégés


@dataclass(frozen=True)
class Population:
    """What a country is made of; the same values give the same rows."""

    seed: int
    as_of: dt.date
    bodies: tuple[str, ...]
    faulty_share: float = 0.002


@dataclass(frozen=True)
class Chunk:
    """Rows of DELIVERY_SCHEMA, with the position of their body and of their injected fault (-1: none); arrays of (rows,).

    People in two bodies have a second row, after everyone's first one.
    """

    rows: pa.Table
    body: npt.NDArray[np.int64]
    fault: npt.NDArray[np.int64]


def draw_chunk(population: Population, chunk: int, people: int = CHUNK_PEOPLE) -> Chunk:
    """Draw the rows of the first `people` people of a chunk."""
    rng = np.random.default_rng([population.seed, chunk])
    drawn = draw_people(rng, CHUNK_PEOPLE)
    names = draw_names(rng, drawn)
    contacts = draw_contacts(rng, drawn, names)
    affiliations = draw_affiliations(rng, drawn, contacts.department, population.bodies)
    born, abroad, place = _births(rng, drawn, contacts.department, population.as_of)
    columns, provisional = _identity(rng, drawn, population, chunk, (born, abroad, place))
    columns |= {"birth_name": names.birth_name, "used_name": names.used_name, "first_names": names.first_names, **contacts.columns}
    columns |= _situation(rng, drawn, population.as_of)
    columns |= {"office": offices(population.bodies, affiliations.body, contacts.department)}
    since = _since(rng, born, population.as_of)
    columns["affiliated_since"] = dates(since)
    fault = choose_faults(rng, len(drawn), population.faulty_share, provisional)
    table = _table(spoil(columns, fault))
    first = table.slice(0, people)
    moved = np.flatnonzero(affiliations.second[:people] >= 0)
    newer = _elsewhere(table, moved, affiliations.second, contacts.department, population, since)
    return Chunk(
        rows=pa.concat_tables([first, newer]),
        body=np.concatenate([affiliations.body[:people], affiliations.second[moved]]),
        fault=np.concatenate([fault[:people], fault[moved]]),
    )


def _table(columns: dict[str, Any]) -> pa.Table:
    return pa.Table.from_arrays([columns[name] for name in DELIVERY_SCHEMA.names], schema=DELIVERY_SCHEMA)


def _births(rng: np.random.Generator, people: People, department: Integers, as_of: dt.date) -> tuple[Integers, Mask, Integers]:
    """Return (birth in days since 1970, born abroad, place in Birthplaces); twins are born together."""
    today = (as_of - dt.date(1970, 1, 1)).days
    born = today - np.ceil(people.age * 365.25).astype(np.int64)
    abroad = rng.random(len(people)) < _ABROAD[(~people.child).astype(np.int64)]
    geography = places()
    elsewhere = rng.choice(len(geography.shares), size=len(people), p=geography.shares)
    place = np.where(rng.random(len(people)) < _BORN_AT_HOME, department, elsewhere)
    place[abroad] = geography.births.abroad
    twins = people.twin_of >= 0
    elder = people.twin_of[twins]
    born[twins], abroad[twins], place[twins] = born[elder], abroad[elder], place[elder]
    return born, abroad, place


def _identity(
    rng: np.random.Generator, people: People, population: Population, chunk: int, births: tuple[Integers, Mask, Integers]
) -> tuple[dict[str, Any], Mask]:
    """Return the columns of identity, and who has a provisional number."""
    born, abroad, place = births
    years, months, raw = raw_dates(born)
    incomplete = abroad & (years < 1985) & (rng.random(len(people)) < _INCOMPLETE)
    unknown_month = _hide_parts(rng, raw, incomplete)
    provisional = rng.random(len(people)) < _PROVISIONAL
    waiting = ~provisional & abroad & (rng.random(len(people)) < _WAITING / _ABROAD[1])
    made = Births(years, np.where(unknown_month, 20, months), place, people.male, waiting, people.twin_of)
    numbers, codes = draw_matricules(made, places().births, population.seed, chunk)
    short = provisional_numbers(people.male, chunk * CHUNK_PEOPLE)
    matricule = choose(provisional, fixed_strings(short), fixed_strings(numbers))
    kinds = pa.array([str(MatriculeKind.NIR), str(MatriculeKind.NIA), str(MatriculeKind.NNP)])
    guardian = np.where(people.guardian >= 0, people.guardian, people.parent_1)
    columns = {
        "matricule": matricule,
        "former_matricule": pa.nulls(len(people), pa.string()),
        "matricule_kind": pick(kinds, np.where(provisional, 2, waiting.astype(np.int64))),
        "sex": choose(people.male, pa.scalar("M"), pa.scalar("F")),
        "birth_date": fixed_strings(raw),
        "birthplace_code": fixed_strings(codes),
        "representative_1": pick(matricule, guardian, guardian < 0),
        "representative_2": pick(matricule, people.parent_2, people.parent_2 < 0),
    }
    return columns, provisional


def raw_dates(born: Integers) -> tuple[Integers, Integers, npt.NDArray[np.uint8]]:
    """Return years, months and raw YYYYMMDD in ASCII (people, 8)."""
    days = born.astype("datetime64[D]")
    month_starts = days.astype("datetime64[M]")
    months = month_starts.astype(np.int64)
    years = months // 12 + 1970
    month = months % 12 + 1
    day = (days - month_starts.astype("datetime64[D]")).astype(np.int64) + 1
    return years, month, digits(years * 10_000 + month * 100 + day, 8)


def _hide_parts(rng: np.random.Generator, raw: npt.NDArray[np.uint8], incomplete: Mask) -> Mask:
    """Replace the parts of some dates by what registers put there, in place; return whose month is unknown."""
    rows = np.flatnonzero(incomplete)
    endings = np.frombuffer(b"00003100999900150231", dtype=np.uint8).reshape(5, 4)
    form = rng.integers(0, 6, len(rows))
    whole = form < 5
    raw[rows[whole], 4:] = endings[form[whole]]
    raw[rows[~whole], 6:] = ord("0")
    unknown = np.zeros(len(raw), dtype=np.bool_)
    unknown[rows[form < 4]] = True
    return unknown


def _situation(rng: np.random.Generator, people: People, as_of: dt.date) -> dict[str, Any]:
    rows = len(people)
    today = (as_of - dt.date(1970, 1, 1)).days
    kinds = pa.array([str(kind) for kind in _PROTECTIONS])
    protected = (people.kind == GUARDED) & (people.place == 1)
    # Deaths fall within a person's life and the last two years.
    ago = np.minimum(rng.integers(0, 730, rows), (people.age * 365).astype(np.int64))
    return {
        "protection": pick(kinds, rng.choice(len(_PROTECTIONS), size=rows, p=_PROTECTION_SHARES), ~protected),
        "language": pick_any(rng, words()["languages"], rows, rng.random(rows) >= _FOREIGN_LANGUAGE),
        "large_print": pa.array(rng.random(rows) < _LARGE_PRINT * np.where(people.age > 70, 4, 0.5)),
        "died_on": dates(today - ago, rng.random(rows) >= _DIED * np.where(people.age > 70, 4, 0.25)),
        "rights_end_on": dates(today - rng.integers(-90, 400, rows), rng.random(rows) >= _RIGHTS_ENDED),
    }


def _since(rng: np.random.Generator, born: Integers, as_of: dt.date) -> Integers:
    """Return the day of affiliation: at birth for the young, within forty years for the others."""
    today = (as_of - dt.date(1970, 1, 1)).days
    return np.maximum(born, today - rng.integers(60, 14_600, len(born)))


def _elsewhere(
    table: pa.Table, moved: Integers, second: Integers, department: Integers, population: Population, since: Integers
) -> pa.Table:
    """Return the rows of people in a second body, who joined it later than the first."""
    today = (population.as_of - dt.date(1970, 1, 1)).days
    indices: Any = pa.array(moved)
    changes: dict[str, Any] = {
        "office": offices(population.bodies, second[moved], department[moved]),
        "affiliated_since": dates(np.minimum(today, np.maximum(since[moved] + 30, today - 30 - moved % 200))),
    }
    return with_columns(table.take(indices), changes)
