"""The invented systems behind answer by the contracts: some refuse at first, and accept in the end."""

from __future__ import annotations

from datetime import timedelta

from pipelines.accounts.acknowledgements import take_in_acknowledgements
from pipelines.accounts.existing_records import take_in_existing_records
from pipelines.accounts.outbound import plan_outbound, write_outbound
from pipelines.synthetic.residents import Resident
from pipelines.synthetic.systems_behind import SystemsBehind
from tests.campaign_driver import OPENING, SENT, Campaign
from tests.registry_builder import Person, invent


def days_until_settled(campaign: Campaign, systems: SystemsBehind) -> list[list[str]]:
    """Tell the systems what is new and let them answer, day after day until nothing is new; return the states of all spaces by day."""
    home, states, at = campaign.home, [], OPENING
    while tasks := plan_outbound(home.db, home.settings.shard_size, home.clock, at):
        for files in tasks:
            write_outbound(home.db, home.store, home.policy, files, at)
        systems.answer()
        at += timedelta(days=1)
        take_in_acknowledgements(home.db, home.store, home.policy, home.clock, at)
        states.append([row["status"] for row in campaign.rows("select status from accounts.account order by person_id")])
    return states


def test_what_they_refuse_twice_they_accept_in_the_end(campaign: Campaign, person: Person) -> None:
    campaign.open(OPENING)
    systems = SystemsBehind(campaign.home.store, lambda text: 0 if text.endswith(OPENING.date().isoformat()) else 999)
    assert days_until_settled(campaign, systems) == [["OPEN"], ["IMPOSSIBLE"], ["OPEN"], ["OPEN"]]
    assert campaign.broken_equations() == []


def test_what_they_accept_at_once_is_answered_once(campaign: Campaign, person: Person) -> None:
    campaign.open(OPENING)
    systems = SystemsBehind(campaign.home.store, lambda _: 999)
    assert days_until_settled(campaign, systems) == [["OPEN"]] and systems.answer() == 0


def test_records_are_taken_over_and_locked_ones_are_freed(campaign: Campaign) -> None:
    people = [invent(number) for number in (1, 2, 3)]
    campaign.register(*people)
    campaign.notify()
    fates = dict(zip((f"record {person.matricule}" for person in people), (0, 100, 999), strict=True))
    systems = SystemsBehind(campaign.home.store, lambda text: fates[text])
    residents = [Resident(person.matricule, person.birth_date, person.birth_name, person.email, "") for person in people]
    home, after = campaign.home, OPENING + timedelta(days=3)
    systems.bring_records(SENT.date(), residents, locked=True)
    take_in_existing_records(home.db, home.store, home.clock, SENT)
    assert (campaign.open(OPENING).opened, campaign.accounts(people[0])[0]["status"]) == (2, "IMPOSSIBLE")
    systems.bring_records(after.date(), residents, locked=False)
    take_in_existing_records(home.db, home.store, home.clock, after)
    assert [campaign.accounts(person)[0]["record_no"] for person in people] == ["DMP-00000000", "DMP-00000001", None]
