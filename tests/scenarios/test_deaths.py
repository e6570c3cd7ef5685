"""Deaths from the INSEE file: an exact match acts, anything less waits for a person, a wrong report is taken back."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.installation import Installation
from pipelines.platform.database import Counts
from pipelines.platform.errors import EspaceSanteError, FinalError, RetryableError, RuleError
from pipelines.registry.birth_date import normalise_birth_date
from pipelines.registry.deaths import Doubt, compare, decide_death, open_doubts, person_of, reverse_death, take_in_death_files
from pipelines.registry.intake import INTAKE
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


@pytest.fixture
def register(installation: Installation, owner: sa.Engine) -> Register:
    return Register(installation, owner)


ANNE = invent(1, birth_date=BORN, birth_name="LEFÈVRE-D'ALMEIDA", first_names="Anne Marie Zoé")
DEATH = death_of(ANNE)


# What acts.


def test_an_exact_match_on_all_traits_is_recorded(register: Register) -> None:
    anne, other = register.know(ANNE), register.know(invent(2))
    assert register.send(DEATH) == {"RECORDED": 1}
    assert (register.died_on(anne), register.died_on(other)) == (DAY, None)
    assert register.rows("select person_id, died_on, reversed_by from registry.civil_death") == [
        {"person_id": anne, "died_on": DAY, "reversed_by": None}
    ]


def test_a_recorded_death_is_a_fact_and_is_audited(register: Register) -> None:
    anne = register.know(ANNE)
    register.send(DEATH)
    assert register.facts(anne) == [("DIED", DAY)]
    assert [(subject, after, by) for subject, after, _, by in register.audit(anne)] == [("death", "RECORDED", "pipeline")]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_accents_hyphens_and_apostrophes_do_not_keep_a_name_from_matching(register: Register, encoding: str) -> None:
    anne = register.know(ANNE)
    register.send(DEATH.but(birth_name="LEFEVRE D'ALMÉIDA", first_names="ANNE-MARIE ZOE"), encoding=encoding)
    assert register.died_on(anne) == DAY


def test_twins_are_told_apart_by_their_first_names(register: Register) -> None:
    anne, twin = register.know(ANNE), register.know(ANNE.but(first_names="Berthe", matricule=invent(9).matricule))
    register.send(DEATH)
    assert (register.died_on(anne), register.died_on(twin)) == (DAY, None)


@pytest.mark.parametrize(
    ("written", "day"), [("20240600", date(2024, 6, 30)), ("20230000", date(2023, 12, 31)), ("20240000", date(2024, 7, 8))]
)
def test_an_incomplete_date_of_death_counts_as_its_last_possible_day_that_has_come(register: Register, written: str, day: date) -> None:
    anne = register.know(ANNE)
    assert register.send(DEATH.but(died_on=written)) == {"RECORDED": 1}
    assert register.died_on(anne) == day


def test_two_lines_that_agree_on_a_death_record_it_once(register: Register) -> None:
    anne = register.know(ANNE)
    assert register.send(DEATH, DEATH.but(birthplace="PARIS 12")) == {"RECORDED": 1, "KNOWN": 1}
    assert len(register.audit(anne)) == 1


# What waits.

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


@pytest.mark.parametrize("likeness", LIKE)
def test_one_trait_off_waits_for_a_person(register: Register, likeness: str) -> None:
    anne = register.know(ANNE)
    register.know(invent(2))
    assert register.send(LIKE[likeness]) == {"WAITING": 1}
    assert register.died_on(anne) is None and register.facts(anne) == []
    assert [(doubt.person_id, doubt.subject) for doubt in register.doubts()] == [(anne, "deces-1.txt:1")]


def test_a_used_name_in_the_place_of_the_birth_name_waits(register: Register) -> None:
    anne = register.know(ANNE.but(used_name="Béranger-Noël"))
    assert register.send(DEATH.but(birth_name="BERANGER NOEL")) == {"WAITING": 1}
    assert [doubt.person_id for doubt in register.doubts()] == [anne]


@pytest.mark.parametrize("born", ["19420000", "19420300"])
def test_an_incomplete_birth_date_never_matches_exactly(register: Register, born: str) -> None:
    anne = register.know(ANNE.but(birth_date=born))
    assert register.send(DEATH.but(birth_date=born)) == {"WAITING": 1}
    assert register.died_on(anne) is None


def test_a_birthplace_that_nobody_knows_never_matches_exactly(register: Register) -> None:
    anne = register.know(ANNE.but(birthplace_code=None))
    assert register.send(DEATH.but(birthplace_code="")) == {"WAITING": 1}
    assert register.died_on(anne) is None


def test_two_exact_candidates_wait_for_a_person_each(register: Register) -> None:
    homonyms = [register.know(ANNE), register.know(ANNE.but(matricule=invent(9).matricule))]
    assert register.send(DEATH) == {"WAITING": 1}
    assert [doubt.person_id for doubt in register.doubts()] == homonyms
    assert [register.died_on(person) for person in homonyms] == [None, None]


def test_two_lines_that_disagree_on_the_day_wait(register: Register) -> None:
    anne = register.know(ANNE)
    assert register.send(DEATH, DEATH.but(died_on="20240613")) == {"WAITING": 2}
    assert register.died_on(anne) is None


def test_a_death_in_the_future_waits(register: Register) -> None:
    anne = register.know(ANNE)
    assert register.send(DEATH.but(died_on="20240709")) == {"WAITING": 1}
    assert register.died_on(anne) is None


# What is nobody, or is known.


@pytest.mark.parametrize(
    "death",
    [
        DEATH.but(birth_name="INCONNU"),
        DEATH.but(first_names="BERTHE"),
        DEATH.but(first_names="ANNE", birthplace_code="69123"),
        DEATH.but(sex="1", birth_date="19420315"),
        DEATH.but(birth_name="\x7f", first_names="\x7f"),
        DEATH.but(birth_date="19320315"),
    ],
)
def test_two_traits_off_or_a_trait_that_is_not_like_is_nobody(register: Register, death: Death) -> None:
    register.know(ANNE)
    assert register.send(death) == {"UNKNOWN": 1} and register.doubts() == []


@pytest.mark.parametrize("death", [DEATH, DEATH.but(birthplace_code="69123"), DEATH.but(died_on="20240600")])
def test_a_death_that_a_body_delivered_is_known(register: Register, death: Death) -> None:
    anne = register.know(ANNE.but(died_on=DAY))
    assert register.send(death) == {"KNOWN": 1}
    assert register.doubts() == [] and register.facts(anne) == []


def test_a_death_that_is_known_of_one_homonym_is_not_asked_about_the_other(register: Register) -> None:
    register.know(ANNE.but(died_on=DAY)), register.know(ANNE.but(matricule=invent(9).matricule))
    assert register.send(DEATH) == {"KNOWN": 1} and register.doubts() == []


def test_a_death_known_on_another_day_waits(register: Register) -> None:
    anne = register.know(ANNE.but(died_on=DAY))
    assert register.send(DEATH.but(died_on="20240613")) == {"WAITING": 1}
    assert register.died_on(anne) == DAY


def test_a_later_file_that_tells_the_same_death_changes_nothing(register: Register) -> None:
    anne = register.know(ANNE)
    register.send(DEATH)
    assert register.send(DEATH.but(act="9999"), at=LATER) == {"KNOWN": 1}
    assert len(register.audit(anne)) == 1


# Files.


def test_the_answer_counts_outcomes_and_names_lines_by_reason(register: Register) -> None:
    register.know(ANNE)
    register.send(DEATH, "x", DEATH.but(sex="9"), DEATH.but(birth_name="INCONNU"), "", DEATH)
    assert register.answer() == {
        "taken_in": True, "lines": 6, "doubts": 0,
        "outcomes": {"RECORDED": 1, "KNOWN": 0, "REVERSED": 0, "WAITING": 0, "UNKNOWN": 1},
        "set_aside": {"TOO_SHORT": [2, 5], "SEX_UNKNOWN": [3], "REPEATED": [6]},
    }  # fmt: skip


def test_every_line_has_an_outcome_or_a_reason(register: Register) -> None:
    register.know(ANNE)
    counts = register.send(DEATH, "x", *LIKE.values(), DEATH.but(birth_name="INCONNU"))
    assert sum(counts.values()) == 3 + len(LIKE)


def test_a_file_that_is_no_such_file_is_refused_whole_and_answered(register: Register) -> None:
    register.put("deces-1.txt", b"nom;prenoms\n")
    assert register.take_in() == {"files_refused": 1}
    assert register.answer()["taken_in"] is False and "not the INSEE file" in register.answer()["refusal"]


def test_a_refused_file_does_not_hold_up_the_next(register: Register) -> None:
    anne = register.know(ANNE)
    register.put("a.txt", b"nom;prenoms\n")
    register.put("b.txt", file_of(DEATH))
    assert register.take_in() == {"files_refused": 1, "RECORDED": 1}
    assert register.died_on(anne) == DAY


def test_the_same_file_again_is_answered_again_and_changes_nothing(register: Register) -> None:
    anne = register.know(ANNE)
    register.send(DEATH, LIKE["the other sex"], "x", name="juin.txt")
    before = register.answer("juin.txt"), register.doubts(), register.audit(anne)
    register.send(DEATH, LIKE["the other sex"], "x", name="juin.txt", at=LATER)
    assert (register.answer("juin.txt"), register.doubts(), register.audit(anne)) == before


def test_another_file_under_a_name_that_was_used_is_refused(register: Register) -> None:
    register.know(ANNE)
    register.send(LIKE["the other sex"], name="juin.txt")
    assert register.send(DEATH, name="juin.txt") == {"files_refused": 1}


def test_a_file_is_moved_out_of_the_inbox(register: Register) -> None:
    register.send(DEATH)
    assert register.home.store.keys("exchanges", "deaths/") == ["deaths/answers/deces-1.txt", "deaths/taken/deces-1.txt"]


# Decisions.


@pytest.fixture
def doubt(register: Register) -> Doubt:
    """A doubt about Anne, whose day of birth is another in the file."""
    register.know(ANNE)
    register.send(LIKE["another day of birth"])
    (found,) = register.doubts()
    return found


def test_same_acts_like_an_exact_match(register: Register, doubt: Doubt) -> None:
    register.decide(doubt, same=True)
    assert register.died_on(doubt.person_id) == DAY and register.facts(doubt.person_id) == [("DIED", DAY)]
    assert register.doubts() == []


def test_different_closes_the_doubt_and_nobody_dies(register: Register, doubt: Doubt) -> None:
    register.decide(doubt, same=False)
    assert (register.died_on(doubt.person_id), register.facts(doubt.person_id), register.doubts()) == (None, [], [])


@pytest.mark.parametrize(("same", "trail"), [(True, ["SAME", "RECORDED"]), (False, ["DIFFERENT"])])
def test_a_decision_is_audited_with_who_and_why(register: Register, doubt: Doubt, same: bool, trail: list[str]) -> None:
    register.decide(doubt, same)
    assert [after for _, after, _, _ in register.audit(doubt.person_id)] == trail
    assert {(reason, by) for _, _, reason, by in register.audit(doubt.person_id)} == {(REASON, "chief")}


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True), (False, False)])
def test_deciding_twice_is_refused(register: Register, doubt: Doubt, first: bool, second: bool) -> None:
    register.decide(doubt, first)
    before = register.died_on(doubt.person_id)
    with pytest.raises(RuleError, match=f"doubt {doubt.doubt_id} was decided before"):
        register.decide(doubt, second, LATER)
    assert register.died_on(doubt.person_id) == before


def test_a_line_is_about_one_person_only(register: Register) -> None:
    homonyms = [register.know(ANNE), register.know(ANNE.but(matricule=invent(9).matricule))]
    register.send(DEATH)
    first, second = register.doubts()
    register.decide(first, same=True)
    assert register.doubts() == [] and [register.died_on(person) for person in homonyms] == [DAY, None]
    assert [after for _, after, _, _ in register.audit(second.person_id)] == ["DIFFERENT"]


def test_different_leaves_the_other_candidate_open(register: Register) -> None:
    register.know(ANNE), register.know(ANNE.but(matricule=invent(9).matricule))
    register.send(DEATH)
    first, second = register.doubts()
    register.decide(first, same=False)
    assert register.doubts() == [second]


def test_an_unknown_doubt_is_not_decided(register: Register) -> None:
    with pytest.raises(FinalError, match="there is no doubt 4711"):
        decide_death(register.home.db, register.home.store, 4711, True, "chief", REASON, AT)


def test_a_death_in_the_future_is_not_recorded_by_a_decision(register: Register) -> None:
    anne = register.know(ANNE)
    register.send(DEATH.but(died_on="20240709"))
    with pytest.raises(RuleError, match="in the future"):
        register.decide(register.doubts()[0], same=True)
    assert register.died_on(anne) is None and len(register.doubts()) == 1


def test_a_decision_needs_the_very_file_that_raised_the_doubt(register: Register, doubt: Doubt) -> None:
    register.home.store.put("exchanges", "deaths/taken/deces-1.txt", file_of(DEATH.but(died_on="20200101")))
    with pytest.raises(FinalError, match="put the original back"):
        register.decide(doubt, same=True)
    assert register.died_on(doubt.person_id) is None


def test_another_date_that_a_person_finds_right_takes_the_place_of_the_first(register: Register) -> None:
    anne = register.know(ANNE)
    register.send(DEATH)
    register.send(DEATH.but(died_on="20240613"), at=LATER)
    register.decide(register.doubts()[0], same=True, at=LATER)
    assert register.died_on(anne) == date(2024, 6, 13)
    standing = register.rows("select died_on from registry.civil_death where reversed_by is null")
    assert standing == [{"died_on": date(2024, 6, 13)}]


def test_another_date_that_a_person_finds_right_does_not_change_what_a_body_delivered(register: Register) -> None:
    anne = register.know(ANNE.but(died_on=DAY))
    register.send(DEATH.but(died_on="20240613"))
    register.decide(register.doubts()[0], same=True)
    assert register.died_on(anne) == DAY


def test_both_identities_are_shown_side_by_side(register: Register, doubt: Doubt) -> None:
    found = compare(register.home.db, register.home.store, doubt.doubt_id, "ops", REASON, AT)
    assert (found.person.birth_name, found.person.birth_date) == (ANNE.birth_name, BORN)
    assert (found.line.birth_name, found.line.birth_date, found.line.died_on) == (DEATH.birth_name, "19420315", "20240612")


def test_whoever_looks_at_both_identities_is_audited(register: Register, doubt: Doubt) -> None:
    compare(register.home.db, register.home.store, doubt.doubt_id, "ops", REASON, AT)
    assert register.audit(doubt.person_id) == [("person", "CONSULTED", REASON, "ops")]


# Reversal.


@pytest.fixture
def dead(register: Register) -> int:
    """Anne, whom the civil register tells dead."""
    anne = register.know(ANNE)
    register.send(DEATH)
    return anne


def test_a_wrong_report_is_taken_back(register: Register, dead: int) -> None:
    register.reverse(dead, LATER)
    assert register.died_on(dead) is None
    assert register.facts(dead) == [("DIED", DAY), ("DEATH_REVERSED", LATER.date())]
    assert register.rows("select reversed_by, reversal_reason from registry.civil_death") == [
        {"reversed_by": "chief", "reversal_reason": REASON}
    ]


def test_a_reversal_is_audited_with_who_and_why(register: Register, dead: int) -> None:
    register.reverse(dead)
    assert register.audit(dead)[-1] == ("death", "REVERSED", REASON, "chief")


@pytest.mark.parametrize("death", [DEATH.but(act="9999"), DEATH.but(died_on="20240600"), DEATH.but(birthplace_code="")])
def test_a_reversed_death_that_comes_again_is_not_applied_again(register: Register, dead: int, death: Death) -> None:
    register.reverse(dead)
    assert register.send(death, at=LATER) == {"REVERSED": 1}
    assert register.died_on(dead) is None and register.doubts() == []


def test_after_a_reversal_another_date_waits_for_a_person(register: Register, dead: int) -> None:
    register.reverse(dead)
    assert register.send(DEATH.but(died_on="20240701"), at=LATER) == {"WAITING": 1}
    assert register.died_on(dead) is None


def test_after_a_reversal_the_homonym_waits_for_a_person(register: Register, dead: int) -> None:
    register.reverse(dead)
    homonym = register.know(ANNE.but(matricule=invent(9).matricule))
    assert register.send(DEATH.but(act="9999"), at=LATER) == {"WAITING": 1}
    assert [doubt.person_id for doubt in register.doubts()] == [homonym]


def test_a_death_can_be_found_right_again_by_a_person(register: Register, doubt: Doubt) -> None:
    register.send(DEATH)
    register.reverse(doubt.person_id)
    register.decide(doubt, same=True, at=LATER)
    assert register.died_on(doubt.person_id) == DAY
    assert register.rows("select reversed_by, reversal_reason from registry.civil_death") == [
        {"reversed_by": None, "reversal_reason": None}
    ]


def test_what_was_not_told_is_not_reversed(register: Register, dead: int) -> None:
    register.reverse(dead)
    for person in (dead, register.know(invent(2))):
        with pytest.raises(RuleError, match="nothing to reverse"):
            register.reverse(person, LATER)


def test_a_death_that_a_body_tells_too_is_not_reversed_here(register: Register, dead: int) -> None:
    register.run("update registry.person set declared_died_on = died_on")
    with pytest.raises(RuleError, match="let the body deliver its correction"):
        register.reverse(dead)
    assert register.died_on(dead) == DAY


SECOND_BODY = """
insert into registry.second_affiliation (
  person_id, body, affiliated_since, birth_name, first_names, birth_name_key, first_names_key, department, address_flags, language,
  large_print, died_on
) values (:id, 'MSA', '2010-01-01', 'x', 'x', 'X', 'X', '75', 0, 'fr', false, :died_on)
"""


def test_a_death_that_another_body_tells_too_is_not_reversed_here(register: Register, dead: int) -> None:
    register.run(SECOND_BODY, id=dead, died_on=DAY)
    with pytest.raises(RuleError, match="let the body deliver its correction"):
        register.reverse(dead)


def test_another_body_that_tells_no_death_does_not_prevent_a_reversal(register: Register, dead: int) -> None:
    register.run(SECOND_BODY, id=dead, died_on=None)
    register.reverse(dead)
    assert register.died_on(dead) is None


def test_a_person_is_found_by_the_matricule(register: Register, dead: int) -> None:
    assert person_of(register.home.db, ANNE.matricule) == dead


# Privacy, and the price of a file.


def test_nothing_personal_is_logged_returned_or_raised(
    register: Register, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="pipelines")
    caplog.set_level(logging.INFO)
    register.know(ANNE)
    told: list[Any] = [register.send(DEATH, "x", LIKE["the other sex"], name="juin.txt"), register.doubts()]
    for wrong in (lambda: register.reverse(4711), lambda: person_of(register.home.db, ANNE.matricule[:13] + "00")):
        with pytest.raises(EspaceSanteError) as caught:
            wrong()
        told.append(str(caught.value))
    ledger = register.rows("select t::text from platform.unit_of_work as t union all select t::text from registry.doubt as t")
    text = f"{told}{register.answer('juin.txt')}{ledger}{caplog.text}{capfd.readouterr()}".upper()
    words = ("LEFEVRE", "LEFÈVRE", "ALMEIDA", "ANNE", BORN, ANNE.matricule[:13])
    assert [word for word in words if word in text] == []


def test_an_exact_match_is_found_by_its_index(register: Register) -> None:
    with register.home.db.transaction() as session:
        session.run("registry/make_death_lines")
        statement = (session.folder / "registry" / "find_exact_deaths.sql").read_text()
        plan = session.connection.execute(sa.text(f"explain (format json) {statement}")).scalar_one()
    scanned = re.findall(r"'Node Type': 'Seq Scan'.{0,200}?'Relation Name': '(\w+)'", str(plan))
    assert scanned == ["death_line"] and "traits_idx" in str(plan)


def test_no_death_is_recorded_while_a_delivery_is_taken_in(register: Register) -> None:
    register.know(ANNE)
    with register.home.db.exclusively(INTAKE), pytest.raises(RetryableError, match="tried again later"):
        register.send(death_of(ANNE))
    assert register.rows("select 1 from registry.civil_death") == []


def test_nothing_to_take_in_opens_no_unit_of_work(register: Register) -> None:
    assert register.take_in() == {} and register.rows("select 1 from platform.unit_of_work") == []
