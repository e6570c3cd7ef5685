"""A delivery that was interrupted and whose files are lost is given up: what is in stays, others go on, the next one sets it right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.platform.errors import RuleError
from pipelines.registry.abandonment import abandon
from pipelines.registry.contract import DeliveryKind
from tests.campaign_driver import Campaign
from tests.faults.test_killed_intake import CUT, ENVIRONMENT, GROUP_ROWS, INDEXES, begin, put
from tests.faults.victims import Victims
from tests.registry_builder import FILE, invent
from tests.registry_history import HISTORY, LAST, LEAVER
from tests.registry_state import at_four, people, person_of, put_delivery, register_all, report_of, take_in_with

BEFORE = HISTORY[:3]
NOW = at_four(LAST.on)
WHY = "files lost by the sender"


def give_up(campaign: Campaign, folder: str, by: str = "chief") -> None:
    """Give a delivery up."""
    abandon(campaign.home.db, folder, by, WHY, NOW)


def again(campaign: Campaign) -> None:
    """Deliver the same people under another manifest, whose portions are cut elsewhere, and take them in."""
    folder = put_delivery(campaign, LAST.people, LAST.body, LAST.on, LAST.kind, GROUP_ROWS + 1)
    campaign.home.store.delete("registry", f"{folder}/report.json")
    assert take_in_with(campaign, folder, LAST.on, **CUT).refusal is None


@pytest.fixture
def folder(campaign: Campaign) -> str:
    """The last delivery of the history, which waits."""
    begin(campaign, *BEFORE)
    return put(campaign, LAST)


@pytest.mark.parametrize(
    ("method", "call", "moment"),
    [("registry/count_departments", 1, "before"), ("registry/merge_persons", 2, "after"), ("registry/count_departments", 4, "after"),
     ("registry/link_newcomers", 2, "before"), ("registry/find_awaited", 1, "after"), ("registry/finish_delivery", 1, "before")],
)  # fmt: skip
def test_the_next_delivery_ends_in_the_people_of_one_that_nobody_disturbed(
    campaign: Campaign, fresh_campaign: Callable[[], Campaign], folder: str, victims: Victims, until_free: Callable[[], None], method: str,
    call: int, moment: str,
) -> None:  # fmt: skip
    victims.kill("take_in", method, call, moment, **ENVIRONMENT)
    until_free()
    campaign.home.store.delete("registry", f"{folder}/{FILE}")
    give_up(campaign, folder)
    assert campaign.broken_equations() == []
    campaign.take_in(folder, NOW)
    again(campaign)
    ended = people(campaign)
    assert campaign.broken_equations() == []
    undisturbed = fresh_campaign()
    begin(undisturbed, *BEFORE)
    take_in_with(undisturbed, put(undisturbed, LAST), LAST.on, **CUT)
    assert ended == people(undisturbed)


@pytest.fixture
def half_in(campaign: Campaign, folder: str, victims: Victims, until_free: Callable[[], None]) -> str:
    """A delivery of which some portions are in."""
    victims.kill("take_in", "registry/count_departments", 3, "after", **ENVIRONMENT)
    until_free()
    return folder


def test_its_sender_is_told_and_other_deliveries_go_on(campaign: Campaign, half_in: str) -> None:
    give_up(campaign, half_in)
    campaign.take_in(half_in, NOW)
    report = report_of(campaign, half_in)
    assert report["taken_in"] is False and WHY in report["refusal"]
    assert register_all(campaign, invent(99), body="MGEN", on=LAST.on).refusal is None


def test_who_is_half_in_is_linked_and_nobody_is_left_waiting(campaign: Campaign, half_in: str) -> None:
    give_up(campaign, half_in)
    assert campaign.rows("select 1 from registry.named_representative") == []
    assert campaign.rows("select status from registry.delivery where folder = :f", f=half_in) == [{"status": "ABANDONED"}]


def test_nobody_leaves_before_the_next_full_delivery(campaign: Campaign, half_in: str) -> None:
    give_up(campaign, half_in)
    assert person_of(campaign, LEAVER)["contact"]["body"] == "CPAM"
    again(campaign)
    assert person_of(campaign, LEAVER)["contact"]["body"] == "MSA"


def test_what_the_sender_takes_back_is_taken_back(campaign: Campaign, victims: Victims, until_free: Callable[[], None]) -> None:
    """The rows of the last delivery come again after it was half in: its digests must not let them pass as unchanged."""
    old, new = [invent(1), invent(2)], [invent(1, email="autre@courriel.example"), invent(2, email=None)]
    take_in_with(campaign, put_delivery(campaign, old, "CPAM", BEFORE[0].on, DeliveryKind.FULL), BEFORE[0].on)
    folder = put_delivery(campaign, new, "CPAM", LAST.on, DeliveryKind.FULL, group_rows=1)
    victims.kill("take_in", "registry/count_departments", 2, "before", **{**ENVIRONMENT, "ESPACE_SANTE_PORTION_ROWS": "1"})
    until_free()
    before = campaign.rows("select email from registry.contact where person_id = 1")
    give_up(campaign, folder)
    take_in_with(campaign, put_delivery(campaign, old, "CPAM", LAST.on, DeliveryKind.FULL), LAST.on)
    after = campaign.rows("select email from registry.contact where person_id = 1")
    assert (before, after) == ([{"email": "autre@courriel.example"}], [{"email": invent(1).email}])


def test_a_first_delivery_without_its_indexes_has_them_all(campaign: Campaign, victims: Victims, until_free: Callable[[], None]) -> None:
    wanted = campaign.rows(INDEXES)
    folder = put(campaign, HISTORY[0])
    victims.kill("take_in", "registry/count_departments", 2, "after", WORTH_DEFERRING="1", **ENVIRONMENT)
    until_free()
    give_up(campaign, folder)
    assert campaign.rows(INDEXES) == wanted


def test_a_first_delivery_of_which_nothing_is_in_leaves_an_empty_registry(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None]
) -> None:
    folder = put(campaign, HISTORY[0])
    victims.kill("take_in", "registry/count_departments", 1, "before", **ENVIRONMENT)
    until_free()
    give_up(campaign, folder)
    assert campaign.rows("select last_id from registry.last_person_id") == [{"last_id": 0}]


def test_only_a_delivery_that_is_half_in_is_abandoned(campaign: Campaign, folder: str) -> None:
    take_in_with(campaign, folder, LAST.on, **CUT)
    with pytest.raises(RuleError, match="is not half in"):
        give_up(campaign, folder)


def test_the_same_decision_again_changes_nothing_and_another_is_refused(campaign: Campaign, half_in: str) -> None:
    give_up(campaign, half_in)
    before = campaign.everything()
    give_up(campaign, half_in)
    assert campaign.everything() == before
    with pytest.raises(RuleError, match="is not half in"):
        give_up(campaign, half_in, by="somebody else")
