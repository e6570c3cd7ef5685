"""A death that may be somebody's: a person looks, decides once, and a wrong one is taken back."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.platform.errors import FinalError, RuleError
from pipelines.registry.deaths import Doubt, compare, decide_death, person_of
from tests.death_file_builder import Death, file_of
from tests.death_register import ANNE, AT, BORN, DAY, DEATH, LATER, LIKE, REASON, Register
from tests.registry_builder import invent

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
