"""Who lives with whom: households, ages, sexes, parents and guardians of one chunk, as numpy columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Shares of households, after INSEE "Couples - Familles - Ménages" 2020 (37 % alone, 25 % couples without a child, 24 %
# with, 9 % one parent), shifted so that 22 % of people are minors (INSEE, population by age, 1 January 2024).
_KINDS = np.array([0.42, 0.305, 0.18, 0.065, 0.03])
ALONE, COUPLE, FAMILY, ONE_PARENT, GUARDED = range(5)
_ADULTS = np.array([1, 2, 2, 1, 2])
_CHILDREN = np.array([0.42, 0.40, 0.14, 0.04])
_MEAN_SIZE = 1.95

# Ages of adults who have no minor at home (INSEE pyramid 2024, less the parents): first year of the band, share.
_BANDS = np.array([18, 25, 40, 60, 75, 85, 95, 106])
_BAND_SHARES = np.array([10.3, 10.0, 17.0, 21.6, 8.5, 3.9, 0.4])

_SPACING = 3.1  # years between siblings, folded into 0-18
_TWIN = 0.016  # twin births among births (INSEE, births 2022: 15.9 twin deliveries per thousand)


@dataclass(frozen=True)
class People:
    """One chunk of people in order of household, each after its parents or guardian; arrays of (people,).

    `age` is in years with decimals; `partner`, `parent_1`, `parent_2`, `guardian` and `twin_of` are positions or -1.
    """

    household: Integers
    place: Integers
    kind: Integers
    age: npt.NDArray[np.float64]
    male: Flags
    child: Flags
    partner: Integers
    parent_1: Integers
    parent_2: Integers
    guardian: Integers
    twin_of: Integers

    def __len__(self) -> int:
        return len(self.household)


def draw_people(rng: np.random.Generator, at_least: int) -> People:
    """Draw whole households that hold at least `at_least` people (a caller that needs fewer takes the first ones)."""
    homes = int(at_least / _MEAN_SIZE * 1.02) + 200
    kinds = rng.choice(len(_KINDS), size=homes, p=_KINDS)
    has_children = (kinds == FAMILY) | (kinds == ONE_PARENT)
    children = np.where(has_children, rng.choice(4, size=homes, p=_CHILDREN) + 1, 0)
    adults = _ADULTS[kinds]
    sizes = adults + children
    starts = np.cumsum(sizes) - sizes
    household = np.repeat(np.arange(homes), sizes)
    place = np.arange(len(household)) - starts[household]
    kind, grown = kinds[household], adults[household]
    child = place >= grown
    first = starts[household]
    couple = (kind == COUPLE) | (kind == FAMILY)
    partner = np.where(couple & ~child, first + 1 - place, -1)
    twin_of = _twins(rng, child, place - grown)
    age = _ages(rng, kind, child, place - grown, starts)
    male = _sexes(rng, partner, couple & ~child)
    twins = twin_of >= 0
    age[twins], male[twins] = age[twin_of[twins]], male[twin_of[twins]]
    return People(
        household=household,
        place=place,
        kind=kind,
        age=age,
        male=male,
        child=child,
        partner=partner,
        parent_1=np.where(child, first, -1),
        parent_2=np.where(child & (kind == FAMILY), first + 1, -1),
        guardian=np.where((kind == GUARDED) & (place == 1), first, -1),
        twin_of=twin_of,
    )


def _twins(rng: np.random.Generator, child: Flags, rank: Integers) -> Integers:
    """Return the elder of each twin: the child before, itself no twin (twins here are of the same sex)."""
    eligible = child & (rank == 1) & (rng.random(len(child)) < 3 * _TWIN)
    return np.where(eligible, np.arange(len(child)) - 1, -1)


def _ages(rng: np.random.Generator, kind: Integers, child: Flags, rank: Integers, starts: Integers) -> npt.NDArray[np.float64]:
    people = len(kind)
    sizes = np.diff(np.append(starts, people))
    eldest = np.repeat(rng.random(len(starts)) * 18, sizes)
    child_age = np.where(child, (eldest + rank * _SPACING) % 17.99, 0.0)
    oldest = np.repeat(np.maximum.reduceat(child_age, starts), sizes)
    band = rng.choice(len(_BAND_SHARES), size=people, p=_BAND_SHARES / _BAND_SHARES.sum())
    adult_age = _BANDS[band] + rng.random(people) * (_BANDS[band + 1] - _BANDS[band])
    # Partners are of one generation: the second takes the age of the first, within a few years.
    second = (rank == -1) & (kind == COUPLE)
    adult_age[second] = np.maximum(18, adult_age[np.flatnonzero(second) - 1] + rng.normal(0, 3, int(second.sum())))
    parents = ((kind == FAMILY) | (kind == ONE_PARENT)) & ~child
    adult_age[parents] = oldest[parents] + 18 + rng.gamma(4.0, 2.8, int(parents.sum()))
    return np.where(child, child_age, np.minimum(adult_age, 108.0))


def _sexes(rng: np.random.Generator, partner: Integers, couple: Flags) -> Flags:
    male = rng.random(len(partner)) < 0.484  # INSEE 2024: 51.6 % women
    second = couple & (partner < np.arange(len(partner))) & (rng.random(len(partner)) < 0.97)
    male[second] = ~male[partner[second]]
    return male
