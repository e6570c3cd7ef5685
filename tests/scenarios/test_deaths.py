"""Deaths that the civil register tells: recorded on an exact match, waiting for a person on a likeness, and answered."""

from __future__ import annotations

import logging
import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.platform.errors import EspaceSanteError, RetryableError
from pipelines.registry.deaths import person_of
from pipelines.registry.intake import INTAKE
from tests.death_file_builder import Death, death_of, file_of
from tests.death_register import ANNE, BORN, DAY, DEATH, LATER, LIKE, Register
from tests.registry_builder import invent

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
