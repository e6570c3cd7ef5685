"""How a request is judged, without a database: the proof, the lock, the instant that decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.campaign.opposition_code import derive
from pipelines.campaign.policy import Policy, load_policy
from pipelines.oppositions.claims import make_claims, matricules_to_find
from pipelines.oppositions.contract import Cause, Channel, Kind, Outcome, Request, message
from pipelines.oppositions.verification import Candidate, Decision, Verifier
from pipelines.platform.keyed_digests import keyed_digests

KEY = bytes(range(32))
MATRICULE = "269059999904295"
NOW = datetime(2022, 3, 20, 12, tzinfo=UTC)
LAST_DAY = date(2022, 3, 14)
IN_TIME = datetime(2022, 3, 10, 12, tzinfo=UTC)
CODE = derive(KEY, 1, 7, 1)
GUESS = derive(KEY, 1, 8, 1)


@pytest.fixture(scope="module")
def policy(home: Path) -> Policy:
    """The policy as it is delivered."""
    return load_policy(home / "pipelines" / "campaign" / "policy.toml")


@pytest.fixture(scope="module")
def home() -> Path:
    """The project's folder."""
    return Path(__file__).parents[2]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many codes were computed, a number for each time."""
    counted: list[int] = []

    def counting(key: bytes, messages: list[bytes]) -> list[bytes]:
        counted.append(len(messages))
        return keyed_digests(key, messages)

    monkeypatch.setattr("pipelines.campaign.opposition_code.keyed_digests", counting)
    return counted


def somebody(status: str = "NOTIFIED", failures: int = 0) -> Candidate:
    return Candidate(7, "19690512", "DURAND", status, 1, LAST_DAY, failures)


def asked(kind: Kind = Kind.OPPOSE, code: str | None = CODE, at: datetime = IN_TIME, birth_date: str = "19690512") -> Request:
    return Request("r", MATRICULE, birth_date, kind, at, code=code)


def decide(person: Candidate, requests: Sequence[Request], policy: Policy, channel: Channel = Channel.WEB) -> list[Decision]:
    verifier = Verifier({MATRICULE: person}, {1: KEY}, policy, channel, NOW)
    return verifier.decide(make_claims(requests, channel, policy))


def test_a_mistyped_code_is_looked_up_for_nobody(policy: Policy) -> None:
    claims = make_claims([asked(code=CODE[:-1] + ("0" if CODE[-1] != "0" else "1"))], Channel.WEB, policy)
    assert matricules_to_find(claims) == []


def test_one_code_is_computed_for_each_line_whatever_fails(policy: Policy, computed: list[int]) -> None:
    """An honest line, a guess, a wrong date, an unknown person, a slip of the pen, a locked code: the same work."""
    unknown = Request("r", "1690599999042", "19690512", received_at=IN_TIME, code=CODE)
    for request in (asked(), asked(code=GUESS), asked(birth_date="19700101"), asked(code="0" * 11 + "1"), unknown):
        decide(somebody(), [request], policy)
    decide(somebody(failures=99), [asked()], policy)
    assert computed == [1] * 6


def test_a_hundred_thousand_guesses_lock_the_code_and_tell_nothing(policy: Policy) -> None:
    decisions = decide(somebody(), [*[asked(code=GUESS)] * 100_000, asked()], policy)
    causes = [decision.cause for decision in decisions]
    assert causes[:5] == [Cause.NOT_VERIFIED] * 5 and set(causes[5:]) == {Cause.LOCKED}
    assert len({message(decision.outcome, decision.cause) for decision in decisions}) == 1


def test_guesses_cost_no_more_codes_than_honest_lines(policy: Policy, computed: list[int]) -> None:
    decide(somebody(), [asked(code=GUESS)] * 1000, policy)
    decide(somebody(), [asked()] * 1000, policy)
    assert computed == [1000, 1000]


@pytest.mark.parametrize(("received", "cause"), [((3, 14, 22, 59, 59, 999999), None), ((3, 14, 23, 0, 0, 0), Cause.LATE)])
def test_the_last_instant_of_the_last_day_in_paris_is_in_time(policy: Policy, received: tuple[int, ...], cause: Cause | None) -> None:
    (decision,) = decide(somebody(), [asked(at=datetime(2022, *received, tzinfo=UTC))], policy)  # type: ignore[arg-type, misc]
    assert (decision.outcome, decision.cause) == (Outcome.ACCEPTED, cause)


@pytest.mark.parametrize(("day", "cause"), [(14, None), (15, Cause.LATE)])
def test_of_a_letter_the_day_decides_whole(policy: Policy, day: int, cause: Cause | None) -> None:
    letter = Request("r", MATRICULE, "19690512", received_on=date(2022, 3, day), agent="scan-1", code=CODE)
    (decision,) = decide(somebody(), [letter], policy, Channel.PAPER)
    assert (decision.outcome, decision.cause) == (Outcome.ACCEPTED, cause)


@pytest.mark.parametrize("channel", [Channel.WEB, Channel.PAPER])
def test_what_was_received_in_time_closes_whatever_the_policy_says(policy: Policy, channel: Channel) -> None:
    chosen = policy.model_copy(update={"closes_after_opening": ()})
    request = asked() if channel is Channel.WEB else Request("r", MATRICULE, "19690512", received_on=LAST_DAY, agent="s", code=CODE)
    (decision,) = decide(somebody("OPENED"), [request], chosen, channel)
    assert (decision.outcome, decision.cause) == (Outcome.CLOSING, Cause.IN_TIME_AFTER_OPENING)


@pytest.mark.parametrize(("channels", "outcome"), [((Channel.WEB,), Outcome.CLOSING), ((), Outcome.PROPOSED)])
def test_after_the_opening_the_policy_says_whether_a_channel_closes(
    policy: Policy, channels: tuple[Channel, ...], outcome: Outcome
) -> None:
    chosen = policy.model_copy(update={"closes_after_opening": channels})
    (decision,) = decide(somebody("OPENED"), [asked(at=NOW)], chosen)
    assert (decision.outcome, decision.cause) == (outcome, Cause.AFTER_OPENING)


@pytest.mark.parametrize(
    ("birth_name", "birth_date", "outcome"),
    [("Durand", "19690512", "ACCEPTED"), ("DUPOND", "19690512", "REFUSED"), ("DURAND", "19690513", "REFUSED")],
)
def test_without_code_the_name_and_the_date_must_both_be_right(policy: Policy, birth_name: str, birth_date: str, outcome: str) -> None:
    chosen = policy.model_copy(update={"opposes_without_code": (Channel.PAPER,)})
    letter = Request("r", MATRICULE, birth_date, received_on=LAST_DAY, agent="scan-1", birth_name=birth_name)
    (decision,) = decide(somebody(), [letter], chosen, Channel.PAPER)
    assert decision.outcome == outcome


def test_a_wrong_name_counts_as_a_wrong_try(policy: Policy) -> None:
    chosen = policy.model_copy(update={"opposes_without_code": (Channel.PAPER,)})
    letter = Request("r", MATRICULE, "19690512", received_on=LAST_DAY, agent="scan-1", birth_name="DUPOND")
    decisions = decide(somebody(), [letter] * 6, chosen, Channel.PAPER)
    assert decisions[5].cause is Cause.LOCKED


def test_the_old_code_is_dead_from_the_instant_of_the_request_for_a_new_one(policy: Policy) -> None:
    before, after = asked(at=IN_TIME - timedelta(seconds=1)), asked(at=IN_TIME)
    new_code = asked(Kind.NEW_CODE, code=None)
    assert [decision.cause for decision in decide(somebody(), [new_code, after], policy)] == [None, Cause.DEAD_CODE]
    assert [decision.outcome for decision in decide(somebody(), [new_code, before], policy)] == [Outcome.NOTED, Outcome.ACCEPTED]


def test_after_the_new_notice_only_its_code_counts(policy: Policy) -> None:
    person = somebody()
    person.attempt_no, person.dead_attempt_no, person.died_at, person.dead_last_day = 2, 1, IN_TIME - timedelta(days=3), LAST_DAY
    old, new = asked(), asked(code=derive(KEY, 1, 7, 2))
    assert [decision.outcome for decision in decide(person, [old, new], policy)] == [Outcome.REFUSED, Outcome.ACCEPTED]


def test_a_second_new_code_comes_too_soon(policy: Policy) -> None:
    person = somebody()
    person.attempt_no, person.dead_attempt_no, person.died_at, person.dead_last_day = 2, 1, IN_TIME - timedelta(days=6), LAST_DAY
    (soon,) = decide(person, [asked(Kind.NEW_CODE, code=None)], policy)
    (later,) = decide(person, [asked(Kind.NEW_CODE, code=None, at=IN_TIME + timedelta(days=1))], policy)
    assert (soon.cause, later.cause) == (Cause.TOO_SOON, None)


def test_every_request_for_a_code_is_answered_alike(policy: Policy) -> None:
    asking = asked(Kind.NEW_CODE, code=None)
    wrong = asked(Kind.NEW_CODE, code=None, birth_date="19700101")
    states = [somebody(), somebody("OPPOSED"), somebody("OPENED"), somebody("PLANNED"), somebody("EXCLUDED")]
    decisions = [decide(person, [asking], policy)[0] for person in states] + decide(somebody(), [wrong], policy)
    assert {(decision.outcome, message(decision.outcome, decision.cause)) for decision in decisions} == {
        (Outcome.NOTED, message(Outcome.NOTED, None))
    }


def test_a_released_code_is_accepted_again(policy: Policy) -> None:
    release = Request("r", MATRICULE, "19690512", Kind.RELEASE, IN_TIME, agent="a-1")
    right = Request("r", MATRICULE, "19690512", received_at=IN_TIME, agent="a-1", code=CODE)
    decisions = decide(somebody(failures=5), [right, release, right], policy, Channel.PHONE)
    assert [decision.outcome for decision in decisions] == [Outcome.REFUSED, Outcome.RELEASED, Outcome.ACCEPTED]
