"""What happens to people between two deliveries, and what it changes in their rows."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.registry.arrow_text import Mask, equals, fixed_strings, mask_of, matches
from pipelines.registry.birth_date import anniversary
from pipelines.registry.contract import MatriculeKind, Protection, Sex
from pipelines.synthetic.affiliations import body_shares, offices
from pipelines.synthetic.chances import Chances
from pipelines.synthetic.columns import choose, dates, joined, pick, with_columns
from pipelines.synthetic.contacts import words
from pipelines.synthetic.households import Flags, Integers
from pipelines.synthetic.names import french_names
from pipelines.synthetic.new_numbers import NewNumbers, corrected_numbers, given_numbers
from pipelines.synthetic.places import DATA, places
from pipelines.synthetic.population import raw_dates

_PROVISIONAL_AT_BIRTH = 0.4
_ADULT, _TOO_OLD_FOR_A_CHILD, _OLD = 18, 43, 60
_FINE = 1 << 20
_NOTHING: Any = pa.scalar(None, pa.string())
_NO_DATE: Any = pa.scalar(None, pa.date32())


class Event(StrEnum):
    """What happened; people who move to another body are counted where they come from and where they go."""

    NUMBER_GIVEN = "NUMBER_GIVEN"
    SEX_CORRECTED = "SEX_CORRECTED"
    DIED = "DIED"
    LEFT = "LEFT"
    MOVED_BODY = "MOVED_BODY"
    PROTECTED = "PROTECTED"
    PROTECTION_ENDED = "PROTECTION_ENDED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    EMAIL_LOST = "EMAIL_LOST"
    EMAIL_GAINED = "EMAIL_GAINED"
    MOVED_HOUSE = "MOVED_HOUSE"
    USED_NAME = "USED_NAME"
    LARGE_PRINT = "LARGE_PRINT"
    BORN = "BORN"
    ARRIVED = "ARRIVED"
    CAME_FROM_BODY = "CAME_FROM_BODY"


DRAWN = tuple(event for event in Event if event is not Event.CAME_FROM_BODY)


@dataclass(frozen=True)
class Period:
    """The days after the last delivery, `since` (excluded), until the next one (included), and the bodies that deliver."""

    since: dt.date
    until: dt.date
    bodies: tuple[str, ...]
    numbers: NewNumbers

    def days(self, chances: Chances) -> Integers:
        """Return a day of the period for each person, in days since 1970."""
        first = (self.since - dt.date(1970, 1, 1)).days + 1
        return first + chances.below("day", (self.until - self.since).days)


@dataclass(frozen=True)
class Group:
    """Some people of a body: rows as delivered, the same normalised (NORMALISED_SCHEMA), and their chances.

    `guardians` are matricules of adults to whom nothing happens.
    """

    rows: pa.Table
    good: pa.Table
    chances: Chances
    guardians: pa.StringArray

    def where(self, mask: Mask) -> Group:
        """Return some of the people."""
        chosen = pa.array(mask)
        return Group(self.rows.filter(chosen), self.good.filter(chosen), self.chances.where(mask), self.guardians)

    def text(self, name: str) -> pa.StringArray:
        """Return a normalised text column as one array."""
        column: Any = self.good.column(name).combine_chunks()
        return column  # type: ignore[no-any-return]

    def has(self, name: str) -> Mask:
        """Say where a normalised column holds something."""
        return mask_of(self.good.column(name).combine_chunks().is_valid())

    def alive(self) -> Mask:
        """Say who is neither dead nor about to lose their rights."""
        return np.logical_not(self.has("died_on") | self.has("rights_end_on"))

    def aged(self, years: int, day: dt.date) -> Mask:
        """Say who lives and has a number of years on a day."""
        born: Any = self.good.column("born_on").combine_chunks()
        return self.alive() & mask_of(pc.less_equal(born, pa.scalar(anniversary(day, day.year - years))))


@cache
def rates() -> Mapping[Event, float]:
    """Return how often each event happens, as a multiple of the share of people who change (`data/evolution.toml`)."""
    listed = tomllib.loads((DATA / "evolution.toml").read_text(encoding="utf-8"))["rates"]
    return {event: float(listed[event]) for event in DRAWN}


def may_change(chances: Chances, share: float) -> Mask:
    """Say to whom something may happen, whoever they are: what comes next looks at these people only."""
    possible: Mask = np.logical_or.reduce([chances.happens(event, share * rate) for event, rate in rates().items()])
    return possible


def draw_events(group: Group, period: Period, share: float) -> Integers:
    """Return the position in DRAWN of what happens to each person, -1 where nothing does."""
    possible = _possible(group, period)
    happened = [possible[event] & group.chances.happens(event, share * rate) for event, rate in rates().items()]
    return np.select(happened, list(range(len(DRAWN))), default=-1)


def guardians(group: Group, events: Integers, period: Period) -> pa.StringArray:
    """Return the matricules of adults to whom nothing happens."""
    free = (events < 0) & group.aged(_ADULT, period.until) & ~group.has("protection")
    return group.text("matricule").filter(pa.array(free))


def _possible(group: Group, period: Period) -> Mapping[Event, Mask]:
    """Say what may happen to whom; nothing does to the dead and to those whose rights end."""
    alive, adult, old = group.alive(), group.aged(_ADULT, period.until), group.aged(_OLD, period.until)
    email, nir = group.has("email"), equals(group.text("matricule_kind"), MatriculeKind.NIR)
    fertile = adult & equals(group.text("sex"), Sex.F) & ~group.aged(_TOO_OLD_FOR_A_CHILD, period.until)
    return {
        Event.NUMBER_GIVEN: alive & ~nir,
        Event.SEX_CORRECTED: adult & nir & matches(group.text("matricule"), r"\A...(0[1-9]|1[0-2])"),
        Event.DIED: old,
        Event.LEFT: adult,
        Event.MOVED_BODY: adult & (len(period.bodies) > 1),
        Event.PROTECTED: adult & ~group.has("protection") & ~group.has("representative_1"),
        Event.PROTECTION_ENDED: alive & group.has("protection"),
        Event.EMAIL_CHANGED: alive & email,
        Event.EMAIL_LOST: alive & email,
        Event.EMAIL_GAINED: adult & ~email,
        Event.MOVED_HOUSE: adult,
        Event.USED_NAME: adult,
        Event.LARGE_PRINT: old & ~mask_of(group.good.column("large_print").combine_chunks()),
        Event.BORN: fertile,
        Event.ARRIVED: adult,
    }


def change(event: Event, group: Group, period: Period) -> pa.Table:
    """Return the rows of people after an event that leaves them where they are."""
    return with_columns(group.rows, _CHANGES[event](group, period))


def _given(group: Group, _: Period) -> dict[str, Any]:
    years, months = _birth_months(group)
    numbers = given_numbers(group.text("matricule"), years, months, equals(group.text("sex"), Sex.M))
    return {"matricule": numbers, "matricule_kind": pa.scalar(str(MatriculeKind.NIR)), "former_matricule": group.text("matricule")}


def _corrected(group: Group, _: Period) -> dict[str, Any]:
    numbers = group.text("matricule")
    male = equals(group.text("sex"), Sex.M)
    return {
        "matricule": corrected_numbers(numbers),
        "former_matricule": numbers,
        "sex": choose(male, pa.scalar(str(Sex.F)), pa.scalar(str(Sex.M))),
    }


def _birth_months(group: Group) -> tuple[Integers, Integers]:
    born: Any = group.good.column("born_on").combine_chunks().view(pa.int32())
    years, months, _ = raw_dates(born.to_numpy().astype(np.int64))
    return years, months


def _protected(group: Group, _: Period) -> dict[str, Any]:
    guardian = group.chances.below("guardian", max(1, len(group.guardians)))
    return {
        "protection": pa.scalar(str(Protection.TUTELLE)),
        "representative_1": pick(group.guardians, guardian, np.full(len(guardian), len(group.guardians) == 0)),
    }


def _email_changed(group: Group, _: Period) -> dict[str, Any]:
    local: Any = pc.replace_substring_regex(group.text("email"), "@.*", "")
    return {"email": _email(local, group.chances)}


def _email_gained(group: Group, _: Period) -> dict[str, Any]:
    first: Any = pc.replace_substring_regex(group.text("first_names_key"), " .*", "")
    last: Any = pc.utf8_slice_codeunits(pc.replace_substring(group.text("birth_name_key"), " ", ""), 0, 24)
    return {"email": _email(pc.ascii_lower(joined(".", first, last)), group.chances)}


def _email(local: pa.StringArray, chances: Chances) -> pa.StringArray:
    """Return addresses that differ from `local` at any domain: a number is added."""
    numbers = pa.array([str(number) for number in range(1, 100)])
    domains = pa.array(words()["domains"])
    return joined("", local, pick(numbers, chances.below("number", len(numbers))), pick(domains, chances.below("domain", len(domains))))


def _moved_house(group: Group, period: Period) -> dict[str, Any]:
    geography, listed, chances = places(), words(), group.chances
    town = chances.below("town", len(geography.towns))
    streets = pa.array([f"{way} {name}" for way in listed["ways"] for name in listed["names"]])
    numbers = pa.array([str(number) for number in range(1, 1000)])
    return {
        "address_2": _NOTHING,
        "address_3": _NOTHING,
        "address_4": joined(" ", pick(numbers, chances.below("door", 999)), pick(streets, chances.below("street", len(streets)))),
        "address_5": _NOTHING,
        "postcode": pick(geography.postcodes, town),
        "town": pick(geography.towns, town),
    }


def _used_name(group: Group, _: Period) -> dict[str, Any]:
    surnames = french_names()[0]
    drawn = group.chances.below("name", len(surnames))
    other, next_one = pick(surnames, drawn), pick(surnames, (drawn + 1) % len(surnames))
    return {"used_name": choose(mask_of(pc.equal(other, group.text("used_name"))), next_one, other)}


_CHANGES: Mapping[Event, Callable[[Group, Period], dict[str, Any]]] = {
    Event.NUMBER_GIVEN: _given,
    Event.SEX_CORRECTED: _corrected,
    Event.DIED: lambda group, period: {"died_on": dates(period.days(group.chances))},
    Event.PROTECTED: _protected,
    Event.PROTECTION_ENDED: lambda _, __: {"protection": _NOTHING, "representative_1": _NOTHING, "representative_2": _NOTHING},
    Event.EMAIL_CHANGED: _email_changed,
    Event.EMAIL_LOST: lambda _, __: {"email": _NOTHING},
    Event.EMAIL_GAINED: _email_gained,
    Event.MOVED_HOUSE: _moved_house,
    Event.USED_NAME: _used_name,
    Event.LARGE_PRINT: lambda _, __: {"large_print": pa.scalar(True)},
}


def ended(group: Group, period: Period) -> pa.Table:
    """Return the rows of people whose rights ended."""
    return with_columns(group.rows, {"rights_end_on": dates(period.days(group.chances))})


def in_another_body(group: Group, period: Period) -> tuple[pa.Table, Integers]:
    """Return the rows of people as the body that they go to has them, and its position: the same whichever body they come from."""
    target = np.searchsorted(np.cumsum(body_shares(period.bodies))[:-1], group.chances.below("body", _FINE) / _FINE, side="right")
    department = _departments(group)
    rows = {"affiliated_since": dates(period.days(group.chances)), "office": offices(period.bodies, target, department)}
    return with_columns(group.rows, rows), target


def _departments(group: Group) -> Integers:
    """Return the position of each person's department, the first one where it is not known."""
    found: Any = pc.index_in(group.text("department"), value_set=pa.array(places().departments))
    return np.asarray(pc.fill_null(found, pa.scalar(0, pa.int32())).to_numpy(), dtype=np.int64)


def born_to(mothers: Group, period: Period) -> pa.Table:
    """Return one newborn a mother: at her address, in her body, under her name."""
    male = mothers.chances.happens("boy", 0.512)
    days = period.days(mothers.chances)
    identity = _newcomers(mothers, period, days, male, mothers.chances.happens("provisional", _PROVISIONAL_AT_BIRTH))
    kin = {
        "birth_name": pc.coalesce(mothers.text("used_name"), mothers.text("birth_name")),
        "affiliated_since": dates(days),
        "representative_1": mothers.text("matricule"),
        "email": _NOTHING,
    }
    return with_columns(mothers.rows, {**identity, **kin})


def arrived_beside(others: Group, period: Period) -> pa.Table:
    """Return one adult newcomer beside each of some people, in the same office."""
    male = others.chances.happens("man", 0.484)
    days = (period.until - dt.date(1970, 1, 1)).days - 365 * 20 - others.chances.below("age", 365 * 60)
    surnames = french_names()[0]
    identity = _newcomers(others, period, days, male, np.zeros(len(days), dtype=np.bool_))
    own: dict[str, Any] = {
        "birth_name": pick(surnames, others.chances.below("surname", len(surnames))),
        "affiliated_since": dates(period.days(others.chances)),
        "representative_1": _NOTHING,
        "email": _email(pa.array(["bienvenue"] * len(days)), others.chances),
        **_moved_house(others, period),
    }
    return with_columns(others.rows, {**identity, **own})


def _newcomers(near: Group, period: Period, days: Integers, male: Flags, provisional: Flags) -> dict[str, Any]:
    """Return what a newcomer has of their own; `near` gives the rest of the row."""
    years, months, raw = raw_dates(days)
    chances, births = near.chances, places().births
    _, boys, girls = french_names()
    names = choose(male, pick(boys, chances.below("boys", len(boys))), pick(girls, chances.below("girls", len(girls))))
    permanent = fixed_strings(period.numbers.permanent(chances.roots, years, months, male))
    waiting = fixed_strings(period.numbers.provisional(chances.roots, male))
    in_france = int(births.first[births.abroad])
    nothing = ("former_matricule", "used_name", "representative_2", "protection", "language")
    return {
        **dict.fromkeys(nothing, _NOTHING),
        "matricule": choose(provisional, waiting, permanent),
        "matricule_kind": choose(provisional, pa.scalar(str(MatriculeKind.NNP)), pa.scalar(str(MatriculeKind.NIR))),
        "first_names": names,
        "sex": choose(male, pa.scalar(str(Sex.M)), pa.scalar(str(Sex.F))),
        "birth_date": fixed_strings(raw),
        "birthplace_code": fixed_strings(births.codes[chances.below("birthplace", in_france)]),
        "large_print": pa.scalar(False),
        "died_on": _NO_DATE,
        "rights_end_on": _NO_DATE,
    }
