"""The life of a few spaces as hypothesis plays it: every event in any order, and what must hold after each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipelines.accounts.archive import archived_until
from pipelines.lifecycle.contract import OF_SECURITY, Kind
from pipelines.platform.clock import legal_day
from tests.campaign_driver import OPENING, Campaign
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

PEOPLE = (invent(1), invent(2))
# The first lives most of what happens, so that one life becomes long.
SOMEONE = st.sampled_from([*[PEOPLE[0]] * 4, PEOPLE[1]])
# Those that move most are drawn most.
ASKED = st.sampled_from([*Kind, Kind.CLOSE, Kind.CLOSE, Kind.REOPEN, Kind.REOPEN, Kind.DELETE_EXPRESS, Kind.SUSPEND])
YEARS, DELETION_DAYS = 10, 14


class LivesAtRandom(RuleBasedStateMachine):
    """Spaces that are open at the beginning; `closed_on`, `asked_on` and `objected` are what the rules say of each person's space."""

    fresh: ClassVar[Callable[[], Campaign]]

    @initialize()
    def begin(self) -> None:
        self.campaign = type(self).fresh()
        self.lives = Lives(self.campaign)
        self.now: datetime = OPENING
        self.dead: set[Person] = set()
        self.closed_on: dict[Person, date] = {}
        self.asked_on: dict[Person, date] = {}
        self.objected: set[Person] = set()
        self.stood = dict.fromkeys(PEOPLE, "OPEN")
        self.campaign.register(*PEOPLE)
        self.campaign.notify()
        self.campaign.open(self.now)
        for person in PEOPLE:
            self.lives.store(person, b"<first/>", self.tick())

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    @rule(person=SOMEONE, kind=ASKED)
    def something_is_asked(self, person: Person, kind: Kind) -> None:
        answer = self.lives.ask(kind, person, self.tick())
        if answer["result"] == "REFUSED":
            return
        if kind is Kind.DELETE_EXPRESS:
            self.asked_on[person] = legal_day(self.now)
        elif kind is Kind.REOPEN:
            self.asked_on.pop(person, None)
        elif kind is Kind.OBJECTION:
            self.objected.add(person)
        elif kind in OF_SECURITY - {Kind.SUSPENSION_TOLD}:
            self.objected.discard(person)
        self.note()

    @rule(person=SOMEONE, objects=st.booleans())
    def somebody_is_suspended_and_told(self, person: Person, objects: bool) -> None:
        for kind in (Kind.SUSPEND, Kind.SUSPENSION_TOLD, *([Kind.OBJECTION] if objects else [])):
            self.something_is_asked(person, kind)

    @rule(person=SOMEONE)
    def somebody_changes_their_mind(self, person: Person) -> None:
        for kind in (Kind.DELETE_EXPRESS, Kind.REOPEN, Kind.CLOSE):
            self.something_is_asked(person, kind)

    @rule(person=SOMEONE)
    def somebody_dies_or_lives_after_all(self, person: Person) -> None:
        self.now += timedelta(days=1)
        self.dead ^= {person}
        died_on = legal_day(self.now) if person in self.dead else None
        self.campaign.register(person.but(died_on=died_on), *({*PEOPLE} - {person}), on=legal_day(self.now))

    @rule(person=SOMEONE)
    def a_document_comes(self, person: Person) -> None:
        if self.stood[person] == "OPEN":
            self.lives.store(person, f"<{self.now}/>".encode(), self.tick())

    @rule(days=st.sampled_from([0, 15, 43, 3_700, 3_700]))
    def the_night_comes(self, days: int) -> None:
        self.now += timedelta(days=days)
        before = dict(self.stood)
        self.lives.day(self.tick())
        self.note()
        for person in PEOPLE:
            if self.stood[person] == "PURGED" and before[person] != "PURGED":
                assert self.may_be_destroyed(person), "destroyed before its date"
        assert self.campaign.broken_equations() == []

    def note(self) -> None:
        """Note which spaces closed just now; one that was objected for must not be among them, unless somebody asked or died."""
        for person in PEOPLE:
            account = self.lives.account(person)
            if account["status"] == "CLOSED" and self.stood[person] != "CLOSED":
                self.closed_on[person] = legal_day(self.now)
                assert account["closing_reason"] != "SUSPENSION" or person not in self.objected
            self.stood[person] = account["status"]

    def may_be_destroyed(self, person: Person) -> bool:
        """By the law's two ways: ten years from the closing, or an express request that was not taken back, some days old."""
        today, asked = legal_day(self.now), self.asked_on.get(person)
        return today > archived_until(self.closed_on[person], YEARS) or (
            asked is not None and today >= asked + timedelta(days=DELETION_DAYS)
        )

    @invariant()
    @precondition(lambda self: hasattr(self, "lives"))
    def nothing_can_be_read_but_of_open_spaces(self) -> None:
        assert all(self.lives.readable(person) == 0 for person in PEOPLE if self.stood[person] != "OPEN")

    @invariant()
    @precondition(lambda self: hasattr(self, "lives"))
    def nothing_is_kept_of_what_was_destroyed(self) -> None:
        destroyed = {str(row["id"]) for row in self.campaign.rows("select account_id as id from accounts.account where status = 'PURGED'")}
        kept = {str(row["id"]) for row in self.campaign.rows("select account_id as id from documents.document")}
        assert not destroyed & (kept | {key.partition("/")[0] for key in self.lives.objects()})
