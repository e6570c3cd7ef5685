"""A purge that is killed anywhere and run again destroys everything that is over, once, with one certificate a batch; and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.lifecycle import destruction
from tests.campaign_driver import OPENING, Campaign, paris
from tests.faults.victims import Victims
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

CLOSED = paris(2024, 2, 28, 10)
OVER = paris(2034, 3, 1, 2)
MARKERS = [
    ("lifecycle/condemn_archives", 1, "after"),
    ("lifecycle/spaces_with_objects", 1, "before"),
    ("destroy", 1, "after"),
    ("lifecycle/destroy_batch", 1, "after"),
    ("keep", 1, "after"),
    ("lifecycle/note_certified", 2, "after"),
]


@pytest.fixture
def people(campaign: Campaign) -> list[Person]:
    """Five people with a space that holds a document; the first three closed it."""
    lives, five = Lives(campaign), [invent(number) for number in range(1, 6)]
    campaign.register(*five)
    campaign.notify()
    campaign.open(OPENING)
    for person in five:
        lives.store(person, b"<a/>", OPENING)
    for person in five[:3]:
        lives.ask("CLOSE", person, CLOSED)
    return five


@pytest.mark.parametrize(("method", "call", "moment"), MARKERS)
def test_a_purge_that_is_killed_ends_as_if_nobody_had(
    campaign: Campaign,
    people: list[Person],
    victims: Victims,
    until_free: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    call: int,
    moment: str,
) -> None:
    lives = Lives(campaign)
    victims.kill("purge", method, call, moment, SPACES_AT_ONCE="2")
    until_free()
    monkeypatch.setattr(destruction, "SPACES_AT_ONCE", 2)
    lives.purge(OVER)
    assert [lives.status(person) for person in people] == ["PURGED"] * 3 + ["OPEN"] * 2
    assert [lives.moves(person) for person in people[:3]] == [["OPEN", "CLOSED", "PURGING", "PURGED"]] * 3
    assert len(lives.objects()) == 2 and [lives.readable(person) for person in people] == [0, 0, 0, 1, 1]
    assert sorted(certificate["accounts"] for certificate in lives.certificates()) == [1, 2]
    assert campaign.rows("select 1 from lifecycle.destruction where not is_certified") == [] and campaign.broken_equations() == []
