"""The registry beside the civil register, whose files of deaths it takes in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from pipelines.installation import Installation
from pipelines.platform.database import Counts
from pipelines.registry.birth_date import normalise_birth_date
from pipelines.registry.deaths import Doubt, decide_death, open_doubts, reverse_death, take_in_death_files
from pipelines.registry.postal_address import fold_line
from tests.campaign_driver import paris
from tests.death_file_builder import Death, death_of, file_of
from tests.registry_builder import Person, invent

AT = paris(2024, 7, 8, 9)
LATER = paris(2024, 8, 8, 9)
REASON = "dossier vu"
BORN = "19420314"
DAY = date(2024, 6, 12)

INSERT_PERSON = """
insert into registry.person (
  person_id, birth_name, used_name, first_names, birth_name_key, first_names_key, sex, birth_date, born_on, birth_precision,
  birthplace_code, died_on, known_since
) values (
  :person_id, :birth_name, :used_name, :first_names, :birth_name_key, :first_names_key, :sex, :birth_date,
  :born_on, :birth_precision, :birthplace_code, :died_on, '2024-01-01'
)
"""
INSERT_IDENTIFIER = "insert into registry.identifier (matricule, matricule_kind, person_id, known_since) values (:m, 'NIR', :id, :at)"


@dataclass
class Register:
    """The registry, and the civil register that sends its files."""

    home: Installation
    owner: sa.Engine
    files: int = 0
    people: int = 0

    def know(self, person: Person) -> int:
        """Make a person known; return the id."""
        born_on, precision = normalise_birth_date(person.birth_date)
        self.people += 1
        traits = {
            "person_id": self.people, "birth_name": person.birth_name, "used_name": person.used_name, "first_names": person.first_names,
            "birth_name_key": fold_line(person.birth_name), "first_names_key": fold_line(person.first_names), "sex": person.sex,
            "birth_date": person.birth_date, "born_on": born_on, "birth_precision": str(precision),
            "birthplace_code": person.birthplace_code, "died_on": person.died_on,
        }  # fmt: skip
        with self.owner.begin() as connection:
            connection.execute(sa.text(INSERT_PERSON), traits)
            connection.execute(sa.text(INSERT_IDENTIFIER), {"m": person.matricule, "id": self.people, "at": AT})
        return self.people

    def send(self, *deaths: Death | str, at: datetime = AT, name: str | None = None, **form: Any) -> Counts:
        """Send a file and take it in; return what was counted, zeros left out."""
        self.files += 1
        self.put(name or f"deces-{self.files}.txt", file_of(*deaths, **form))
        return self.take_in(at)

    def put(self, name: str, content: bytes) -> None:
        """Put a file down."""
        self.home.store.put("exchanges", f"deaths/inbox/{name}", content)

    def take_in(self, at: datetime = AT) -> Counts:
        """Take in what waits."""
        counts = take_in_death_files(self.home.db, self.home.store, at)
        return {what: count for what, count in counts.items() if count and what not in ("files", "lines", "doubts")}

    def answer(self, name: str = "deces-1.txt") -> dict[str, Any]:
        """Return the answer to a file."""
        answer: dict[str, Any] = json.loads(self.home.store.get("exchanges", f"deaths/answers/{name}"))
        return answer

    def doubts(self) -> list[Doubt]:
        """Return the doubts that wait."""
        return open_doubts(self.home.db)

    def decide(self, doubt: Doubt, same: bool, at: datetime = AT) -> None:
        """Decide on a doubt."""
        decide_death(self.home.db, self.home.store, doubt.doubt_id, same, "chief", REASON, at)

    def reverse(self, person_id: int, at: datetime = AT) -> None:
        """Take back a death."""
        reverse_death(self.home.db, person_id, "chief", REASON, at)

    def rows(self, statement: str, **binds: object) -> list[dict[str, Any]]:
        """Return what a query finds."""
        with self.owner.begin() as connection:
            return [dict(row) for row in connection.execute(sa.text(statement), binds).mappings()]

    def run(self, statement: str, **binds: object) -> None:
        """Change something that another part of the project would."""
        with self.owner.begin() as connection:
            connection.execute(sa.text(statement), binds)

    def died_on(self, person_id: int) -> date | None:
        """Return when a person died, as the registry knows it."""
        died_on: date | None = self.rows("select died_on from registry.person where person_id = :id", id=person_id)[0]["died_on"]
        return died_on

    def facts(self, person_id: int) -> list[tuple[str, date]]:
        """Return the facts about a person."""
        found = self.rows("select kind, happened_on from registry.fact where person_id = :id order by happened_on", id=person_id)
        return [(row["kind"], row["happened_on"]) for row in found]

    def audit(self, person_id: int) -> list[tuple[str, str, str, str]]:
        """Return what the audit trail says of a person: subject, after, reason and who."""
        found = self.rows(
            "select a.subject, a.after, a.reason, u.actor from platform.audit as a join platform.unit_of_work as u using (work_id) "
            "where a.person_id = :id order by a.audit_id",
            id=person_id,
        )
        return [(row["subject"], row["after"], row["reason"], row["actor"]) for row in found]


ANNE = invent(1, birth_date=BORN, birth_name="LEFÈVRE-D'ALMEIDA", first_names="Anne Marie Zoé")
DEATH = death_of(ANNE)
# One trait off, each in its own way.
LIKE = {
    "another birthplace": DEATH.but(birthplace_code="69123"),
    "no birthplace": DEATH.but(birthplace_code=""),
    "fewer first names": DEATH.but(first_names="ANNE"),
    "other first names after the first": DEATH.but(first_names="ANNE LOUISE"),
    "a first name that cannot be read": DEATH.but(first_names="AN\x7fE MARIE ZOE"),
    "a birth name that cannot be read": DEATH.but(birth_name="LEF\x7fVRE D'ALMEIDA"),
    "one of two birth names": DEATH.but(birth_name="LEFEVRE"),
    "one more birth name": DEATH.but(birth_name="LEFEVRE D'ALMEIDA MARTIN"),
    "another day of birth": DEATH.but(birth_date="19420315"),
    "another month of birth": DEATH.but(birth_date="19421114"),
    "another year of birth": DEATH.but(birth_date="19320314"),
    "an unknown day of birth": DEATH.but(birth_date="19420300"),
    "an unknown month of birth": DEATH.but(birth_date="19420000"),
    "an unknown year of birth": DEATH.but(birth_date="00000000"),
    "the other sex": DEATH.but(sex="1"),
}
