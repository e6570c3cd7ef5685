"""A partner from whom something is due and does not come is told to operations, with what and since when, until it is heard."""

from __future__ import annotations

from datetime import datetime

import pytest

from pipelines.notices.refused_lots import settle_refused_lots
from pipelines.notices.silent_partners import SilentPartnerError, find_silent_partners
from tests.campaign_driver import SENT, Campaign, paris
from tests.registry_builder import by_letter, invent

# By the policy of the tests a print house has one working day to accept a lot, and two to deposit it: those after Monday the 31st.
TUESDAY, WEDNESDAY, THURSDAY = (paris(2022, 2, day, 6) for day in (1, 2, 3))


@pytest.fixture
def lot(campaign: Campaign) -> int:
    """A lot of two letters, handed over on Monday 31 January for that day."""
    campaign.register(by_letter(1), by_letter(2))
    (made,) = campaign.notify()
    return made


def told(campaign: Campaign, at: datetime) -> str:
    """Return what operations are told, nothing where every partner is heard."""
    try:
        find_silent_partners(campaign.home.db, campaign.home.policy, at)
    except SilentPartnerError as error:
        return str(error)
    return ""


NOT_ACCEPTED = "lots not accepted by PRINCIPAL: 1 (2 letters), the oldest handed over on 2022-01-31"
NOT_DEPOSITED = "lots without a deposit report by PRINCIPAL: 1 (2 letters), the oldest due on 2022-01-31"


def test_a_lot_that_is_not_accepted_in_time_is_told_from_the_next_morning_on(campaign: Campaign, lot: int) -> None:
    assert told(campaign, TUESDAY) == ""
    assert told(campaign, WEDNESDAY) == f"{NOT_ACCEPTED}; see docs/runbooks/reconciliation.md"
    campaign.report("acceptances", f"{lot};ACCEPTED;", at=WEDNESDAY)
    assert told(campaign, WEDNESDAY) == ""


@pytest.mark.parametrize("printed", [True, False])
def test_a_lot_whose_deposit_is_not_reported_in_time_is_told_from_the_next_morning_on(campaign: Campaign, lot: int, printed: bool) -> None:
    campaign.report("acceptances", f"{lot};ACCEPTED;", at=SENT)
    if printed:
        campaign.report("printings", f"{lot};2022-02-01;2;", at=TUESDAY)
    assert told(campaign, WEDNESDAY) == "" and NOT_DEPOSITED in told(campaign, THURSDAY)
    campaign.deposit([lot], TUESDAY.date(), THURSDAY)
    assert told(campaign, THURSDAY) == ""


def test_all_that_is_overdue_is_told_at_once(campaign: Campaign, lot: int) -> None:
    assert told(campaign, THURSDAY).startswith(f"{NOT_ACCEPTED}; {NOT_DEPOSITED};")


def test_days_on_which_nobody_works_do_not_count(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    campaign.notify(paris(2022, 1, 28))
    assert told(campaign, paris(2022, 1, 31, 6)) == "" and "lots not accepted" in told(campaign, TUESDAY)


def test_a_refused_lot_waits_for_us_and_not_for_its_print_house(campaign: Campaign, lot: int) -> None:
    campaign.report("acceptances", f"{lot};REFUSED;FILE_MISSING", at=SENT)
    assert told(campaign, THURSDAY) == ""
    settle_refused_lots(campaign.letters_made_by, THURSDAY)
    assert NOT_DEPOSITED in told(campaign, THURSDAY)


def test_many_emails_without_one_bounce_are_told_until_one_comes(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 4)])
    campaign.decide(campaign.plan())
    campaign.send()
    assert told(campaign, WEDNESDAY) == ""
    assert told(campaign, THURSDAY) == "e-mails without one bounce: 3, the oldest sent on 2022-01-31; see docs/runbooks/reconciliation.md"
    campaign.bounce(campaign.mails()[0], at=THURSDAY)
    assert told(campaign, THURSDAY) == ""


def test_few_emails_may_all_arrive(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2))
    campaign.decide(campaign.plan())
    campaign.send()
    assert told(campaign, THURSDAY) == ""
