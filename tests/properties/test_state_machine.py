"""Whatever happens, in whatever order: who opposed gets no space, nobody gets two, nobody early, and the books balance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pipelines.campaign.opposition_code import derive
from pipelines.notices.reference import NoticeId, reference
from pipelines.notices.withdrawn_lots import Withdrawal, withdraw_lot
from tests.campaign_driver import SENT, Campaign, request
from tests.registry_builder import Person, by_letter, invent

NOBODY_WRITES = {"address_4": None, "postcode": None, "town": None}
PEOPLE: tuple[Person, ...] = (invent(1), invent(2, **NOBODY_WRITES), by_letter(3), by_letter(4))
SOMEONE = st.sampled_from(PEOPLE)


class Journeys(RuleBasedStateMachine):
    """A campaign over four people, its days passing as hypothesis likes."""

    fresh: ClassVar[Callable[[], Campaign]]

    @initialize()
    def begin(self) -> None:
        self.campaign = type(self).fresh()
        self.now: datetime = SENT
        self.delivered_on = date(2022, 1, 3)
        self.refused: set[str] = set()
        self.campaign.register(*PEOPLE, on=self.delivered_on)

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    @rule(days=st.sampled_from([1, 20, 41, 43]))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(approved=st.sampled_from([True, True, False]))
    def plan_and_decide(self, approved: bool) -> None:
        self.campaign.decide(self.campaign.plan(self.tick()), approved, at=self.tick())

    @rule()
    def send(self) -> None:
        self.campaign.send(self.tick())

    @rule(waits_for_its_day=st.booleans())
    def print_and_deposit(self, waits_for_its_day: bool) -> None:
        for lot in self.campaign.print_letters(self.tick()):
            due = date.fromisoformat(self.campaign.manifest(lot)["prepared_for"])
            if waits_for_its_day:
                self.now = max(self.now, datetime.combine(due, self.now.timetz()))
            self.campaign.deposit([lot], self.now.date(), self.tick())

    @rule()
    def print_without_deposit(self) -> None:
        self.campaign.print_letters(self.tick())

    @rule(which=st.integers(0, 7))
    def a_lot_is_given_up(self, which: int) -> None:
        lots = self.campaign.rows("select lot_id from notices.print_lot where status = 'HANDED_OVER' order by 1")
        if lots:
            home, burnt = self.campaign.home, Withdrawal("ops", "the print house burnt down", nothing_printed=True)
            withdraw_lot(home.db, home.store, lots[which % len(lots)]["lot_id"], burnt, self.tick())

    @rule(which=st.integers(0, 7))
    def an_email_bounces(self, which: int) -> None:
        mails = self.campaign.mails()
        if mails:
            self.campaign.bounce(mails[which % len(mails)], self.tick())

    @rule(person=SOMEONE, back=st.integers(0, 3), attempt_back=st.integers(0, 1))
    def somebody_opposes(self, person: Person, back: int, attempt_back: int) -> None:
        """With the code of the last notice, or of the one before; received now or some days ago, processed now."""
        attempts = [a for a in self.campaign.attempts(person) if a["status"] in ("SENT", "CLAIMED", "FAILED")]
        if not attempts:
            return
        attempt = attempts[max(len(attempts) - 1 - attempt_back, 0)]
        code = derive(self.campaign.home.code_key, 1, attempt["person_id"], attempt["attempt_no"])
        at = self.tick()
        (answer,) = self.campaign.oppose(request(person, code, at - timedelta(days=back)), at=at)
        if answer["result"] in ("ACCEPTED", "CLOSING"):
            self.refused.add(person.matricule)

    @rule(which=st.integers(0, 7))
    def a_letter_comes_back(self, which: int) -> None:
        found = self.campaign.rows("select person_id, attempt_no from campaign.attempt where lot_id is not null order by 1, 2")
        if found:
            notice = NoticeId(1, **found[which % len(found)])
            line = f"{reference(self.campaign.home.reference_key, notice)};UNCLAIMED;{self.now.date().isoformat()}"
            self.campaign.report("returned_letters", line, at=self.tick())

    @rule(person=SOMEONE)
    def somebody_moves(self, person: Person) -> None:
        """The address is corrected: whoever's letter came back is told again."""
        self.delivered_on += timedelta(days=1)
        self.campaign.register(person.but(address_4=f"{self.now:%d %H %M} rue Neuve", town="PARIS", postcode="75011"), on=self.delivered_on)
        self.campaign.take_in_reports(self.tick())

    @rule()
    def open(self) -> None:
        self.campaign.open(self.tick())

    @rule()
    def open_then_close(self) -> None:
        self.campaign.open(self.tick())
        self.campaign.close(self.tick())

    @invariant()
    def nobody_who_opposed_keeps_a_space(self) -> None:
        if not hasattr(self, "campaign"):
            return
        found = self.campaign.rows(
            "select 1 as wrong from accounts.account as a join oppositions.opposition as o using (person_id) where a.status = 'OPEN'"
        )
        assert found == []

    @invariant()
    def nobody_has_two_open_spaces(self) -> None:
        if hasattr(self, "campaign"):
            assert self.campaign.rows("select person_id from accounts.account where status = 'OPEN' group by 1 having count(*) > 1") == []

    @invariant()
    def nobody_is_opened_before_six_weeks_from_the_last_sending(self) -> None:
        if not hasattr(self, "campaign"):
            return
        found = self.campaign.rows(
            "select a.person_id from accounts.account as a join campaign.attempt as t using (person_id) "
            "where t.status = 'SENT' and a.opened_on <= t.sent_on + 42"
        )
        assert found == []

    @invariant()
    def the_books_balance(self) -> None:
        if hasattr(self, "campaign"):
            assert self.campaign.broken_equations() == []

    def teardown(self) -> None:
        """In the end every space of somebody who asked for none is closed."""
        if not hasattr(self, "campaign"):
            return
        self.campaign.close(self.now + timedelta(days=1))
        still_open = {
            row["matricule"]
            for row in self.campaign.rows(
                "select i.matricule from accounts.account as a join registry.identifier as i using (person_id) where a.status = 'OPEN'"
            )
        }
        assert not still_open & self.refused


SETTINGS = settings(
    max_examples=12, stateful_step_count=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@pytest.mark.timeout(280)
def test_no_order_of_events_breaks_a_rule(campaign: Campaign, fresh_campaign: Callable[[], Campaign]) -> None:
    Journeys.fresh = staticmethod(fresh_campaign)  # type: ignore[assignment]
    run_state_machine_as_test(Journeys, settings=SETTINGS)  # type: ignore[no-untyped-call]


@pytest.mark.timeout(280)
def test_a_guard_of_the_six_weeks_that_lets_people_pass_two_days_early_is_found(
    campaign: Campaign, fresh_campaign: Callable[[], Campaign], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copytree(campaign.home.db.folder, tmp_path / "sql")
    for statement in ("due_shards", "open_elapsed_windows"):
        file = folder / "accounts" / f"{statement}.sql"
        assert "last_day < :day" in file.read_text()
        file.write_text(file.read_text().replace("last_day < :day", "last_day < cast(:day as date) + 2"))
    monkeypatch.setattr(campaign.home.db, "folder", folder)
    Journeys.fresh = staticmethod(fresh_campaign)  # type: ignore[assignment]
    until_found = settings(SETTINGS, max_examples=60, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(Journeys, settings=until_found)  # type: ignore[no-untyped-call]
    assert "nobody_is_opened_before_six_weeks_from_the_last_sending" in [entry.name for entry in found.traceback]
