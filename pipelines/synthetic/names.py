"""Names of invented people, drawn from small lists by origin and age."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.registry.postal_address import fold_line
from pipelines.synthetic.columns import joined, pick
from pipelines.synthetic.households import Integers, People
from pipelines.synthetic.places import DATA

ORIGINS = ("france", "maghreb", "iberia", "vietnam", "poland", "turkey", "africa")
# Orders of magnitude after INSEE/INED "Trajectoires et origines" 2 (one person in three has a foreign link; only names are drawn here).
_ORIGIN_SHARES = np.array([0.80, 0.065, 0.055, 0.01, 0.015, 0.015, 0.04])
_DOUBLE_NAME = 0.11  # births under both parents' names (INSEE 2019: 11.7 %)
_MARRIED_NAME = 0.55


@dataclass(frozen=True)
class _Pool:
    """Words of several groups one after the other; a draw leans to the first words of its group."""

    words: pa.StringArray
    slugs: pa.StringArray
    first: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]

    def draw(self, rng: np.random.Generator, group: Integers) -> Integers:
        skewed = rng.random(len(group)) ** 1.5
        drawn: Integers = self.first[group] + (skewed * self.count[group]).astype(np.int64)
        return drawn


@dataclass(frozen=True)
class Names:
    """Columns (people,) of names, and their plain letters for an e-mail address."""

    birth_name: pa.StringArray
    used_name: pa.StringArray
    first_names: pa.StringArray
    name_slug: pa.StringArray
    first_slug: pa.StringArray


def draw_names(rng: np.random.Generator, people: People) -> Names:
    """Draw the names of a chunk: children take one parent's name or both, twins and homonyms included."""
    surnames, _ = _pools()
    origin = rng.choice(len(ORIGINS), size=int(people.household[-1]) + 1, p=_ORIGIN_SHARES)[people.household]
    family = surnames.draw(rng, origin)
    second = np.full(len(people), -1)
    of_father = people.child
    family[of_father] = family[people.parent_1[of_father]]
    double = (people.parent_2 >= 0) & (_per_household(rng, people) < _DOUBLE_NAME)
    second[double] = family[people.parent_2[double]]
    second[second == family] = -1
    birth_name = _joined(surnames.words, family, second)
    married = ~people.male & (people.partner >= 0) & (rng.random(len(people)) < _MARRIED_NAME)
    used_name = pick(birth_name, people.partner, ~married)
    first_names, first_slug = _first_names(rng, people, origin)
    return Names(birth_name, used_name, first_names, pick(surnames.slugs, family), first_slug)


def _per_household(rng: np.random.Generator, people: People) -> npt.NDArray[np.float64]:
    """Return one draw a household: siblings bear the same name."""
    return rng.random(int(people.household[-1]) + 1)[people.household]


def _joined(words: pa.StringArray, first: Integers, second: Integers) -> pa.StringArray:
    return joined("-", pick(words, first), pick(words, second, second < 0))


def _first_names(rng: np.random.Generator, people: People, origin: Integers) -> tuple[pa.StringArray, pa.StringArray]:
    _, pool = _pools()
    era = np.digitize(people.age, (25.0, 62.0))
    group = (origin * 3 + era) * 2 + ~people.male
    first = pool.draw(rng, group)
    # One child in two hundred bears the first name of its parent, in the same town: only the date tells them apart.
    homonym = people.child & (people.male == people.male[people.parent_1]) & (rng.random(len(people)) < 0.005) & (people.twin_of < 0)
    first[homonym] = first[people.parent_1[homonym]]
    first = _distinct_twins(people, first, group, pool)
    no_second = rng.random(len(people)) < 0.25
    second, third = pool.draw(rng, group), pool.draw(rng, group)
    no_second |= second == first
    no_third = no_second | (third == first) | (third == second) | (rng.random(len(people)) < 0.5)
    words = pool.words
    return joined(" ", pick(words, first), pick(words, second, no_second), pick(words, third, no_third)), pick(pool.slugs, first)


def _distinct_twins(people: People, first: Integers, group: Integers, pool: _Pool) -> Integers:
    """Give twins another first name than their elder: it is all that tells them apart, with the order number."""
    twins = np.flatnonzero(people.twin_of >= 0)
    same = twins[first[twins] == first[people.twin_of[twins]]]
    start, count = pool.first[group[same]], pool.count[group[same]]
    first[same] = start + (first[same] - start + 1) % count
    return first


@cache
def _pools() -> tuple[_Pool, _Pool]:
    """Return surnames by origin, and first names by (origin, era from young to old, sex)."""
    surnames = tomllib.loads((DATA / "surnames.toml").read_text(encoding="utf-8"))
    firsts = tomllib.loads((DATA / "first_names.toml").read_text(encoding="utf-8"))
    groups = [
        firsts[origin][sex][era] if origin == "france" else firsts[origin][sex]
        for origin in ORIGINS
        for era in ("young", "middle", "old")
        for sex in ("M", "F")
    ]
    return _pool([surnames[origin] for origin in ORIGINS]), _pool(groups)


def french_names() -> tuple[pa.StringArray, pa.StringArray, pa.StringArray]:
    """Return surnames, first names of young men and of young women, as most people in France have them."""
    surnames, firsts = _pools()
    origin = ORIGINS.index("france")
    boys, girls = (slice(firsts.first[group], firsts.first[group] + firsts.count[group]) for group in (origin * 6, origin * 6 + 1))
    return surnames.words[: int(surnames.count[origin])], firsts.words[boys], firsts.words[girls]


def _pool(groups: list[list[str]]) -> _Pool:
    words = [unicodedata.normalize("NFC", word) for group in groups for word in group]
    count = np.array([len(group) for group in groups])
    slugs = [re.sub(" ", "", fold_line(word)).lower()[:24] for word in words]
    return _Pool(pa.array(words), pa.array(slugs), np.cumsum(count) - count, count)
