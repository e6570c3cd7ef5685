"""Lines of an INSEE file of deaths made for a test, by the published columns and never by the reader's own code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.registry_builder import Person


@dataclass(frozen=True)
class Death:
    """One line, as civil status writes it."""

    birth_name: str = "QUENEHERVE"
    first_names: str = "YSOLINE MARIE"
    sex: str = "2"
    birth_date: str = "19420314"
    birthplace_code: str = "75112"
    died_on: str = "20240612"
    birthplace: str = "PARIS"
    country: str = ""
    place: str = "69123"
    act: str = "1207"
    end: str = "/"

    def but(self, **changes: Any) -> Death:
        """Return the same death with something changed."""
        return replace(self, **changes)

    @property
    def text(self) -> str:
        """The line, without its end."""
        names = f"{self.birth_name}*{self.first_names}{self.end}"
        assert len(names) <= 80
        born = f"{self.sex}{self.birth_date}{self.birthplace_code:5}{self.birthplace:30}{self.country:30}"
        return f"{names:80}{born}{self.died_on}{self.place:5}{self.act:9}"


def death_of(person: Person, **changes: Any) -> Death:
    """Return the death of a person, all traits being those of the registry."""
    death = Death(
        person.birth_name.upper(), person.first_names.upper(), "2" if person.sex == "F" else "1", person.birth_date, person.birthplace_code
    )
    return death.but(**changes)


def file_of(*deaths: Death | str, encoding: str = "latin-1", end: str = "\n") -> bytes:
    """Return a file of these lines; a text stands for itself."""
    return "".join(f"{death if isinstance(death, str) else death.text}{end}" for death in deaths).encode(encoding)
