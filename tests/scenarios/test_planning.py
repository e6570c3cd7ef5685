"""Who is told next: proposed by one person, decided by another, by department, within the caps of the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from pipelines.campaign.policy import Policy
from pipelines.campaign.steps import plan_notices
from pipelines.campaign.waves import describe_wave
from pipelines.platform.errors import FinalError, RuleError
from tests.campaign_driver import SENT, Campaign, paris
from tests.registry_builder import by_letter, invent

TOMORROW = paris(2022, 2, 1, 14)


def capped(campaign: Campaign, emails: int, letters: int) -> Policy:
    """Return the policy with other caps."""
    return campaign.home.policy.model_copy(update={"emails_a_day": emails, "letters_a_day": letters})


def planned(campaign: Campaign) -> list[int]:
    """Return who is planned, in the order of ids."""
    return [row["person_id"] for row in campaign.rows("select person_id from campaign.journey where status = 'PLANNED' order by 1")]


def test_the_person_who_proposed_a_wave_cannot_approve_it(campaign: Campaign) -> None:
    campaign.register(invent(1))
    wave = campaign.plan(by="ops")
    with pytest.raises(RuleError, match="somebody else must decide"):
        campaign.decide(wave, by="ops")


def test_the_person_who_proposed_a_wave_cannot_reject_it_either(campaign: Campaign) -> None:
    campaign.register(invent(1))
    wave = campaign.plan(by="ops")
    with pytest.raises(RuleError, match="somebody else must decide"):
        campaign.decide(wave, approved=False, by="ops")


def test_the_table_itself_refuses_the_proposer(campaign: Campaign) -> None:
    campaign.register(invent(1))
    wave = campaign.plan(by="ops")
    with pytest.raises(sa.exc.IntegrityError, match="second_person_decides"), campaign.home.db.engine.begin() as connection:
        connection.execute(
            sa.text("update campaign.wave set status = 'APPROVED', decided_by = 'ops' where wave_id = :wave_id"), {"wave_id": wave.wave_id}
        )


def test_nobody_is_told_before_the_approval(campaign: Campaign) -> None:
    campaign.register(invent(1), by_letter(2))
    campaign.plan()
    assert (campaign.send(), campaign.print_letters(), campaign.mails()) == (0, [], [])


def test_rejected_wave_gives_people_back(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.decide(campaign.plan(), approved=False)
    assert campaign.status(person) == "ELIGIBLE"


def test_people_of_a_rejected_wave_are_not_told(campaign: Campaign) -> None:
    campaign.register(invent(1), by_letter(2))
    campaign.decide(campaign.plan(), approved=False)
    assert (campaign.send(), campaign.print_letters()) == (0, [])


def test_people_of_a_rejected_wave_are_told_by_the_next_one(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.decide(campaign.plan(), approved=False)
    campaign.notify(TOMORROW)
    assert len(campaign.mails_to(person)) == 1


def test_the_first_decision_stands(campaign: Campaign) -> None:
    campaign.register(invent(1))
    wave = campaign.plan()
    campaign.decide(wave, approved=False)
    campaign.decide(wave, approved=True, by="engineer")
    assert campaign.rows("select status, decided_by from campaign.wave") == [{"status": "REJECTED", "decided_by": "chief"}]


def test_an_unknown_wave_cannot_be_decided(campaign: Campaign) -> None:
    wave = campaign.plan()
    with pytest.raises(RuleError, match="there is no wave"):
        campaign.decide(replace(wave, wave_id=wave.wave_id + 1))


def test_planning_twice_for_one_instant_makes_one_wave(campaign: Campaign) -> None:
    campaign.register(invent(1))
    assert campaign.plan().wave_id == campaign.plan().wave_id


def test_who_waits_for_a_decision_is_not_planned_again(campaign: Campaign) -> None:
    campaign.register(invent(1))
    campaign.plan()
    assert campaign.plan(TOMORROW).is_empty


def test_departments_are_told_in_ascending_order(campaign: Campaign) -> None:
    last, first, corsican = invent(1, postcode="95000"), invent(2, postcode="01000"), invent(3, postcode="20000")
    campaign.register(last, first, corsican)
    plan_notices(campaign.home.db, capped(campaign, 2, 0), campaign.content, SENT, "ops")
    assert planned(campaign) == sorted(campaign.person_id(person) for person in (first, corsican))


def test_an_address_without_department_is_told_last(campaign: Campaign) -> None:
    nowhere, overseas = invent(1, postcode=None, town=None), invent(2, postcode="97400")
    campaign.register(nowhere, overseas)
    plan_notices(campaign.home.db, capped(campaign, 1, 0), campaign.content, SENT, "ops")
    assert planned(campaign) == [campaign.person_id(overseas)]


@pytest.mark.parametrize(("emails", "letters"), [(0, 0), (3, 0), (0, 2), (4, 1)])
def test_the_caps_of_the_day_are_kept_by_channel(campaign: Campaign, emails: int, letters: int) -> None:
    campaign.register(*[invent(number) if number % 2 else by_letter(number) for number in range(1, 21)])
    wave = plan_notices(campaign.home.db, capped(campaign, emails, letters), campaign.content, SENT, "ops")
    assert (wave.emails, wave.letters) == (emails, letters)


def test_caps_hold_over_departments(campaign: Campaign) -> None:
    campaign.register(*[invent(number, postcode=f"{number:02d}100") for number in range(1, 15)])
    assert plan_notices(campaign.home.db, capped(campaign, 5, 5), campaign.content, SENT, "ops").emails == 5


def test_who_was_beyond_the_cap_is_told_the_next_day(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 8)])
    waves = [plan_notices(campaign.home.db, capped(campaign, 5, 0), campaign.content, at, "ops") for at in (SENT, TOMORROW)]
    assert [wave.emails for wave in waves] == [5, 2]


def test_the_caps_of_a_day_are_for_all_its_waves(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 8)])
    waves = [plan_notices(campaign.home.db, capped(campaign, 5, 0), campaign.content, at, "ops") for at in (SENT, paris(2022, 1, 31, 16))]
    assert [wave.emails for wave in waves] == [5, 0]


def test_a_rejected_wave_gives_its_share_of_the_caps_back(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 8)])
    campaign.decide(plan_notices(campaign.home.db, capped(campaign, 5, 0), campaign.content, SENT, "ops"), approved=False)
    assert plan_notices(campaign.home.db, capped(campaign, 5, 0), campaign.content, paris(2022, 1, 31, 16), "ops").emails == 5


def body_capped(campaign: Campaign, **caps: int) -> Policy:
    """Return the policy with caps of bodies."""
    return campaign.home.policy.model_copy(update={"notices_a_day_by_body": caps})


def test_a_body_has_its_own_cap_over_both_channels_and_all_departments(campaign: Campaign) -> None:
    campaign.register(
        *[invent(number, postcode=f"{number:02d}100") for number in range(1, 4)], *[by_letter(n) for n in range(4, 7)], body="MSA"
    )
    campaign.register(*[invent(number) for number in range(11, 15)])
    wave = plan_notices(campaign.home.db, body_capped(campaign, MSA=2), campaign.content, SENT, "ops")
    assert wave.emails + wave.letters == 2 + 4


def test_the_cap_of_a_body_is_for_all_waves_of_a_day(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 8)], body="MSA")
    policy = body_capped(campaign, MSA=4)
    waves = [plan_notices(campaign.home.db, policy, campaign.content, at, "ops") for at in (SENT, paris(2022, 1, 31, 16), TOMORROW)]
    assert [wave.emails for wave in waves] == [4, 0, 3]


def test_who_is_beyond_the_room_of_their_body_takes_no_place_of_others(campaign: Campaign) -> None:
    slow, others = [invent(number) for number in (1, 2, 3)], [invent(number) for number in (4, 5)]
    campaign.register(*slow, body="MSA")
    campaign.register(*others)
    policy = body_capped(campaign, MSA=1).model_copy(update={"emails_a_day": 3})
    wave = plan_notices(campaign.home.db, policy, campaign.content, SENT, "ops")
    assert (wave.emails, wave.by("body")) == (3, {"CPAM": 2, "MSA": 1})


def test_a_cap_of_a_body_that_does_not_exist_is_refused(campaign: Campaign) -> None:
    with pytest.raises(FinalError, match="bodies that do not exist: MSAA"):
        plan_notices(campaign.home.db, body_capped(campaign, MSAA=4), campaign.content, SENT, "ops")


def test_exclusions_do_not_use_up_the_caps(campaign: Campaign) -> None:
    campaign.register(*[invent(number, died_on=date(2021, 1, 1)) for number in range(1, 6)], invent(6))
    wave = plan_notices(campaign.home.db, capped(campaign, 1, 0), campaign.content, SENT, "ops")
    assert (wave.emails, wave.excluded) == (1, 5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"died_on": date(2021, 1, 1)}, "DECEASED"),
        ({"rights_end_on": date(2022, 1, 31)}, "LEFT"),
        ({"email": None, "address_4": None, "postcode": None, "town": None}, "NO_ADDRESS"),
        ({"email": None, "address_4": "1 " + "LONGUE " * 8, "postcode": "75011", "town": "PARIS"}, "NO_ADDRESS"),
        ({"birth_date": "00000000"}, None),
        ({"birth_date": "19820000"}, None),
    ],
)
def test_who_is_not_told_has_a_reason(campaign: Campaign, changes: dict[str, object], reason: str | None) -> None:
    person = invent(1).but(**changes)
    campaign.register(person)
    campaign.plan()
    found = campaign.rows("select reason from campaign.journey")
    assert [row["reason"] for row in found] == ([reason] if found else [])


def test_an_exclusion_is_counted_once(campaign: Campaign) -> None:
    campaign.register(invent(1, died_on=date(2021, 1, 1)))
    assert [campaign.plan(at).excluded for at in (SENT, TOMORROW)] == [1, 0]


def test_what_a_wave_holds_is_told_by_department_body_and_reason(campaign: Campaign) -> None:
    campaign.register(invent(1, postcode="01000"), by_letter(2, postcode="75001"), invent(3, died_on=date(2021, 1, 1)), body="MSA")
    wave = campaign.plan()
    found = {what: wave.by(what) for what in ("emails", "letters", "body", "exclusion")}
    assert found == {"emails": {"01": 1}, "letters": {"75": 1}, "body": {"MSA": 2}, "exclusion": {"DECEASED": 1}}


def test_what_the_approver_reads_names_nobody(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    text = describe_wave(campaign.plan())
    assert "| 75 | 1 | 0 |" in text and not any(word in text for word in (person.birth_name, person.matricule, f"{person.email}"))


def test_equations_hold_after_a_rejection_and_a_second_wave(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 6)], by_letter(6))
    campaign.decide(campaign.plan(), approved=False)
    assert campaign.broken_equations() == []
    campaign.notify(TOMORROW)
    assert campaign.broken_equations() == []
