"""What was delivered before is not written again; with digests or without, in one portion or many, the same tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest

from pipelines.registry import digests
from pipelines.registry.contract import DeliveryKind
from tests.campaign_driver import Campaign
from tests.registry_builder import Person, invent
from tests.registry_history import HISTORY
from tests.registry_state import at_four, facts, person_of, put_delivery, register_all, set_aside, state, take_in_with

FIRST, SECOND, THIRD, FOURTH = (date(2022, 1, day) for day in (3, 10, 17, 24))
PARENT, OTHER = invent(1), invent(2)
CHILD = invent(3, birth_date="20120501", representative_1=PARENT.matricule, representative_2=invent(9).matricule)
EVERYONE = (PARENT, CHILD, OTHER)
WRITTEN = ("person", "contact", "identifier", "representative", "former_contact", "second_affiliation", "fact", "doubt")
Forget = Callable[[Campaign], None]


def places(campaign: Campaign) -> list[dict[str, Any]]:
    """Return where each row lies and which transaction wrote it."""
    queries = [
        f"select '{table}' as name, tableoid::bigint as part, ctid::text as place, xmin::text as by from registry.{table}"  # noqa: S608
        for table in WRITTEN
    ]
    return campaign.rows(" union all ".join(queries) + " order by 1, 2, 3")


def keep(campaign: Campaign) -> None:
    """Leave the digests as they are."""


def lose(campaign: Campaign) -> None:
    """Lose every digest that was kept."""
    for key in campaign.home.store.keys("registry", "digests/"):
        campaign.home.store.delete("registry", key)


@pytest.fixture(params=["digests of last time", "digests lost"])
def forget(request: pytest.FixtureRequest) -> Forget:
    """What becomes of the digests between two deliveries."""
    return lose if request.param == "digests lost" else keep


def test_a_full_delivery_taken_again_writes_nobody(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    before = places(campaign)
    forget(campaign)
    register_all(campaign, *EVERYONE, on=SECOND)
    assert places(campaign) == before


def test_only_the_digests_that_the_next_delivery_needs_are_kept(campaign: Campaign) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    register_all(campaign, *EVERYONE, body="MSA", on=FIRST)
    campaign.register(PARENT, on=SECOND)
    register_all(campaign, *EVERYONE, on=THIRD)
    campaign.register(OTHER, on=FOURTH)
    kept = [key.rpartition("/")[0] for key in campaign.home.store.keys("registry", "digests/")]
    assert kept == ["digests/CPAM/2022-01-17-full", "digests/CPAM/2022-01-24-delta", "digests/MSA/2022-01-03-full"]


def test_a_delta_taken_again_writes_nobody(campaign: Campaign) -> None:
    campaign.register(*EVERYONE, on=FIRST)
    before = places(campaign)
    campaign.register(*EVERYONE, on=SECOND)
    assert places(campaign) == before


def test_the_word_of_a_body_that_does_not_speak_is_written_once(campaign: Campaign) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    second = [person.but(affiliated_since=date(2000, 1, 1)) for person in EVERYONE]
    campaign.register(*second, body="MSA", on=FIRST)
    before = places(campaign)
    campaign.register(*second, body="MSA", on=SECOND)
    assert places(campaign) == before


def test_a_full_delivery_taken_again_finds_nothing(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    forget(campaign)
    counts = register_all(campaign, *EVERYONE, on=SECOND).counts
    assert {name: number for name, number in counts.items() if number} == {"received": 3, "unchanged": 3}


def test_nobody_is_gone_whose_new_row_is_at_fault(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    forget(campaign)
    renamed = OTHER.but(matricule=invent(4).matricule, former_matricule=OTHER.matricule, protection="XX")
    counts = register_all(campaign, PARENT, CHILD, renamed, on=SECOND).counts
    assert (counts["quarantined"], counts["departed"]) == (1, 0)


def test_one_change_among_many_is_found(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    forget(campaign)
    counts = register_all(campaign, PARENT, CHILD.but(email="nouvelle@courriel.example"), OTHER, on=SECOND).counts
    assert (counts["changed"], person_of(campaign, CHILD)["contact"]["email"]) == (1, "nouvelle@courriel.example")


def test_one_newcomer_and_one_departure_are_found(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    forget(campaign)
    counts = register_all(campaign, PARENT, CHILD, invent(4), on=SECOND).counts
    assert (counts["newcomers"], counts["departed"]) == (1, 1) and facts(campaign, OTHER) == [("LEFT", SECOND)]


def test_rows_in_another_order_are_no_change(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    forget(campaign)
    counts = register_all(campaign, *reversed(EVERYONE), on=SECOND).counts
    assert (counts["changed"], counts["unchanged"]) == (0, 3)


# A full delivery after deltas.


def test_a_full_delivery_that_takes_a_delta_back_is_taken(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    campaign.register(OTHER.but(email="delta@courriel.example"), on=SECOND)
    forget(campaign)
    register_all(campaign, *EVERYONE, on=THIRD)
    assert person_of(campaign, OTHER)["contact"]["email"] == OTHER.email


def test_a_full_delivery_that_repeats_a_delta_changes_nothing(campaign: Campaign, forget: Forget) -> None:
    changed = OTHER.but(email="delta@courriel.example")
    register_all(campaign, *EVERYONE, on=FIRST)
    campaign.register(changed, invent(4), on=SECOND)
    before = places(campaign)
    forget(campaign)
    register_all(campaign, PARENT, CHILD, changed, invent(4), on=THIRD)
    assert places(campaign) == before


def test_the_last_of_several_deltas_counts(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    campaign.register(OTHER.but(email="delta@courriel.example"), on=SECOND)
    campaign.register(OTHER, on=THIRD)
    forget(campaign)
    register_all(campaign, PARENT, CHILD, OTHER.but(email="delta@courriel.example"), on=FOURTH)
    assert person_of(campaign, OTHER)["contact"]["email"] == "delta@courriel.example"


def test_a_newcomer_of_a_delta_who_is_not_in_the_next_full_delivery_is_gone(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    campaign.register(invent(4), on=SECOND)
    forget(campaign)
    assert register_all(campaign, *EVERYONE, on=THIRD).counts["departed"] == 1
    assert person_of(campaign, invent(4))["person"]["rights_end_on"] == THIRD.isoformat()


def test_a_body_of_which_nobody_was_taken_in_lets_nobody_go(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, OTHER.but(sex="X"), on=FIRST)
    forget(campaign)
    counts = register_all(campaign, OTHER.but(sex="X"), on=SECOND).counts
    assert (counts["moved"], counts["departed"]) == (0, 0)


def test_who_came_by_deltas_alone_is_gone_if_not_in_the_first_full_delivery(campaign: Campaign) -> None:
    campaign.register(*EVERYONE, on=FIRST)
    assert register_all(campaign, PARENT, CHILD, on=SECOND).counts["departed"] == 1


def test_a_full_delivery_after_a_delta_of_its_day_is_the_later_word(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    changed = OTHER.but(email="delta@courriel.example")
    campaign.register(changed, on=SECOND)
    register_all(campaign, *EVERYONE, on=SECOND)
    forget(campaign)
    register_all(campaign, PARENT, CHILD, changed, on=THIRD)
    assert person_of(campaign, OTHER)["contact"]["email"] == "delta@courriel.example"


def test_a_delta_after_a_full_delivery_of_its_day_is_the_later_word(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    campaign.register(OTHER.but(email="delta@courriel.example"), on=FIRST)
    forget(campaign)
    register_all(campaign, *EVERYONE, on=SECOND)
    assert person_of(campaign, OTHER)["contact"]["email"] == OTHER.email


def correct(campaign: Campaign, *people: Person, on: date) -> None:
    """Correct rows of a delivery."""
    campaign.take_in(put_delivery(campaign, people, "CPAM", on, DeliveryKind.CORRECTION, sequence=1), at_four(on))


@pytest.mark.parametrize("mistyped", [OTHER.but(sex="X"), OTHER.but(email="faux@courriel.example")], ids=["set aside", "taken"])
def test_a_correction_is_part_of_what_the_next_full_delivery_is_compared_with(campaign: Campaign, forget: Forget, mistyped: Person) -> None:
    register_all(campaign, PARENT, CHILD, mistyped, on=FIRST)
    correct(campaign, OTHER, on=FIRST)
    before = places(campaign)
    forget(campaign)
    counts = register_all(campaign, *EVERYONE, on=SECOND).counts
    assert (places(campaign), counts["unchanged"], counts["departed"]) == (before, 3, 0)


# Rows that were set aside.


def test_a_bad_row_is_set_aside_again_by_the_next_full_delivery(campaign: Campaign, forget: Forget) -> None:
    for day in (FIRST, SECOND):
        register_all(campaign, PARENT, OTHER.but(sex="X"), on=day)
        forget(campaign)
    assert set_aside(campaign) == [(2, "SEX_UNKNOWN")] * 2


def test_a_row_that_waits_for_a_person_is_set_aside_again(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, PARENT, OTHER, on=FIRST)
    for day in (SECOND, THIRD):
        forget(campaign)
        register_all(campaign, PARENT, OTHER.but(birth_date="19820315"), on=day)
    assert set_aside(campaign) == [(2, "OTHER_TRAITS_KNOWN")] * 2


def test_a_row_that_was_set_aside_and_is_put_right_is_taken(campaign: Campaign, forget: Forget) -> None:
    register_all(campaign, PARENT, OTHER.but(sex="X"), on=FIRST)
    forget(campaign)
    assert register_all(campaign, PARENT, OTHER, on=SECOND).counts["newcomers"] == 1


@pytest.mark.parametrize("change", [{"sex": "X"}, {"birth_date": "19820315"}, {"postcode": "1"}], ids=["bad", "doubtful", "bad address"])
def test_who_is_set_aside_has_not_left(campaign: Campaign, forget: Forget, change: dict[str, str]) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    forget(campaign)
    register_all(campaign, PARENT, CHILD, OTHER.but(**change), on=SECOND)
    assert facts(campaign, OTHER) == []


@pytest.mark.parametrize("change", [{"sex": "X"}, {"birth_date": "19820315"}, {"postcode": "1"}], ids=["bad", "doubtful", "bad address"])
def test_who_was_set_aside_and_is_named_no_more_has_left(campaign: Campaign, forget: Forget, change: dict[str, str]) -> None:
    register_all(campaign, *EVERYONE, on=FIRST)
    register_all(campaign, PARENT, CHILD, OTHER.but(**change), on=SECOND)
    forget(campaign)
    register_all(campaign, PARENT, CHILD, on=THIRD)
    assert facts(campaign, OTHER) == [("LEFT", THIRD)]


def test_a_repeated_row_is_told_each_time_where_nothing_changed(campaign: Campaign, forget: Forget) -> None:
    for day in (FIRST, SECOND):
        folder = put_delivery(campaign, (PARENT, CHILD, PARENT), "CPAM", day, DeliveryKind.FULL, group_rows=1)
        take_in_with(campaign, folder, day, portion_rows=1, intake_workers=1)
        forget(campaign)
    assert set_aside(campaign) == [(3, "REPEATED_IN_DELIVERY")] * 2 and campaign.broken_equations() == []


def test_a_person_delivered_under_two_numbers_does_not_change_each_time(campaign: Campaign, forget: Forget) -> None:
    campaign.register(OTHER, on=FIRST)
    campaign.register(OTHER.but(matricule=invent(5).matricule, former_matricule=OTHER.matricule), on=SECOND)
    twice = (OTHER.but(matricule=invent(5).matricule), OTHER.but(email="ancienne@courriel.example"))
    register_all(campaign, *twice, on=THIRD)
    forget(campaign)
    register_all(campaign, *twice, on=FOURTH)
    assert set_aside(campaign) == [(2, "REPEATED_IN_DELIVERY")] * 2 and person_of(campaign, OTHER)["contact"]["email"] == OTHER.email


# The same tables.


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """What the history ends in, once a test has let it happen in one go."""
    return {}


@pytest.fixture
def ended(campaign: Campaign, undisturbed: dict[str, Any], fresh_campaign: Callable[[], Campaign]) -> dict[str, Any]:
    """What the history ends in where each delivery is one portion and every digest is there."""
    if not undisturbed:
        undisturbed |= happened(campaign)
        fresh_campaign()
    return undisturbed


def happened(campaign: Campaign, forget: Forget = keep, group_rows: int = 1000, **settings: int) -> dict[str, Any]:
    """Let the history happen; return what it ends in."""
    for delivery in HISTORY:
        folder = put_delivery(campaign, delivery.people, delivery.body, delivery.on, delivery.kind, group_rows)
        report = take_in_with(campaign, folder, delivery.on, **{"portion_rows": 1000, "intake_workers": 1, **settings})
        assert report.refusal is None
        forget(campaign)
    return state(campaign)


def test_the_history_has_every_fact_reason_and_doubt(ended: dict[str, Any]) -> None:
    assert {row["kind"] for row in ended["facts"]} == {
        "ARRIVED", "BORN", "LEFT", "BODY_CHANGED", "NUMBER_CHANGED", "TRAITS_CORRECTED", "PROTECTED", "REPRESENTATIVE_CHANGED", "DIED",
    }  # fmt: skip
    assert {row["reason"] for row in ended["quarantine"]} == {
        "SEX_UNKNOWN", "PROTECTION_UNKNOWN", "REPEATED_IN_DELIVERY", "OTHER_TRAITS_KNOWN", "TWO_PEOPLE_KNOWN",
    }  # fmt: skip
    assert {row["kind"] for row in ended["doubts"]} == {"SAME_TRAITS", "OTHER_TRAITS", "TWO_PEOPLE"} and ended["named"] == []


def test_with_digests_or_without_the_same_tables(campaign: Campaign, ended: dict[str, Any], forget: Forget) -> None:
    assert happened(campaign, forget) == ended


def test_digests_of_other_rules_are_not_compared_with(campaign: Campaign, ended: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    rules = count()
    monkeypatch.setattr(digests, "rules", lambda: str(next(rules)))
    assert happened(campaign) == ended


@pytest.mark.parametrize("portion_rows", [1, 3])
def test_in_one_portion_or_many_the_same_tables(campaign: Campaign, ended: dict[str, Any], portion_rows: int) -> None:
    assert happened(campaign, group_rows=1, portion_rows=portion_rows) == ended


def test_with_one_worker_or_several_the_same_tables(campaign: Campaign, ended: dict[str, Any]) -> None:
    assert happened(campaign, group_rows=2, portion_rows=2, intake_workers=2) == ended


def test_the_equations_hold_at_the_end_of_the_history(campaign: Campaign) -> None:
    happened(campaign)
    assert campaign.broken_equations() == []
