"""What does not move is found by its age, settled by the sweep where it can be, and told to whoever owns it otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipelines.campaign.steering import Action, steer
from pipelines.reporting.stuck import FOLDER, Stuck, StuckError, limits, settle_stuck, stuck_files, stuck_rows
from tests.campaign_driver import LAST_DAY, SENT, Campaign, code_in, paris, request
from tests.registry_builder import by_letter, deliver, invent

IN_STORE = {"waiting_files", "incomplete_deliveries"}


def found(campaign: Campaign, at: datetime) -> list[tuple[str, str, int]]:
    with campaign.home.db.snapshot() as session:
        return [(stuck.kind, stuck.place, stuck.things) for stuck in stuck_rows(session, at)]


def limit(kind: str) -> timedelta:
    return timedelta(hours=limits()[kind].after_hours)


def settle(campaign: Campaign, at: datetime) -> list[str]:
    return settle_stuck(campaign.home.reporting_db, campaign.home.db, campaign.home.store, at)


def test_every_kind_has_its_limit_and_its_owner(campaign: Campaign) -> None:
    assert {file.stem for file in (campaign.home.db.folder / FOLDER).glob("*.sql")} | IN_STORE == set(limits())


def test_a_campaign_that_moves_has_nothing_stuck(campaign: Campaign) -> None:
    campaign.register(invent(1), by_letter(2))
    campaign.notify_by_letter()
    campaign.open()
    assert found(campaign, paris(2023, 1, 1)) == []


def test_a_wave_on_which_nobody_decides_is_rejected_and_its_people_are_planned_again(campaign: Campaign) -> None:
    campaign.register(invent(1))
    wave = campaign.plan()
    late = SENT + limit("undecided_waves")
    assert settle(campaign, late) == []
    assert settle(campaign, late + timedelta(seconds=1)) == [f"wave {wave.wave_id} was rejected: nobody decided since 2022-01-31"]
    assert campaign.status(invent(1)) == "ELIGIBLE"


def test_approved_notices_that_do_not_leave_are_told_by_wave_and_channel(campaign: Campaign) -> None:
    campaign.register(invent(1), by_letter(2))
    wave = campaign.plan()
    campaign.decide(wave)
    late = SENT + limit("unsent_notices") + timedelta(seconds=1)
    places = [("unsent_notices", f"wave {wave.wave_id}, {channel}", 1) for channel in ("EMAIL", "LETTER")]
    assert (found(campaign, late - timedelta(seconds=1)), found(campaign, late)) == ([], places)


def test_a_receipt_that_does_not_leave_is_told(campaign: Campaign) -> None:
    campaign.register(invent(1))
    campaign.notify()
    opposed = paris(2022, 2, 3)
    campaign.oppose(request(invent(1), code_in(campaign.mails_to(invent(1))[0]), opposed), at=opposed)
    late = opposed + limit("unsent_messages") + timedelta(seconds=1)
    assert found(campaign, late) == [("unsent_messages", "opposition_receipt", 1)]


def test_notices_of_a_paused_campaign_wait_for_whoever_paused_it(campaign: Campaign) -> None:
    campaign.register(invent(1))
    campaign.decide(campaign.plan())
    steer(campaign.home.db, Action.PAUSE, 1, None, "ops", "doubt", SENT)
    assert found(campaign, SENT + limit("pauses") + timedelta(seconds=1)) == [("pauses", "campaign 1", 1)]


def test_a_lot_that_is_not_handed_over_is_told(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    campaign.decide(campaign.plan())
    campaign.gather()
    assert found(campaign, SENT + limit("unmade_lots") + timedelta(seconds=1)) == [("unmade_lots", "PRINCIPAL", 1)]


def test_a_refused_lot_is_told_until_it_is_made_again(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    (lot,) = campaign.notify()
    campaign.report("acceptances", f"{lot};REFUSED;PDF_UNREADABLE", at=SENT)
    assert found(campaign, SENT + limit("refused_lots") + timedelta(seconds=1)) == [("refused_lots", f"PRINCIPAL, lot {lot}", 1)]


@pytest.mark.parametrize(("status", "kind"), [("LOADING", "interrupted_deliveries"), ("WAITING", "undecided_deliveries")])
def test_a_delivery_that_does_not_end_is_told(campaign: Campaign, status: str, kind: str) -> None:
    campaign.register(invent(1))
    with campaign.owner.begin() as connection:
        connection.execute(sa.text("update registry.delivery set status = :status, decided_by = null"), {"status": status})
    assert [(each[0], each[2]) for each in found(campaign, SENT)] == [(kind, 1)]


def test_people_whose_opening_is_late_are_told_by_their_last_day(campaign: Campaign) -> None:
    campaign.register(invent(1))
    campaign.notify()
    late = paris(2022, 3, 15, 0) + limit("overdue_windows")
    assert found(campaign, late - timedelta(seconds=1)) == []
    assert found(campaign, late + timedelta(days=1)) == [("overdue_windows", f"last day {LAST_DAY.isoformat()}", 1)]


def test_a_closing_that_was_asked_for_and_not_done_is_told(campaign: Campaign) -> None:
    campaign.register(invent(1))
    campaign.notify()
    campaign.open()
    asked = paris(2022, 4, 1)
    campaign.oppose(request(invent(1), code_in(campaign.mails_to(invent(1))[0]), asked), at=asked)
    late = asked + limit("unclosed_spaces") + timedelta(seconds=1)
    assert found(campaign, late) == [("unclosed_spaces", "WEB", 1)]
    campaign.close(late)
    assert found(campaign, late) == []


def test_files_that_nothing_takes_are_told_by_inbox_and_others_are_not(campaign: Campaign) -> None:
    store = campaign.home.store
    for key in ("mistyped/inbox/a.csv", "mistyped/inbox/b.csv", "bounces/taken/c.eml"):
        store.put("exchanges", key, b"x")
    present = datetime.now(UTC)
    assert stuck_files(store, present) == []
    late = present + limit("waiting_files") + timedelta(minutes=1)
    assert [(stuck.kind, stuck.place, stuck.things) for stuck in stuck_files(store, late)] == [("waiting_files", "mistyped", 2)]


def test_a_delivery_whose_manifest_never_came_is_told(campaign: Campaign) -> None:
    store = campaign.home.store
    folder = deliver(store, "CPAM", [invent(1)], SENT.date())
    late = datetime.now(UTC) + limit("incomplete_deliveries") + timedelta(minutes=1)
    assert stuck_files(store, late) == []
    store.delete("registry", f"{folder}/manifest.json")
    assert [(stuck.kind, stuck.place) for stuck in stuck_files(store, late)] == [("incomplete_deliveries", folder)]


def test_the_sweep_tells_who_is_to_be_called_and_what_to_do(campaign: Campaign) -> None:
    campaign.register(by_letter(1))
    campaign.decide(campaign.plan())
    campaign.gather()
    with pytest.raises(
        StuckError, match=r"data engineer on duty: PRINCIPAL, 1 lots .* since 2022-01-31; see docs/runbooks/reconciliation\.md"
    ):
        settle(campaign, SENT + limit("unmade_lots") + timedelta(seconds=1))


def test_what_is_stuck_is_told_without_anybody_s_data() -> None:
    told = str(Stuck("pauses", "pauses", "wave 3", 1, SENT, "operations"))
    assert told == "operations: wave 3, 1 pauses, since 2022-01-31"
