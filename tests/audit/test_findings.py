"""While an equation does not hold, what cannot be undone waits, until two people decide to go on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.audit.findings import (
    Discrepancy,
    StandingFindingError,
    ask_override,
    decide_override,
    describe_finding,
    keep_findings,
    require_no_finding,
    standing_findings,
)
from pipelines.platform.database import Database
from pipelines.platform.errors import RuleError
from tests.campaign_driver import paris

MORNING = paris(2022, 3, 15, 6)
LOST = Discrepancy("04_openings", 1, 0)
FOUR_DAYS = timedelta(days=4)


def standing(db: Database) -> list[tuple[str, date | None]]:
    with db.transaction() as session:
        return [(found.discrepancy.equation, found.overridden_until) for found in standing_findings(session, MORNING)]


@pytest.fixture
def finding(database: Database) -> int:
    """The number of a finding that stands."""
    keep_findings(database, [LOST], MORNING)
    with database.transaction() as session:
        return standing_findings(session, MORNING)[0].finding_id


def override(db: Database, finding: int, granted: bool = True) -> date | None:
    request = ask_override(db, finding, "ops", "a lot counted twice", MORNING)
    return decide_override(db, request, granted, "chief", 2, MORNING)


def test_balanced_books_hold_nothing_back(database: Database) -> None:
    keep_findings(database, [], MORNING)
    with database.transaction() as session:
        require_no_finding(session, MORNING)


def test_a_finding_holds_back_what_cannot_be_undone(database: Database, finding: int) -> None:
    with database.transaction() as session, pytest.raises(StandingFindingError, match=rf"04_openings \(finding {finding}, of 2022-03-15\)"):
        require_no_finding(session, MORNING)


def test_a_finding_that_is_found_again_stays_one(database: Database, finding: int) -> None:
    keep_findings(database, [LOST], MORNING + FOUR_DAYS)
    with database.transaction() as session:
        assert [(found.finding_id, found.found_at) for found in standing_findings(session, MORNING)] == [(finding, MORNING)]


def test_an_equation_that_holds_again_settles_its_finding(database: Database, finding: int) -> None:
    keep_findings(database, [], MORNING)
    assert standing(database) == []


def test_a_second_person_lets_it_go_on_until_a_day_and_no_longer(database: Database, finding: int) -> None:
    assert override(database, finding) == date(2022, 3, 17)
    with database.transaction() as session:
        require_no_finding(session, paris(2022, 3, 17, 23, 59))
        with pytest.raises(StandingFindingError):
            require_no_finding(session, paris(2022, 3, 18, 0, 0))


def test_an_override_that_ended_can_be_asked_for_anew(database: Database, finding: int) -> None:
    override(database, finding)
    later = MORNING + FOUR_DAYS
    decide_override(database, ask_override(database, finding, "ops", "still", later), True, "chief", 2, later)
    with database.transaction() as session:
        require_no_finding(session, later)


def test_a_refused_override_lets_nothing_go_on(database: Database, finding: int) -> None:
    assert override(database, finding, granted=False) is None
    assert standing(database) == [("04_openings", None)]


def test_nobody_overrides_alone(database: Database, finding: int) -> None:
    request = ask_override(database, finding, "ops", "a lot counted twice", MORNING)
    with pytest.raises(RuleError, match="second_person_overrides"):
        decide_override(database, request, True, "ops", 2, MORNING)


def test_the_first_decision_stands(database: Database, finding: int) -> None:
    request = ask_override(database, finding, "ops", "a lot counted twice", MORNING)
    decide_override(database, request, False, "chief", 2, MORNING)
    decide_override(database, request, True, "engineer", 2, MORNING)
    assert standing(database) == [("04_openings", None)]


@pytest.mark.parametrize("changed", [Discrepancy("04_openings", 2, 0), Discrepancy("04_openings", 1, 1)])
def test_an_override_covers_no_other_discrepancy(database: Database, finding: int, changed: Discrepancy) -> None:
    override(database, finding)
    keep_findings(database, [changed], MORNING)
    assert standing(database) == [("04_openings", None)]


def test_nobody_asks_for_a_finding_that_does_not_stand(database: Database, finding: int) -> None:
    keep_findings(database, [], MORNING)
    with pytest.raises(RuleError, match=f"no finding {finding} stands"):
        ask_override(database, finding, "ops", "a lot counted twice", MORNING)


def test_whoever_decides_reads_what_does_not_hold(database: Database, finding: int) -> None:
    assert "**04_openings** does not hold since Tuesday 15 March 2022: its hands differ by 1" in describe_finding(
        database, finding, MORNING
    )
