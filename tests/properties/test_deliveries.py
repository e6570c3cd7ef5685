"""Whatever is delivered: importing it twice is importing it once, and neither digests nor portions show in the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.registry.contract import DeliveryKind
from tests.campaign_driver import Campaign
from tests.registry_builder import Person, invent
from tests.registry_state import put_delivery, state, take_in_with

NUMBERS = st.integers(1, 4)
SOMETIMES = {"suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow], "deadline": None}
BEGUN = date(2022, 1, 3)


@dataclass(frozen=True)
class Delivery:
    """What a body delivers."""

    body: str
    kind: DeliveryKind
    people: tuple[Person, ...]


@st.composite
def people(draw: st.DrawFn) -> Person:
    """Draw one of few people, under one of few numbers, so that everything collides."""
    number = draw(NUMBERS)
    former = draw(st.none() | NUMBERS)
    person = invent(draw(NUMBERS)).but(
        matricule=invent(number).matricule,
        former_matricule=None if former in (None, number) else invent(former).matricule,
        email=draw(st.sampled_from(["un@courriel.example", "deux@courriel.example", None])),
        affiliated_since=draw(st.sampled_from([date(2010, 1, 1), date(2015, 1, 1)])),
        representative_1=draw(st.none() | NUMBERS.map(lambda n: invent(n).matricule)),
        protection=draw(st.sampled_from([None, None, "TUTELLE"])),
        died_on=draw(st.sampled_from([None, None, None, date(2022, 1, 1)])),
        rights_end_on=draw(st.sampled_from([None, None, None, date(2022, 1, 2), date(2030, 1, 1)])),
    )
    return draw(st.sampled_from([person] * 6 + [person.but(sex="M"), person.but(sex="X")]))


deliveries = st.builds(
    Delivery,
    body=st.sampled_from(["CPAM", "MSA"]),
    kind=st.sampled_from([DeliveryKind.FULL, DeliveryKind.FULL, DeliveryKind.DELTA]),
    people=st.lists(people(), min_size=1, max_size=4).map(tuple),
)
histories = st.lists(deliveries, min_size=1, max_size=4)


def take_in(campaign: Campaign, history: list[Delivery], portion_rows: int = 1000, digests: bool = True) -> dict[str, Any]:
    """Take deliveries in, one a week; return what they leave."""
    for week, delivery in enumerate(history):
        on = BEGUN + timedelta(weeks=week)
        folder = put_delivery(campaign, delivery.people, delivery.body, on, delivery.kind, group_rows=1)
        assert take_in_with(campaign, folder, on, portion_rows=portion_rows, intake_workers=1).refusal is None
        if not digests:
            for key in campaign.home.store.keys("registry", "digests/"):
                campaign.home.store.delete("registry", key)
    return state(campaign)


@given(history=histories)
@settings(max_examples=6, derandomize=True, **SOMETIMES)
def test_importing_twice_is_importing_once(fresh_campaign: Callable[[], Campaign], history: list[Delivery]) -> None:
    once = take_in(fresh_campaign(), history)
    twice = take_in(fresh_campaign(), [*history, history[-1]])
    assert {part: twice[part] for part in ("people", "ids", "facts", "doubts")} == {
        part: once[part] for part in ("people", "ids", "facts", "doubts")
    }


@given(history=histories)
@settings(max_examples=6, derandomize=True, **SOMETIMES)
def test_digests_do_not_show_in_the_tables(fresh_campaign: Callable[[], Campaign], history: list[Delivery]) -> None:
    assert take_in(fresh_campaign(), history, digests=False) == take_in(fresh_campaign(), history)


@given(history=histories)
@settings(max_examples=6, derandomize=True, **SOMETIMES)
def test_portions_do_not_show_in_the_tables(fresh_campaign: Callable[[], Campaign], history: list[Delivery]) -> None:
    assert take_in(fresh_campaign(), history, portion_rows=1) == take_in(fresh_campaign(), history)


@given(history=histories)
@settings(max_examples=6, derandomize=True, **SOMETIMES)
def test_the_equations_hold_whatever_is_delivered(fresh_campaign: Callable[[], Campaign], history: list[Delivery]) -> None:
    campaign = fresh_campaign()
    take_in(campaign, history)
    assert campaign.broken_equations() == []
