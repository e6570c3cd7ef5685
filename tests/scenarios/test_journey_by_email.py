"""From the registry to an open space, by e-mail."""

from __future__ import annotations

from pipelines.accounts.steps import open_accounts
from pipelines.notices.bounces import take_in_bounces
from pipelines.notices.lot_production import produce_lot
from pipelines.platform.shards import Shard
from tests.campaign_driver import LAST_DAY, OPENING, REFERENCE, SENT, Campaign, code_in, paris, request
from tests.registry_builder import invent


def test_an_email_starts_six_weeks_that_end_on_the_42nd_day(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    assert campaign.journey(person)["last_day"] == LAST_DAY


def test_the_window_starts_when_the_email_leaves_and_not_when_it_is_planned(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.decide(campaign.plan(paris(2022, 1, 28)), at=paris(2022, 1, 28))
    campaign.send(paris(2022, 1, 31, 23, 30))
    assert campaign.journey(person)["last_day"] == LAST_DAY


def test_nobody_is_opened_on_the_last_day(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    campaign.open(paris(2022, 3, 14, 23, 59, 59))
    assert campaign.accounts(person) == []


def test_the_space_opens_on_the_day_after_the_last_day(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    campaign.open(OPENING)
    assert [account["opened_on"] for account in campaign.accounts(person)] == [OPENING.date()]


def test_the_email_says_the_last_day_and_the_reference(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    text = campaign.mails_to(person)[0].get_body(("plain",)).get_content().replace("\u00a0", " ")
    assert "14 mars 2022" in text and REFERENCE.search(text)


def test_each_person_gets_a_code_that_is_only_theirs(campaign: Campaign) -> None:
    people = [invent(number) for number in range(1, 31)]
    campaign.register(*people)
    campaign.notify()
    assert len({code_in(message) for message in campaign.mails()}) == len(people)


def test_no_matricule_stands_in_an_email(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    message = campaign.mails_to(person)[0]
    texts = [str(value) for value in message.values()] + [part.get_content() for part in message.walk() if not part.is_multipart()]
    assert not any(person.matricule[:13] in text for text in texts)


def test_twins_get_two_notices_and_two_codes(campaign: Campaign) -> None:
    elder = invent(1, birth_name="LHOSTIS", first_names="Ana", email="parents@courriel.example")
    younger = invent(2, birth_name="LHOSTIS", first_names="Eva", email="parents@courriel.example")
    campaign.register(elder, younger)
    campaign.notify()
    assert len({code_in(message) for message in campaign.mails_to(elder)}) == 2


def test_running_every_step_twice_changes_nothing(campaign: Campaign) -> None:
    people = [invent(number, email=None if number % 3 == 0 else f"p{number}@courriel.example") for number in range(1, 25)]
    campaign.register(*people)
    wave = campaign.plan()
    campaign.decide(wave)
    campaign.send()
    lots = campaign.print_letters()
    campaign.deposit(lots, SENT.date(), SENT)
    campaign.bounce(campaign.mails_to(people[0])[0], paris(2022, 2, 2))
    opponent = people[1]
    code = code_in(campaign.mails_to(opponent)[0])
    campaign.oppose(request(opponent, code, paris(2022, 2, 3)), at=paris(2022, 2, 4))
    campaign.open()
    campaign.close(OPENING)
    before, mails = campaign.everything(), len(campaign.mails())
    campaign.take_in("deliveries/CPAM/2022-01-03-delta", paris(2022, 1, 3, 4))
    campaign.plan()
    campaign.decide(wave)
    campaign.send()
    for lot in lots:
        produce_lot(campaign.letters_made_by, lot, SENT)
    for kind in ("bounces", "printers/PRINCIPAL/deposits", "oppositions/WEB"):
        for key in campaign.home.store.keys("exchanges", f"{kind}/taken/"):
            campaign.home.store.put("exchanges", key.replace("/taken/", "/inbox/"), campaign.home.store.get("exchanges", key))
    campaign.take_in_reports(SENT)
    take_in_bounces(campaign.home.db, campaign.home.store, campaign.home.reference_key, 1, paris(2022, 2, 2))
    campaign.take_in_oppositions(paris(2022, 2, 4))
    open_accounts(campaign.home.db, campaign.home.policy, Shard(0, 63), campaign.home.clock, OPENING)
    campaign.close(OPENING)
    assert (campaign.everything(), len(campaign.mails())) == (before, mails)


def test_every_equation_holds_after_a_whole_journey(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 25)])
    campaign.notify()
    campaign.open()
    assert campaign.broken_equations() == []
