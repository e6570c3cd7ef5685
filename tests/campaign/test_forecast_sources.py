"""What a forecast reads of a real campaign."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.campaign.forecast import Stock
from pipelines.campaign.forecast_rates import Observed
from pipelines.campaign.forecast_sources import forecast_campaign, read_campaign, working_days_between
from pipelines.campaign.waves import Wave
from pipelines.registry.doubts import open_doubts
from tests.campaign_driver import LAST_DAY, OPENING, SENT, Campaign, code_in, paris, request
from tests.registry_builder import by_letter, invent

TODAY = SENT.date()
PARENT = invent(1, postcode="69001", town="LYON")
CHILD = {"birth_date": "20120501", "email": None, "representative_1": PARENT.matricule}
EVERY_CASE = (
    PARENT,
    invent(2),
    by_letter(3, postcode="01000", town="BOURG"),
    invent(4, postcode="20000", town="AJACCIO"),
    invent(5, died_on=date(2021, 5, 1)),
    invent(6, rights_end_on=TODAY),
    invent(7, rights_end_on=date(2022, 2, 1)),
    by_letter(8, address_4=None, postcode=None, town=None),
    invent(9).but(birth_date="19820000"),
    invent(10).but(birth_date="00000000"),
    invent(11, **CHILD),
    invent(12, **{**CHILD, "representative_1": None}),
    invent(13, **{**CHILD, "representative_1": by_letter(3).matricule, "representative_2": PARENT.matricule}),
    invent(14, **{**CHILD, "representative_1": invent(5).matricule, "representative_2": PARENT.matricule}),
    by_letter(15, protection="TUTELLE", representative_1=PARENT.matricule),
    invent(16, protection="CURATELLE", representative_1=by_letter(3).matricule),
    invent(17, email="pas une adresse"),
)


def stand(campaign: Campaign, day: date = TODAY) -> tuple[Stock, Observed]:
    return read_campaign(campaign.home.db, campaign.home.policy, day)


def to_tell(campaign: Campaign, day: date = TODAY) -> dict[str, tuple[int, int]]:
    found, _ = stand(campaign, day)
    return {name: (int(e.sum()), int(n.sum())) for name, e, n in zip(found.departments, found.emails, found.letters, strict=True)}


def planned(wave: Wave) -> dict[str, tuple[int, int]]:
    emails, letters = wave.by("emails"), wave.by("letters")
    return {name: (emails.get(name, 0), letters.get(name, 0)) for name in emails | letters}


def test_who_is_to_be_told_is_who_planning_finds(campaign: Campaign) -> None:
    campaign.register(*EVERY_CASE)
    expected = to_tell(campaign)
    wave = campaign.plan()
    assert expected == planned(wave)
    assert wave.emails > 4 and wave.letters > 1 and wave.excluded >= 4


def test_who_is_to_be_told_again_is_who_planning_finds(campaign: Campaign) -> None:
    """A wave was rejected, an address came, and two people of whom it is asked whether they are one."""
    first = by_letter(8, address_4=None, postcode=None, town=None)
    campaign.register(invent(2), first, invent(20))
    campaign.decide(campaign.plan(), approved=False)
    campaign.register(by_letter(8), on=date(2022, 2, 1))
    twin = invent(20).but(matricule=invent(21).matricule)
    campaign.register(twin, body="MSA", on=date(2022, 2, 1))
    assert len(open_doubts(campaign.home.db)) == 1
    expected = to_tell(campaign, date(2022, 2, 2))
    assert expected == planned(campaign.plan(paris(2022, 2, 2))) == {"75": (1, 1)}


def test_a_channel_that_failed_is_not_reckoned_with_again(campaign: Campaign) -> None:
    person = invent(1, address_4=None, postcode=None, town=None)
    campaign.register(person)
    campaign.notify()
    campaign.bounce(campaign.mails_to(person)[0], paris(2022, 2, 2))
    assert campaign.status(person) == "EXCLUDED"
    assert to_tell(campaign, date(2022, 2, 3)) == {}


def test_who_is_planned_waits_and_the_next_planning_is_on_another_day(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2), by_letter(3))
    campaign.plan()
    found, _ = stand(campaign)
    assert (to_tell(campaign), found.waiting_emails, found.waiting_letters, found.planned_through) == ({}, 2, 1, TODAY)


def test_a_rejected_wave_leaves_its_day_free(campaign: Campaign) -> None:
    campaign.register(invent(1))
    campaign.decide(campaign.plan(), approved=False)
    found, _ = stand(campaign)
    assert (found.waiting_emails, found.planned_through) == (0, date.min)


def test_windows_that_run_are_read_by_their_last_day(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2), by_letter(3))
    campaign.deposit(campaign.notify(), date(2022, 2, 2), paris(2022, 2, 2))
    found, _ = stand(campaign, date(2022, 2, 3))
    assert found.windows == {LAST_DAY: 2, date(2022, 3, 16): 1}


def test_failures_and_the_delay_of_the_post_are_seen(campaign: Campaign) -> None:
    people = invent(1), invent(2), by_letter(3), by_letter(4)
    campaign.register(*people)
    lots = campaign.notify()
    campaign.bounce(campaign.mails_to(people[0])[0], paris(2022, 2, 1))
    campaign.deposit(lots, date(2022, 2, 2), paris(2022, 2, 2))
    _, seen = stand(campaign, date(2022, 2, 3))
    assert seen == Observed(emails=2, emails_failed=1, notices_deposited=2, letters_deposited=2, deposit_days=4)


def test_oppositions_are_seen_once_windows_have_ended(campaign: Campaign) -> None:
    people = invent(1), invent(2), invent(3)
    campaign.register(*people)
    campaign.notify()
    campaign.oppose(request(people[0], code_in(campaign.mails_to(people[0])[0]), paris(2022, 2, 2)), at=paris(2022, 2, 2))
    assert stand(campaign, LAST_DAY)[1].ended == 0
    campaign.open()
    _, seen = stand(campaign, OPENING.date())
    assert (seen.ended, seen.opposed) == (3, 1)


def test_an_empty_installation_has_a_forecast(campaign: Campaign) -> None:
    assert forecast_campaign(campaign.home.db, campaign.home.policy, TODAY).sending_ends_on is None


def test_a_campaign_in_its_course_is_told_to_its_end(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 6)])
    campaign.notify()
    campaign.register(*[invent(number) for number in range(6, 9)], on=date(2022, 2, 1))
    made = forecast_campaign(campaign.home.db, campaign.home.policy, date(2022, 2, 1))
    assert (made.sending_ends_on, made.emails, sum(day.windows_closing for day in made.days)) == (date(2022, 2, 1), 3, 8)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [("2022-01-31", "2022-01-31", 0), ("2022-01-28", "2022-01-31", 1), ("2022-04-15", "2022-04-19", 1), ("2022-02-02", "2022-02-01", 0)],
)
def test_a_delay_is_counted_in_working_days(first: str, last: str, days: int) -> None:
    assert working_days_between(date.fromisoformat(first), date.fromisoformat(last)) == days
