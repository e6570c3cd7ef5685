"""Where invented people are reached: postal addresses by household, e-mail addresses in reserved domains."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.synthetic.columns import choose, joined, pick, pick_any
from pipelines.synthetic.households import FAMILY, Integers, People
from pipelines.synthetic.names import Names
from pipelines.synthetic.places import DATA, places

# About half of all people could be mailed in 2024 (32 M of 65 M): few minors, seven adults in ten, fewer of the oldest.
_MAIL_SHARES = np.array([0.01, 0.72, 0.62, 0.40])
_MAIL_AGES = np.array([15.0, 65.0, 80.0])
_INVALID_MAIL = 0.006
_NO_ADDRESS = 0.004
_SEPARATED = 0.12


@dataclass(frozen=True)
class Contacts:
    """Columns (people,) of contract.DELIVERY_SCHEMA, and the position of the department where each person lives."""

    department: Integers
    columns: dict[str, pa.StringArray]


@cache
def words() -> dict[str, list[str]]:
    """Return the lists of `data/addresses.toml`."""
    return tomllib.loads((DATA / "addresses.toml").read_text(encoding="utf-8"))


def draw_contacts(rng: np.random.Generator, people: People, names: Names) -> Contacts:
    """Draw the addresses of a chunk: one a household, another for separated parents, none for a few people."""
    home = _homes(rng, people)
    homes = int(home.max()) + 1
    geography = places()
    department = rng.choice(len(geography.shares), size=homes, p=geography.shares)
    town = geography.town_first[department] + rng.integers(0, geography.town_count[department])
    postal = {name: pick(column, home) for name, column in _streets(rng, homes).items()}
    postal |= {"postcode": pick(geography.postcodes, town[home]), "town": pick(geography.towns, town[home])}
    unknown = rng.random(len(people)) < _NO_ADDRESS
    nothing: Any = pa.scalar(None, pa.string())
    columns = {name: choose(unknown, nothing, column) for name, column in postal.items()}
    return Contacts(department[home], {**columns, "email": _emails(rng, people, names)})


def _homes(rng: np.random.Generator, people: People) -> Integers:
    """Return the number of each person's home: their household, or one more for a separated second parent."""
    households = int(people.household[-1]) + 1
    separated = (rng.random(households) < _SEPARATED)[people.household] & (people.kind == FAMILY) & (people.place == 1)
    home = people.household.copy()
    home[separated] = households + np.arange(int(separated.sum()))
    return home


def _streets(rng: np.random.Generator, homes: int) -> dict[str, pa.StringArray]:
    listed = words()
    streets = pa.array([f"{way} {name}" for way in listed["ways"] for name in listed["names"]])
    numbers = pa.array([f"{number}{suffix}" for number in range(1, 251) for suffix in ("", "", "", ",", " BIS", " ter")])
    # The longest names end the lists, where fewer live: about one address in forty has a line that is cut.
    street = rng.integers(0, len(listed["ways"]), homes) * len(listed["names"]) + _leaning(rng, len(listed["names"]), homes)
    address_4 = joined(" ", pick(numbers, rng.integers(0, len(numbers), homes)), pick(streets, street))
    return {
        "address_2": pick_any(rng, listed["inside"], homes, rng.random(homes) > 0.25),
        "address_3": pick(pa.array(listed["outside"]), _leaning(rng, len(listed["outside"]), homes), rng.random(homes) > 0.2),
        "address_4": address_4,
        "address_5": pick_any(rng, listed["hamlets"], homes, rng.random(homes) > 0.08),
    }


def _leaning(rng: np.random.Generator, words: int, rows: int) -> Integers:
    """Return positions (rows,) that lean to the first words."""
    positions: Integers = (rng.random(rows) ** 3 * words).astype(np.int64)
    return positions


def _emails(rng: np.random.Generator, people: People, names: Names) -> pa.StringArray:
    listed, rows = words(), len(people)
    numbers = pa.array(["", "", "", *(str(number) for number in range(1, 100))])
    local = joined(".", names.first_slug, names.name_slug)
    domains = pick(pa.array(listed["domains"]), _leaning(rng, len(listed["domains"]), rows))
    whole = joined("", local, pick(numbers, rng.integers(0, len(numbers), rows)), domains)
    invalid = pick_any(rng, listed["invalid_emails"], rows)
    with_mail = rng.random(rows) < _MAIL_SHARES[np.digitize(people.age, _MAIL_AGES)]
    nothing: Any = pa.scalar(None, pa.string())
    emails: pa.StringArray = choose(with_mail, choose(rng.random(rows) < _INVALID_MAIL, invalid, whole), nothing)
    return emails
