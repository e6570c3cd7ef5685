"""Several relays and connections, a pace for each, and what happens when one is busy, away, or refuses us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from pipelines.notices.emails.pace import Pace, Timer
from pipelines.notices.emails.relay import Fate
from pipelines.notices.emails.relays import MOST_PUT_OFF, MOST_RESTS, Envelope, Relays, Submitted
from pipelines.platform.settings import SmtpRelay
from tests.notices.emails.scripted_relay import free_port, here, scripted

NOW = datetime(2022, 1, 31, 9, tzinfo=UTC)


@dataclass
class FakeTime:
    """Time that passes only while somebody waits."""

    at: float = 100.0
    waited: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += seconds

    @property
    def timer(self) -> Timer:
        return Timer(lambda: self.at, self.wait)


def envelopes(*recipients: str) -> list[Envelope]:
    return [Envelope("retour@a.example", to, f"ES{rank}", b"Subject: x\r\n\r\n%d\r\n" % rank) for rank, to in enumerate(recipients)]


def many(count: int, domain: str = "example.org") -> list[Envelope]:
    return envelopes(*[f"p{rank}@{domain}" for rank in range(count)])


@contextmanager
def using(*relays: SmtpRelay, paces: Mapping[str, float] | None = None, time: FakeTime | None = None) -> Iterator[Relays]:
    with Relays(relays, paces or {}, (time or FakeTime()).timer) as opened:
        yield opened


def fates(results: list[Submitted]) -> list[Fate]:
    return [result.outcome.fate for result in results]


def test_every_message_leaves_once_over_several_connections_and_is_told_in_order() -> None:
    with scripted() as (answers, relay):
        answers.answers = {"p7@example.org": "550 5.1.1 unknown"}
        with using(relay.model_copy(update={"connections": 4})) as relays:
            results = relays.submit_all(many(40), lambda: NOW)
    assert [rank for rank, fate in enumerate(fates(results)) if fate is not Fate.ACCEPTED] == [7]
    assert sorted(answers.asked) == sorted(f"p{rank}@example.org" for rank in range(40))
    assert {result.at for result in results} == {NOW}


def test_another_relay_takes_what_one_that_is_away_cannot() -> None:
    with scripted() as (answers, relay), using(here(free_port()), relay) as relays:
        results = relays.submit_all(many(20), lambda: NOW)
        assert fates(results) == [Fate.ACCEPTED] * 20 and len(answers.accepted) == 20
        assert not relays.are_out


def test_another_relay_goes_on_when_one_refuses_us() -> None:
    with scripted() as (refusing, one), scripted() as (answers, other), using(one, other) as relays:
        refusing.mail = "550 5.7.1 not yours"
        assert fates(relays.submit_all(many(10), lambda: NOW)) == [Fate.ACCEPTED] * 10
        assert len(answers.accepted) == 10 and not relays.are_out


def test_a_single_relay_that_refuses_us_is_out_and_says_why() -> None:
    with scripted() as (answers, relay), using(relay) as relays:
        answers.mail = "550 5.7.1 not yours"
        assert fates(relays.submit_all(many(3), lambda: NOW)) == [Fate.RELAY_BUSY] * 3
        assert relays.are_out and "550 5.7.1" in str(relays.refusal)


def test_a_busy_relay_rests_twice_as_long_each_time_and_is_then_left_alone() -> None:
    time = FakeTime()
    with scripted() as (answers, relay), using(relay, time=time) as relays:
        answers.mail = "451 4.3.0 busy"
        assert fates(relays.submit_all(many(50), lambda: NOW)) == [Fate.RELAY_BUSY] * 50
        assert relays.are_out and relays.refusal is None
    assert time.waited == [0.25 * 2**rest for rest in range(MOST_RESTS)]


def test_a_relay_that_is_ready_again_takes_everything() -> None:
    with scripted() as (answers, relay), using(relay) as relays:
        answers.drop_at = "rcpt"
        assert fates(relays.submit_all(many(5), lambda: NOW)) == [Fate.ACCEPTED] * 5
        assert not relays.are_out


def test_one_message_at_which_a_relay_stumbles_holds_up_nobody() -> None:
    with scripted() as (answers, relay), using(relay) as relays:
        answers.answers = {"p2@example.org": "451 4.3.0 cannot"}
        found = fates(relays.submit_all(many(6), lambda: NOW))
        assert found.pop(2) is Fate.RELAY_BUSY and found == [Fate.ACCEPTED] * 5
        assert not relays.are_out


def test_a_domain_that_puts_us_off_again_and_again_gets_no_more() -> None:
    with scripted() as (answers, relay), using(relay) as relays:
        answers.answers = {f"p{rank}@slow.example": "450 4.7.1 later" for rank in range(20)}
        found = fates(relays.submit_all([*many(20, "slow.example"), *many(3)], lambda: NOW))
        assert found == [Fate.TRY_LATER] * 20 + [Fate.ACCEPTED] * 3
        assert sum(address.endswith("@slow.example") for address in answers.asked) == MOST_PUT_OFF


def test_a_connection_lost_after_the_text_is_not_submitted_again_in_the_same_run() -> None:
    with scripted() as (answers, relay), using(relay) as relays:
        answers.drop_at = "data"
        assert fates(relays.submit_all(many(3), lambda: NOW)) == [Fate.UNKNOWN, Fate.ACCEPTED, Fate.ACCEPTED]
        assert [address for address in answers.asked if address.startswith("p0")] == ["p0@example.org"]


def test_a_paced_domain_lets_the_others_pass() -> None:
    time = FakeTime()
    both = envelopes(*[f"p{rank}@{domain}" for rank in range(4) for domain in ("slow.example", "example.org")])
    with scripted() as (answers, relay), using(relay, paces={"Slow.example": 2}, time=time) as relays:
        relays.submit_all(both, lambda: NOW)
    assert [address.partition("@")[2] for address in answers.asked[:7]].count("example.org") == 4
    assert sum(time.waited) == pytest.approx(0.5)


def test_a_paced_relay_spreads_its_messages() -> None:
    time = FakeTime()
    with scripted() as (_, relay), using(relay.model_copy(update={"a_second": 10}), time=time) as relays:
        relays.submit_all(many(31), lambda: NOW)
    assert sum(time.waited) == pytest.approx(2.0)


def test_a_pace_holds_over_any_span() -> None:
    pace = Pace(5)
    instants = [pace.reserve(1000.0 + rank * 0.01) for rank in range(100)]
    assert instants == sorted(instants)
    for start in instants:
        assert sum(start <= instant < start + 4 for instant in instants) <= 4 * 5 + 6
