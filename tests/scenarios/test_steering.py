"""Operations stop, resume and end what leaves, at any moment: nothing is lost, nobody is told twice, and only what was approved leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pytest

from pipelines.campaign.approved_content import Content, UnapprovedContentError
from pipelines.campaign.steering import Action
from pipelines.notices.cancellation import carry_out, making
from pipelines.notices.email_dispatch import plan_emails, send_emails
from pipelines.notices.letter_dispatch import assign_lots
from pipelines.notices.lot_production import produce_lot
from pipelines.platform.clock import Clock
from pipelines.platform.errors import RetryableError, RuleError
from pipelines.platform.shards import Shard
from tests.campaign_driver import LAST_DAY, SENT, Campaign, paris
from tests.registry_builder import by_letter, invent

LATER, TOMORROW = paris(2022, 1, 31, 16), paris(2022, 2, 1, 14)
EVERYBODY = Shard(0, 10**6)
OTHER = Content("0" * 32)


def order(campaign: Campaign, action: Action, wave: int | None = None, at: datetime = LATER) -> str:
    return carry_out(campaign.home.db, campaign.home.policy, action, wave, "ops", "essai", at)


def approved(campaign: Campaign) -> int:
    wave = campaign.plan()
    campaign.decide(wave)
    return wave.wave_id


def effective(campaign: Campaign) -> list[int]:
    """Return how many attempts to tell each person are neither failed nor withdrawn."""
    found = campaign.rows(
        "select count(*) filter (where status in ('PREPARED', 'CLAIMED', 'SENT')) as n from campaign.attempt group by person_id order by 1"
    )
    return [row["n"] for row in found]


@pytest.fixture(params=["wave", "campaign"])
def scope(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_nothing_of_what_is_paused_leaves(campaign: Campaign, scope: str) -> None:
    campaign.register(invent(1), by_letter(2))
    wave = approved(campaign)
    order(campaign, Action.PAUSE, wave if scope == "wave" else None)
    assert (campaign.send(TOMORROW), campaign.print_letters(TOMORROW)) == (0, [])


def test_what_is_resumed_leaves_once(campaign: Campaign, scope: str) -> None:
    campaign.register(invent(1), by_letter(2))
    wave = approved(campaign)
    what = wave if scope == "wave" else None
    order(campaign, Action.PAUSE, what)
    order(campaign, Action.RESUME, what, TOMORROW)
    assert (campaign.send(TOMORROW), len(campaign.print_letters(TOMORROW)), effective(campaign)) == (1, 1, [1, 1])


@dataclass(frozen=True)
class Interrupted(Clock):
    """A clock at whose second look, when a sending has claimed its first chunk, something happens."""

    happens: Callable[[], object] = field(kw_only=True)
    looks: list[datetime] = field(default_factory=list, kw_only=True)

    def present(self, as_of: datetime) -> datetime:
        """Tell the time."""
        self.looks.append(as_of)
        if len(self.looks) == 2:
            self.happens()
        return super().present(as_of)


def test_a_pause_in_the_middle_of_sending_leaves_the_rest_for_the_next_day(campaign: Campaign) -> None:
    campaign.register(*[invent(number) for number in range(1, 8)])
    wave = approved(campaign)
    with campaign.relay() as dispatch:
        clock = Interrupted(dispatch.clock.mode, happens=lambda: order(campaign, Action.PAUSE, wave))
        small = dispatch.policy.model_copy(update={"emails_a_chunk": 3})
        sent = send_emails(replace(dispatch, policy=small, clock=clock), EVERYBODY, SENT)["sent"]
    order(campaign, Action.RESUME, wave, TOMORROW)
    assert (sent, campaign.send(TOMORROW), len(campaign.mails()), effective(campaign)) == (3, 4, 7, [1] * 7)


def test_a_lot_that_was_gathered_waits_while_its_wave_is_paused(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    wave = approved(campaign)
    [[lot]] = campaign.gather()
    order(campaign, Action.PAUSE, wave)
    assert produce_lot(campaign.letters_made_by, lot, LATER)["lots"] == 0
    order(campaign, Action.RESUME, wave, TOMORROW)
    assert campaign.print_letters(TOMORROW) == [lot]


def test_nobody_is_planned_while_the_campaign_is_paused(campaign: Campaign) -> None:
    campaign.register(invent(1))
    order(campaign, Action.PAUSE)
    with pytest.raises(RuleError, match="PAUSED: nobody is planned"):
        campaign.plan()


def test_windows_that_run_go_on_through_a_pause(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person)
    campaign.notify()
    order(campaign, Action.PAUSE)
    assert campaign.open().opened == 1
    assert campaign.journey(person)["last_day"] == LAST_DAY


def test_people_of_a_cancelled_wave_are_told_by_another_one_once(campaign: Campaign) -> None:
    campaign.register(invent(1), by_letter(2))
    wave = approved(campaign)
    order(campaign, Action.CANCEL, wave)
    assert (campaign.send(), campaign.print_letters()) == (0, [])
    lots = campaign.notify(TOMORROW)
    assert (len(campaign.mails()), len(lots), effective(campaign), campaign.broken_equations()) == (1, 1, [1, 1], [])


def test_letters_of_a_cancelled_wave_leave_the_lot_that_is_not_handed_over(campaign: Campaign) -> None:
    campaign.register(by_letter(1), by_letter(2))
    wave = approved(campaign)
    [[lot]] = campaign.gather()
    order(campaign, Action.CANCEL, wave)
    assert campaign.rows("select status, letters from notices.print_lot") == [{"status": "EMPTY", "letters": 0}]
    assert produce_lot(campaign.letters_made_by, lot, TOMORROW)["lots"] == 0


def test_a_lot_that_is_being_made_when_its_wave_is_cancelled_is_told_of_and_swept_later(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    wave = approved(campaign)
    [[lot]] = campaign.gather()
    with campaign.home.db.exclusively(making(lot)):
        assert "1 lots were being handed over" in order(campaign, Action.CANCEL, wave)
    campaign.gather(TOMORROW)
    assert campaign.rows("select status from notices.print_lot") == [{"status": "EMPTY"}]


def test_a_lot_is_made_by_one_process_at_a_time(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    approved(campaign)
    [[lot]] = campaign.gather()
    with campaign.home.db.exclusively(making(lot)), pytest.raises(RetryableError, match="another run is busy"):
        produce_lot(campaign.letters_made_by, lot, SENT)


def test_a_bounce_of_a_cancelled_wave_gives_the_person_back_to_planning(campaign: Campaign) -> None:
    person = invent(1, address_4="12 RUE DES LILAS", postcode="75012", town="PARIS")
    campaign.register(person)
    wave = approved(campaign)
    campaign.send()
    order(campaign, Action.CANCEL, wave)
    campaign.bounce(campaign.mails()[0], TOMORROW)
    assert campaign.print_letters(TOMORROW) == []
    campaign.send(TOMORROW)
    assert campaign.status(person) == "ELIGIBLE"


def test_a_cancelled_campaign_stays_so(campaign: Campaign) -> None:
    campaign.register(invent(1))
    wave = approved(campaign)
    order(campaign, Action.CANCEL)
    assert campaign.rows("select status from campaign.wave where wave_id = :wave", wave=wave) == [{"status": "CANCELLED"}]
    with pytest.raises(RuleError, match="cannot be resumed: it is CANCELLED"):
        order(campaign, Action.RESUME, at=TOMORROW)


def test_a_wave_of_a_cancelled_campaign_can_only_be_rejected(campaign: Campaign) -> None:
    campaign.register(invent(1))
    wave = campaign.plan()
    order(campaign, Action.CANCEL)
    with pytest.raises(RuleError, match="can only be rejected"):
        campaign.decide(wave)
    assert campaign.decide(wave, approved=False)["released"] == 1


@pytest.mark.parametrize(
    ("action", "said"),
    [(Action.PAUSE, "cannot be paused: it is PROPOSED"), (Action.RESUME, "cannot be resumed: it is PROPOSED")],
)
def test_an_order_that_changes_nothing_is_refused_with_where_the_wave_stands(campaign: Campaign, action: Action, said: str) -> None:
    campaign.register(invent(1))
    wave = campaign.plan()
    with pytest.raises(RuleError, match=said):
        order(campaign, action, wave.wave_id)


def test_an_order_on_an_unknown_wave_is_refused(campaign: Campaign) -> None:
    with pytest.raises(RuleError, match="does not exist"):
        order(campaign, Action.PAUSE, 999_999)


def test_who_gave_an_order_and_why_is_kept(campaign: Campaign) -> None:
    order(campaign, Action.PAUSE)
    kept = campaign.rows(
        "select s.action, s.reason, u.actor from campaign.steering as s inner join platform.unit_of_work as u using (work_id)"
    )
    assert kept == [{"action": "PAUSE", "reason": "essai", "actor": "ops"}]


def test_a_wave_cannot_be_approved_once_its_content_changed(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign.register(invent(1))
    wave = campaign.plan()
    monkeypatch.setattr(Campaign, "content", OTHER)
    with pytest.raises(RuleError, match="templates or senders changed since wave"):
        campaign.decide(wave)


def test_a_wave_whose_content_changed_can_still_be_rejected(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign.register(invent(1))
    wave = campaign.plan()
    monkeypatch.setattr(Campaign, "content", OTHER)
    assert campaign.decide(wave, approved=False)["released"] == 1


def test_content_that_changed_after_the_approval_stops_e_mails_before_the_first(campaign: Campaign) -> None:
    campaign.register(invent(1))
    approved(campaign)
    with pytest.raises(UnapprovedContentError, match="not those that were approved"):
        plan_emails(campaign.home.db, OTHER, campaign.home.settings.shard_size)


def test_content_that_changes_while_e_mails_leave_stops_the_next_chunk(campaign: Campaign) -> None:
    campaign.register(invent(1))
    approved(campaign)
    with campaign.relay() as dispatch:
        assert send_emails(replace(dispatch, content=OTHER), EVERYBODY, SENT)["sent"] == 0


def test_content_that_changed_after_the_approval_stops_letters_before_they_are_gathered(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    approved(campaign)
    with pytest.raises(UnapprovedContentError, match="not those that were approved"):
        assign_lots(replace(campaign.letters_made_by, content=OTHER), SENT)


def test_a_gathered_lot_whose_content_changed_is_not_made(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    approved(campaign)
    [[lot]] = campaign.gather()
    assert produce_lot(replace(campaign.letters_made_by, content=OTHER), lot, SENT)["lots"] == 0


def test_what_waits_of_an_earlier_wave_leaves_with_the_content_approved_later(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign.register(invent(1))
    approved(campaign)
    monkeypatch.setattr(Campaign, "content", OTHER)
    campaign.register(invent(1), invent(2), on=date(2022, 1, 31))
    campaign.decide(campaign.plan(TOMORROW), at=TOMORROW)
    assert campaign.send(TOMORROW) == 2


def test_whom_an_attempt_tells_cannot_be_changed_once_it_is_planned(campaign: Campaign) -> None:
    campaign.register(invent(1))
    approved(campaign)
    with campaign.home.db.engine.connect() as connection:
        allowed = connection.exec_driver_sql(
            "select bool_or(has_column_privilege('campaign.attempt', c, 'UPDATE')) "
            "from unnest(array['recipient_id', 'contact_version', 'channel', 'wave_id', 'campaign_id', 'person_id']) as c"
        ).scalar_one()
    assert allowed is False
