"""A campaign over a few people as hypothesis plays it: every event of the real steps in any order, and what must hold after each."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pipelines.accounts.systems import Reason, System
from pipelines.campaign.opposition_code import derive
from pipelines.notices.reference import NoticeId, reference
from pipelines.notices.withdrawn_lots import Withdrawal, withdraw_lot
from pipelines.platform.clock import PARIS
from tests.accounts.systems_behind import SystemsBehind
from tests.campaign_driver import SENT, Campaign, as_channel_writes, request
from tests.properties.request_rules import CHANNELS, RELEASING, Asked, Standing
from tests.registry_builder import Person, by_letter, invent

NOBODY_WRITES = {"address_4": None, "postcode": None, "town": None}
PEOPLE: tuple[Person, ...] = (*map(invent, (1, 2, 3)), *(invent(n, **NOBODY_WRITES) for n in (4, 5)), *map(by_letter, (6, 7, 8)))
SOMEONE, CHANNEL = st.sampled_from(PEOPLE), st.sampled_from(CHANNELS)
NOBODYS_CODE = 99
LATER_BY_LETTER = 4
STEPS_AN_AUDIT = 5
OFTEN, NOT_OFTEN = st.sampled_from([True, True, True, False]), st.sampled_from([False, False, False, True])
PARTS = re.compile(r"ES(\d)(\d{9})(\d{2})")


class Journeys(RuleBasedStateMachine):
    """A campaign whose days pass as hypothesis likes; requests may be read at once or lie in the inbox for days.

    `standing` is what the rules say of each person, `waiting` the requests that nobody has read, `opposed` who may never have a space,
    `to_close` whose space must be closed by the next opening run, `bounced` the e-mails that came back for good.
    """

    fresh: ClassVar[Callable[[], Campaign]]
    steps = 0

    @initialize(everybody_is_told=st.sampled_from([True, True, True, False]))
    def begin(self, everybody_is_told: bool) -> None:
        self.campaign = type(self).fresh()
        self.now: datetime = SENT
        self.delivered_on = date(2022, 1, 3)
        self.standing: dict[Person, Standing] = defaultdict(Standing)
        self.waiting: list[tuple[str, list[Asked]]] = []
        self.opposed: set[Person] = set()
        self.to_close: set[Person] = set()
        self.bounced: set[NoticeId] = set()
        self.systems = SystemsBehind(self.campaign)
        self.answered: dict[System, list[int]] = {system: [] for system in System}
        self.campaign.register(*PEOPLE, on=self.delivered_on)
        if everybody_is_told:
            lots = self.campaign.notify(self.now)
            self.now += timedelta(days=LATER_BY_LETTER)
            self.campaign.deposit(lots, self.now.date(), self.now)

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    # What operations do.

    @rule(
        approved=st.sampled_from([True, True, True, False]),
        is_sent=st.booleans(),
        deposited=st.sampled_from(["at once", "on its day", "no"]),
    )
    def tell(self, approved: bool, is_sent: bool, deposited: str) -> None:
        """Plan, and dispatch as far as the day goes."""
        self.campaign.decide(self.campaign.plan(self.tick()), approved, at=self.tick())
        if is_sent:
            self.campaign.send(self.tick())
        for lot in self.campaign.print_letters(self.tick()):
            due = date.fromisoformat(self.campaign.manifest(lot)["prepared_for"])
            if deposited == "on its day":
                self.now = max(self.now, datetime.combine(due, self.now.timetz()))
            if deposited != "no":
                self.campaign.deposit([lot], self.now.date(), self.tick())

    @rule(days_after=st.sampled_from([(-20,), (0,), (0, 1), (0, 1)]))
    def open_what_is_due(self, days_after: tuple[int, ...]) -> None:
        """So many days after the next last day to oppose, unless that has passed: on that day itself nobody is due."""
        ending = self.campaign.rows("select min(last_day) as day from campaign.journey where status = 'NOTIFIED'")[0]["day"]
        for days in days_after if ending else (0,):
            self.now = max(self.now, datetime.combine((ending or SENT.date()) + timedelta(days=days), time(0, 30), PARIS))
            self.run_opening()

    def run_opening(self) -> None:
        """The tasks of an opening run in their order: what waits is read, late oppositions close, what has ended opens."""
        self.read_what_waits()
        self.campaign.close(self.tick())
        self.campaign.open(self.tick())
        assert [person for person in self.to_close if self.has_space(person)] == []

    @rule(refusal=st.sampled_from([None, None, Reason.UNAVAILABLE]))
    def the_systems_behind_answer(self, refusal: Reason | None) -> None:
        """They are told what is new, and accept it or cannot do it for now: such a space is impossible until they can."""
        self.systems.tell(self.tick())
        for system in System:
            for file_no in self.systems.files(system)[len(self.answered[system]) :]:
                lines = range(1, self.systems.manifest(system, file_no)["records"] + 1) if refusal else ()
                assert self.systems.answer(system, file_no, self.tick(), dict.fromkeys(lines, f"{refusal}")) is None
                self.answered[system].append(file_no)

    # What comes back.

    @rule(which=st.integers(0, 7), what=st.sampled_from(["bounce", "bounce", "letter", "lot", "move"]))
    def something_comes_back(self, which: int, what: str) -> None:
        match what:
            case "bounce":
                self.an_email_bounces(which)
            case "letter":
                self.a_letter_comes_back(which)
            case "lot":
                self.a_lot_is_given_up(which)
            case _:
                self.somebody_moves(PEOPLE[which])

    def an_email_bounces(self, which: int) -> None:
        mails = self.campaign.mails()
        if mails:
            mail = mails[which % len(mails)]
            self.campaign.bounce(mail, self.tick())
            parts = PARTS.search(str(mail["Message-ID"]))
            assert parts
            self.bounced.add(NoticeId(*map(int, parts.groups())))

    def a_letter_comes_back(self, which: int) -> None:
        found = self.campaign.rows("select person_id, attempt_no from campaign.attempt where lot_id is not null order by 1, 2")
        if found:
            notice = NoticeId(1, **found[which % len(found)])
            line = f"{reference(self.campaign.home.reference_key, notice)};UNCLAIMED;{self.now.date().isoformat()}"
            self.campaign.report("returned_letters", line, at=self.tick())

    def a_lot_is_given_up(self, which: int) -> None:
        lots = self.campaign.rows("select lot_id from notices.print_lot where status = 'HANDED_OVER' order by 1")
        if lots:
            home, burnt = self.campaign.home, Withdrawal("ops", "the print house burnt down", nothing_printed=True)
            withdraw_lot(home.db, home.store, lots[which % len(lots)]["lot_id"], burnt, self.tick())

    def somebody_moves(self, person: Person) -> None:
        """The address is corrected: whoever's letter came back is told again."""
        self.delivered_on += timedelta(days=1)
        self.campaign.register(person.but(address_4=f"{self.now:%d %H %M} rue Neuve", town="PARIS", postcode="75011"), on=self.delivered_on)
        self.campaign.take_in_reports(self.tick())

    # What people ask.

    @rule(person=SOMEONE, channel=CHANNEL, days_ago=st.sampled_from([0, 0, 3]), has_old_code=NOT_OFTEN, is_read=OFTEN)
    def somebody_opposes(self, person: Person, channel: str, days_ago: int, has_old_code: bool, is_read: bool) -> None:
        """With the code of the last notice that left, or of the one before; read now, or with the next file."""
        told = self.told(person)
        if told:
            attempt = told[max(len(told) - 1 - has_old_code, 0)]["attempt_no"]
            self.ask([Asked(person, channel, "OPPOSE", self.tick() - timedelta(days=days_ago), attempt)], is_read)

    @rule(person=SOMEONE, channel=CHANNEL, is_late=st.booleans(), is_read=OFTEN)
    def somebody_opposes_at_the_end(self, person: Person, channel: str, is_late: bool, is_read: bool) -> None:
        """In the last second of the last day in Paris, or in the first one after it."""
        last_day = self.campaign.journey(person)["last_day"] if self.told(person) else None
        if last_day is not None:
            end = datetime.combine(last_day + timedelta(days=1), time.min, PARIS)
            self.now = max(self.now, end + timedelta(seconds=1))
            received, attempt = end - timedelta(seconds=not is_late), self.campaign.journey(person)["attempt_no"]
            self.ask([Asked(person, channel, "OPPOSE", received, attempt)], is_read)

    @rule(person=SOMEONE, channel=st.sampled_from(RELEASING), what=st.sampled_from(["one try", "locked", "released", "lost", "found"]))
    def somebody_has_trouble_with_the_code(self, person: Person, channel: str, what: str) -> None:
        """Wrong tries, a lock and its release; a code that is lost and replaced, and the old one, dead, that comes to light."""
        told = self.told(person)
        tries = {"one try": 1, "locked": 5, "released": 5}.get(what, 0)
        self.ask([Asked(person, channel, "OPPOSE", self.tick(), NOBODYS_CODE)] * tries)
        if what == "released":
            self.ask([Asked(person, channel, "RELEASE", self.tick())])
        if what in ("lost", "found"):
            self.ask([Asked(person, channel, "NEW_CODE", self.tick())])
        if told and what in ("locked", "released", "found"):
            self.ask([Asked(person, "WEB", "OPPOSE", self.tick(), told[-1]["attempt_no"])])

    def told(self, person: Person) -> list[dict[str, Any]]:
        """The notices that left or may have left, the oldest first."""
        attempts = self.campaign.attempts(person)
        return [row for row in attempts if row["message_id"] is None and row["status"] in ("SENT", "CLAIMED", "FAILED")]

    def ask(self, lines: list[Asked], is_read: bool = True) -> None:
        """Put a file down; read what waits, or let it lie."""
        if not lines or not self.campaign.rows("select from campaign.journey limit 1"):
            return
        name = f"{len(self.waiting):04d}-{self.now:%Y%m%d%H%M%S}.jsonl"
        content = "".join(json.dumps(self.written(line)) + "\n" for line in lines)
        self.campaign.home.store.put("exchanges", f"oppositions/{lines[0].channel}/inbox/{name}", content.encode())
        self.waiting.append((name, lines))
        if is_read:
            self.read_what_waits()

    def written(self, asked: Asked) -> dict[str, Any]:
        """Return a request as its channel writes it."""
        home, person_id = self.campaign.home, self.campaign.person_id(asked.person)
        line = request(asked.person, derive(home.code_keys[1], 1, person_id, asked.attempt), asked.received_at)
        if asked.kind != "OPPOSE":
            line = {name: value for name, value in line.items() if name != "code"} | {"kind": asked.kind}
        return as_channel_writes(line, asked.channel)

    def read_what_waits(self) -> None:
        """Take in every file, and compare each decision with what the rules say."""
        for person in PEOPLE:
            self.standing[person] = self.standing[person].seen_in(self.campaign, person)
        before = self.campaign.rows("select coalesce(max(work_id), 0) as work_id from oppositions.request")[0]["work_id"]
        self.campaign.take_in_oppositions(self.tick())
        made = self.campaign.rows(
            "select outcome, cause from oppositions.request where work_id > :before order by work_id, line", before=before
        )
        expected = [self.expect(line) for _, lines in self.in_order_of_reading() for line in lines]
        self.waiting = []
        assert [(row["outcome"], row["cause"]) for row in made] == expected

    def in_order_of_reading(self) -> list[tuple[str, list[Asked]]]:
        return sorted(self.waiting, key=lambda file: (CHANNELS.index(file[1][0].channel), file[0]))

    def expect(self, asked: Asked) -> tuple[str, str | None]:
        """Return how a request must be decided, and remember what follows."""
        self.standing[asked.person], decided = self.standing[asked.person].after(asked)
        if decided[0] == "ACCEPTED":
            self.opposed.add(asked.person)
        if decided[0] == "CLOSING":
            self.to_close.add(asked.person)
        return decided

    def has_space(self, person: Person) -> bool:
        """Whether a space of the person is not closed."""
        return any(account["status"] != "CLOSED" for account in self.campaign.accounts(person))

    # What must hold.

    @invariant()
    def nobody_who_opposed_before_the_opening_ever_has_a_space(self) -> None:
        if hasattr(self, "campaign"):
            assert [person for person in self.opposed if self.campaign.accounts(person)] == []

    @invariant()
    def nobody_has_two_open_spaces(self) -> None:
        if hasattr(self, "campaign"):
            found = self.campaign.rows("select person_id from accounts.account where status <> 'CLOSED' group by 1 having count(*) > 1")
            assert found == []

    @invariant()
    def nobody_is_opened_before_six_weeks_from_the_last_sending(self) -> None:
        if hasattr(self, "campaign"):
            found = self.campaign.rows(
                "select a.person_id from accounts.account as a join campaign.attempt as t using (person_id) "
                "where t.status = 'SENT' and t.message_id is null and a.opened_on <= t.sent_on + 42"
            )
            assert found == []

    @invariant()
    def no_six_weeks_run_from_an_email_that_bounced(self) -> None:
        if hasattr(self, "campaign"):
            running = self.campaign.rows("select campaign_id, person_id, attempt_no from campaign.journey where status = 'NOTIFIED'")
            assert {NoticeId(**row) for row in running} & self.bounced == set()

    @invariant()
    def the_books_balance(self) -> None:
        """Looked at after some of the steps, and in the end: the equations read every table."""
        self.steps += 1
        if hasattr(self, "campaign") and self.steps % STEPS_AN_AUDIT == 0:
            assert self.campaign.broken_equations() == []

    def teardown(self) -> None:
        """In the end every space of somebody who asked for none is closed."""
        if hasattr(self, "campaign"):
            self.now += timedelta(days=1)
            self.run_opening()
            assert self.campaign.broken_equations() == []
