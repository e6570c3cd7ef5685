"""What a space begins with: medical record, mailbox, agenda and catalogue, under whoever holds it."""

from __future__ import annotations

from pipelines.accounts.systems import System
from tests.accounts.systems_behind import SystemsBehind
from tests.campaign_driver import OPENING, SENT, Campaign
from tests.registry_builder import Person, invent

PARENT = invent(1, birth_date="19800101")
CHILD = invent(2, birth_date="20150601", email=None, representative_1=PARENT.matricule)


def opened_with(campaign: Campaign, systems: SystemsBehind, system: System, person: Person) -> dict[str, object]:
    """Return what a system is told of the opening of a person's space."""
    campaign.open(OPENING)
    systems.tell(OPENING)
    return next(told for told in systems.told(system) if told["matricule"] == person.matricule)


def test_a_new_record_bears_the_number_of_the_space(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    told = opened_with(campaign, systems, System.RECORDS, person)
    assert (told["record_no"], told["is_taken_over"]) == (told["account_id"], False)


def test_an_existing_record_is_taken_over(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    assert systems.bring_records((person.matricule, "DMP-1", "ACTIVE"), at=SENT) == []
    told = opened_with(campaign, systems, System.RECORDS, person)
    assert (told["record_no"], told["is_taken_over"]) == ("DMP-1", True)


def test_beside_a_closed_record_a_new_one_begins(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    systems.bring_records((person.matricule, "DMP-1", "CLOSED"), at=SENT)
    assert opened_with(campaign, systems, System.RECORDS, person)["is_taken_over"] is False


def test_the_address_of_a_mailbox_says_nothing_of_whose_it_is(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    told = opened_with(campaign, systems, System.MAILBOXES, person)
    local, _, domain = str(told["mailbox"]).partition("@")
    assert domain == campaign.home.policy.mailbox_domain and local == str(told["account_id"]).replace("-", "")


def test_each_mailbox_has_an_address_of_its_own(campaign: Campaign, systems: SystemsBehind) -> None:
    campaign.register(*[invent(number) for number in range(1, 6)])
    campaign.notify()
    campaign.open(OPENING)
    systems.tell(OPENING)
    assert len({told["mailbox"] for told in systems.told(System.MAILBOXES)}) == 5


def test_the_consents_are_the_defaults_of_the_newest_version(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    assert opened_with(campaign, systems, System.ACCOUNTS, person)["consents"] == 1
    given = campaign.rows("select kind from accounts.default_consent where version = 1 and is_given order by kind")
    assert [row["kind"] for row in given] == ["NOTIFICATIONS", "REIMBURSEMENTS"]


def test_the_space_of_a_minor_is_held_by_who_was_told(campaign: Campaign, systems: SystemsBehind) -> None:
    campaign.register(PARENT, CHILD)
    campaign.notify()
    assert opened_with(campaign, systems, System.ACCOUNTS, CHILD)["managed_by"] == PARENT.matricule


def test_an_adult_holds_their_own_space(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    assert opened_with(campaign, systems, System.ACCOUNTS, person)["managed_by"] is None


def test_no_system_is_told_what_it_does_not_need(campaign: Campaign, systems: SystemsBehind, person: Person) -> None:
    campaign.open(OPENING)
    systems.tell(OPENING)
    own = {system: set(systems.told(system)[0]) for system in System}
    shared = set.intersection(*own.values())
    assert {system: columns - shared for system, columns in own.items()} == {
        System.ACCOUNTS: {"managed_by", "consents"},
        System.MAILBOXES: {"mailbox"},
        System.RECORDS: {"record_no", "is_taken_over"},
    }
