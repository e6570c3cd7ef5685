"""Wrong tries lock a code on every channel; an agent releases it; both are audited."""

from __future__ import annotations

from typing import Any

import pytest

from tests.campaign_driver import Campaign, code_in, paris, request
from tests.registry_builder import Person, invent

AT = paris(2022, 2, 10)
WRONG = "0000-0000-0000"


@pytest.fixture
def person(campaign: Campaign) -> Person:
    """Somebody whose code was tried wrongly five times, on two channels."""
    someone = invent(1)
    campaign.register(someone)
    campaign.notify()
    campaign.oppose(*[request(someone, WRONG, AT)] * 3, at=AT)
    campaign.oppose(*[request(someone, WRONG, AT)] * 2, at=AT, channel="PAPER")
    return someone


def release(person: Person) -> dict[str, Any]:
    line = {name: value for name, value in request(person, "", AT).items() if name != "code"}
    return line | {"kind": "RELEASE"}


def audited(campaign: Campaign) -> list[dict[str, Any]]:
    return campaign.rows("select after, reason, detail from platform.audit where subject = 'code' order by audit_id")


def test_wrong_tries_are_counted_by_channel(campaign: Campaign, person: Person) -> None:
    counted = campaign.rows("select channel, failures from oppositions.failure order by 1")
    assert counted == [{"channel": "PAPER", "failures": 2}, {"channel": "WEB", "failures": 3}]


def test_the_lock_is_audited_with_the_channel_that_brought_it_about(campaign: Campaign, person: Person) -> None:
    assert audited(campaign) == [{"after": "LOCKED", "reason": "WRONG_TRIES", "detail": {"campaign": 1, "channel": "PAPER"}}]


def test_tries_on_a_locked_code_are_not_counted(campaign: Campaign, person: Person) -> None:
    campaign.oppose(*[request(person, WRONG, AT)] * 10, at=AT)
    assert campaign.rows("select sum(failures)::int as failures from oppositions.failure") == [{"failures": 5}]


def test_an_agent_releases_the_same_code(campaign: Campaign, person: Person) -> None:
    (answer,) = campaign.oppose(release(person), at=AT, channel="DESK")
    campaign.oppose(request(person, code_in(campaign.mails_to(person)[0]), AT), at=AT)
    assert (answer["result"], campaign.status(person)) == ("RELEASED", "OPPOSED")


def test_the_release_is_audited_with_its_agent(campaign: Campaign, person: Person) -> None:
    campaign.oppose(release(person), at=AT, channel="DESK")
    detail = {"campaign": 1, "channel": "DESK", "agent": "a-1", "body": "CPAM_35"}
    assert audited(campaign)[1:] == [{"after": "RELEASED", "reason": "AGENT", "detail": detail}]


def test_a_release_for_a_wrong_birth_date_is_refused(campaign: Campaign, person: Person) -> None:
    (answer,) = campaign.oppose(release(person) | {"birth_date": "19000101"}, at=AT, channel="DESK")
    campaign.oppose(request(person, code_in(campaign.mails_to(person)[0]), AT), at=AT)
    assert (answer["result"], campaign.status(person)) == ("REFUSED", "NOTIFIED")


def test_after_a_release_five_more_wrong_tries_lock_again(campaign: Campaign, person: Person) -> None:
    lines = [release(person), *[request(person, WRONG, AT)] * 5, request(person, code_in(campaign.mails_to(person)[0]), AT)]
    campaign.oppose(*lines, at=AT, channel="DESK")
    assert campaign.status(person) == "NOTIFIED" and [row["after"] for row in audited(campaign)] == ["LOCKED", "RELEASED", "LOCKED"]
