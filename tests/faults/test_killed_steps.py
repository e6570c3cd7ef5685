"""A step that is killed in the middle and run again: nobody lost, nobody told twice beyond the messages in flight, no second account."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.notices.email_dispatch import send_emails
from pipelines.platform.errors import RetryableError
from tests.campaign_driver import OPENING, SENT, Campaign, code_in, paris
from tests.faults.victim import FOLDER, SHARD
from tests.registry_builder import by_letter, deliver, invent

PATIENCE = 120.0
PEOPLE = 30  # one chunk of 20 and one of 10
PROJECT = Path(__file__).parents[2]


class Victims:
    """Processes that run one step each."""

    def __init__(self, campaign: Campaign, directory: Path) -> None:
        self._settings, self._directory = campaign.home.settings, directory

    @contextmanager
    def stopped(self, step: str, method: str, call: int, moment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Give a process that has stopped at its marker; whatever happens, it is killed at the end."""
        marker = self._directory / f"{step}-{method}-{call}-{moment}"
        settings = self._settings
        environment = {
            "ESPACE_SANTE_VAR": str(settings.var),
            "ESPACE_SANTE_POLICY_FILE": str(settings.policy_file),
            "ESPACE_SANTE_SHARD_SIZE": str(settings.shard_size),
            "PATH": "",
        }
        command = [sys.executable, "-m", "tests.faults.victim", step, method, str(call), moment, str(marker)]
        with subprocess.Popen(command, env=environment, cwd=PROJECT, stderr=subprocess.PIPE) as process:
            try:
                deadline = time.monotonic() + PATIENCE
                while not marker.exists():
                    assert process.poll() is None, f"the step ended before its marker: {process.stderr.read().decode()[-2000:]}"  # type: ignore[union-attr]
                    assert time.monotonic() < deadline, "the marker was never reached"
                    time.sleep(0.02)
                yield process
            finally:
                process.kill()
                process.wait()

    def kill(self, step: str, method: str, call: int, moment: str) -> None:
        """Run a step until its marker, and kill it there with SIGKILL."""
        with self.stopped(step, method, call, moment):
            pass


@pytest.fixture
def victims(campaign: Campaign, tmp_path: Path) -> Victims:
    """What starts steps to be killed."""
    return Victims(campaign, tmp_path)


@pytest.fixture
def until_free(campaign: Campaign) -> Callable[[], None]:
    """Wait until the database has noticed that a killed process is gone: its locks fall with its connection."""

    def wait() -> None:
        deadline = time.monotonic() + PATIENCE
        while campaign.rows(
            "select 1 as busy from pg_stat_activity where usename = 'espace_pipeline_login' and pid <> pg_backend_pid() "
            "and (state like 'idle in transaction%' or pid in (select pid from pg_locks where locktype = 'advisory'))"
        ):
            assert time.monotonic() < deadline, "the killed process still holds its locks"
            time.sleep(0.02)

    return wait


SEND_MARKERS = [("submit", 1, "before"), ("submit", 7, "before"), ("submit", 7, "after"), ("submit", 20, "after"), ("submit", 23, "after")]


@pytest.mark.parametrize(("method", "call", "moment"), SEND_MARKERS)
def test_sending_that_is_killed_loses_nobody_and_repeats_only_the_chunk_in_flight(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    people = [invent(number) for number in range(1, PEOPLE + 1)]
    campaign.register(*people)
    campaign.decide(campaign.plan())
    victims.kill("send", method, call, moment)
    until_free()
    left_before = {str(m["Message-ID"]): code_in(m) for m in campaign.mails()}
    confirmed = {row["person_id"] for row in campaign.rows("select person_id from campaign.attempt where status = 'SENT'")}
    campaign.send()
    copies = Counter(str(message["Delivered-To"]) for message in campaign.mails())
    assert set(copies) == {person.email for person in people}
    assert {copies[str(person.email)] for person in people if campaign.person_id(person) in confirmed} <= {1}
    assert max(copies.values()) <= 2 and sum(copies.values()) == PEOPLE + len(left_before) - len(confirmed)
    assert {str(m["Message-ID"]): code_in(m) for m in campaign.mails()}.items() >= left_before.items()
    assert len({str(m["Message-ID"]) for m in campaign.mails()}) == PEOPLE
    assert {campaign.status(person) for person in people} == {"NOTIFIED"} and campaign.broken_equations() == []


@pytest.mark.parametrize(
    ("method", "call", "moment"), [("put", 1, "before"), ("put", 2, "after"), ("put", 3, "after"), ("put", 5, "before")]
)
def test_a_lot_that_is_killed_is_made_again_with_the_same_letters(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    people = [by_letter(number) for number in range(1, 56)]
    campaign.register(*people)
    campaign.decide(campaign.plan())
    victims.kill("produce", method, call, moment)
    until_free()
    campaign.print_letters(paris(2022, 2, 1))
    lots = [row["lot_id"] for row in campaign.rows("select lot_id from notices.print_lot order by lot_id")]
    references = [letter.reference for lot in lots for letter in campaign.letters(lot)]
    campaign.deposit(lots, paris(2022, 2, 1).date(), paris(2022, 2, 1))
    assert len(references) == len(set(references)) == len(people)
    assert {campaign.status(person) for person in people} == {"NOTIFIED"} and campaign.broken_equations() == []


@pytest.mark.parametrize(("method", "call", "moment"), [("one", 1, "before"), ("one", 1, "after"), ("run", 1, "after")])
def test_an_opening_that_is_killed_opens_everyone_once(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    people = [invent(number) for number in range(1, PEOPLE + 1)]
    campaign.register(*people)
    campaign.notify()
    victims.kill("open", method, call, moment)
    until_free()
    assert campaign.rows("select count(*) as n from accounts.account") == [{"n": 0}]
    campaign.open(OPENING)
    assert [len(campaign.accounts(person)) for person in people] == [1] * PEOPLE and campaign.broken_equations() == []


@pytest.mark.parametrize(
    ("method", "call", "moment"), [("run", 2, "after"), ("run", 8, "after"), ("run", 11, "after"), ("put", 1, "before")]
)
def test_a_delivery_that_is_killed_is_taken_in_once(
    campaign: Campaign, victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    people = [invent(number) for number in range(1, PEOPLE + 1)]
    deliver(campaign.home.store, "CPAM", people, paris(2022, 1, 3).date())
    victims.kill("take_in", method, call, moment)
    until_free()
    assert [report.folder for report in campaign.take_in_all(paris(2022, 1, 3, 4))] == [FOLDER]
    found = campaign.rows("select (select count(*) from registry.person) as people, (select count(*) from registry.delivery) as deliveries")
    assert found == [{"people": PEOPLE, "deliveries": 1}] and campaign.broken_equations() == []


def test_a_second_copy_of_a_sending_is_told_to_come_later_and_sends_nothing(campaign: Campaign, victims: Victims) -> None:
    campaign.register(*[invent(number) for number in range(1, PEOPLE + 1)])
    campaign.decide(campaign.plan())
    with victims.stopped("send", "submit", 3, "before"), campaign.relay() as dispatch:
        before = len(campaign.mails())
        with pytest.raises(RetryableError, match="another run is busy"):
            send_emails(dispatch, SHARD, SENT)
        assert len(campaign.mails()) == before
