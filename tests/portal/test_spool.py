"""Nobody gets a receipt for a request that is not safe, and no request that is safe is lost."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from pipelines.oppositions.contract import Channel, Kind, Request
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.portal import spool as spool_module
from pipelines.portal.days import Days
from pipelines.portal.follow_up import FileName
from pipelines.portal.person_form import Insured
from pipelines.portal.spool import Spool
from tests.campaign_driver import paris
from tests.portal.conftest import SetClock

ANNE = Insured("NFXVWWP6HM02", "269059999904295", "19690512")
CHILD = Insured("0123456789AB", "2120599999042", "20120500")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def spool(tmp_path: Path, clock: SetClock) -> Iterator[Spool]:
    opened = Spool(tmp_path, clock)
    yield opened
    opened.close()


@pytest.fixture
def inbox() -> dict[str, bytes]:
    """What was handed over."""
    return {}


def hand_over(spool: Spool, inbox: dict[str, bytes]) -> datetime:
    return spool.hand_over(lambda name, content: inbox.__setitem__(str(name), content))


def on_disk(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.jsonl"))]


def test_a_request_is_on_disk_as_the_contract_wants_it_before_its_receipt_is_given(spool: Spool, tmp_path: Path) -> None:
    (receipt,) = spool.receive([ANNE])
    (content,) = on_disk(tmp_path)
    request = msgspec.json.decode(content, type=Request)
    assert content.endswith(b"\n") and request.is_complete(Channel.WEB, False)
    assert (request.request_ref, request.received) == (receipt.request_ref, paris(2022, 2, 10))
    assert (request.code, request.matricule, request.birth_date) == ANNE


def test_who_has_no_code_asks_for_a_new_one(spool: Spool, tmp_path: Path) -> None:
    spool.receive([ANNE._replace(code="")])
    (content,) = on_disk(tmp_path)
    request = msgspec.json.decode(content, type=Request)
    assert request.kind is Kind.NEW_CODE and request.is_complete(Channel.WEB, False)


def test_requests_are_forced_to_disk_before_a_receipt_is_given(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[bytes] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        forced.append(path.read_bytes() if path.is_file() else b"folder")
        real(descriptor)

    monkeypatch.setattr(spool_module.os, "fsync", fsync)
    spool.receive([ANNE])
    assert forced[0] == b"folder" and ANNE.code.encode() in forced[-1]


def test_a_family_is_kept_in_one_file_a_line_each(spool: Spool, clock: SetClock, inbox: dict[str, bytes]) -> None:
    first, second = spool.receive([ANNE, CHILD])
    clock.now += MINUTE
    hand_over(spool, inbox)
    assert (first.file, first.line, second.line) == (second.file, 1, 2)
    lines = [json.loads(line) for line in inbox[str(first.file)].splitlines()]
    assert [line["matricule"] for line in lines] == [ANNE.matricule, CHILD.matricule]


def test_a_file_is_handed_over_when_its_minute_is_over_and_then_deleted(
    spool: Spool, clock: SetClock, inbox: dict[str, bytes], tmp_path: Path
) -> None:
    (receipt,) = spool.receive([ANNE])
    hand_over(spool, inbox)
    assert inbox == {}
    clock.now += MINUTE
    hand_over(spool, inbox)
    assert list(inbox) == [str(receipt.file)] and on_disk(tmp_path) == []


def test_each_minute_has_its_file_and_a_full_file_a_second_one(spool: Spool, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "MOST_LINES", 2)
    one, two, three = (spool.receive([ANNE])[0] for _ in range(3))
    clock.now += MINUTE
    four = spool.receive([ANNE])[0]
    assert one.file == two.file != three.file and one.file.minute == three.file.minute
    assert [receipt.line for receipt in (one, two, three, four)] == [1, 2, 1, 1]
    assert four.file.minute - one.file.minute == MINUTE


def test_requests_that_come_while_files_are_handed_over_arrive_once_each_where_their_receipts_say(
    spool: Spool, clock: SetClock, inbox: dict[str, bytes]
) -> None:
    with ThreadPoolExecutor(8) as threads:
        coming = [threads.submit(spool.receive, [ANNE]) for _ in range(200)]
        while not all(one.done() for one in coming):
            clock.now += MINUTE
            hand_over(spool, inbox)
    receipts = [one.result()[0] for one in coming]
    clock.now += MINUTE
    hand_over(spool, inbox)
    arrived = {name: [json.loads(line)["request_ref"] for line in content.splitlines()] for name, content in inbox.items()}
    assert sum(map(len, arrived.values())) == 200
    assert all(arrived[str(receipt.file)][receipt.line - 1] == receipt.request_ref for receipt in receipts)


def test_what_the_store_does_not_take_stays_and_is_put_again(
    spool: Spool, clock: SetClock, inbox: dict[str, bytes], tmp_path: Path
) -> None:
    spool.receive([ANNE])
    clock.now += MINUTE

    def away(_name: FileName, _content: bytes) -> None:
        raise RetryableError("the store is away")

    with pytest.raises(RetryableError):
        spool.hand_over(away)
    assert len(on_disk(tmp_path)) == 1
    hand_over(spool, inbox)
    assert len(inbox) == 1 and on_disk(tmp_path) == []


def test_the_next_process_hands_over_what_a_killed_one_left_without_its_torn_line(
    tmp_path: Path, clock: SetClock, inbox: dict[str, bytes]
) -> None:
    name = FileName(datetime(2022, 2, 10, 10, 59, tzinfo=UTC), "0A1B2C")
    (tmp_path / str(name)).write_bytes(b'{"whole": 1}\n{"torn": ')
    (tmp_path / str(FileName(name.minute, "TORN00"))).write_bytes(b'{"to')
    later = Spool(tmp_path, clock)
    hand_over(later, inbox)
    later.close()
    assert inbox == {str(name): b'{"whole": 1}\n'} and on_disk(tmp_path) == []


def test_a_request_that_the_disk_refuses_gets_no_receipt_and_leaves_the_others_whole(
    spool: Spool, clock: SetClock, inbox: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (receipt,) = spool.receive([ANNE])

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(spool_module.os, "fsync", full)
        with pytest.raises(RetryableError, match="no space left") as caught:
            spool.receive([CHILD])
    (after,) = spool.receive([CHILD])
    clock.now += MINUTE
    hand_over(spool, inbox)
    assert CHILD.matricule not in str(caught.value)
    assert after.file != receipt.file and [content.count(b"\n") for content in inbox.values()] == [1, 1]


def test_a_clock_that_is_set_back_reopens_no_minute(spool: Spool, clock: SetClock, inbox: dict[str, bytes]) -> None:
    spool.receive([ANNE])
    clock.now += MINUTE
    hand_over(spool, inbox)
    clock.now -= 3 * MINUTE
    (receipt,) = spool.receive([CHILD])
    assert receipt.file.minute == (paris(2022, 2, 10) + MINUTE).astimezone(UTC)


def test_two_processes_do_not_share_a_spool(spool: Spool, tmp_path: Path, clock: SetClock) -> None:
    with pytest.raises(FinalError, match="another portal"):
        Spool(tmp_path, clock)


def test_nobody_else_on_the_machine_reads_the_spool(tmp_path: Path, clock: SetClock) -> None:
    own = Spool(tmp_path / "own", clock)
    own.receive([ANNE])
    own.close()
    modes = {path.stat().st_mode & 0o077 for path in [tmp_path / "own", *(tmp_path / "own").iterdir()]}
    assert modes == {0}


# Days.


def announced(days: Days, until: datetime) -> dict[str, dict[str, object]]:
    told: dict[str, bytes] = {}
    days.announce(until, told.__setitem__)
    return {name: json.loads(content) for name, content in told.items()}


def test_a_day_is_announced_once_when_it_is_over_in_paris_with_the_names_of_its_files(tmp_path: Path) -> None:
    days = Days(tmp_path, paris(2022, 2, 10).date())
    last, first = (FileName(at.astimezone(UTC), "0A1B2C") for at in (paris(2022, 2, 10, 23, 59), paris(2022, 2, 11, 0, 0)))
    days.note(last)
    days.note(first)
    assert announced(days, paris(2022, 2, 10, 23, 59)) == {}
    assert announced(days, paris(2022, 2, 11, 0, 0)) == {"2022-02-10.day.json": {"day": "2022-02-10", "files": [str(last)]}}
    assert announced(days, paris(2022, 2, 11, 12)) == {}
    assert announced(days, paris(2022, 2, 12, 0, 0)) == {"2022-02-11.day.json": {"day": "2022-02-11", "files": [str(first)]}}


def test_days_without_requests_and_days_on_which_nobody_served_the_site_are_announced_too(tmp_path: Path) -> None:
    Days(tmp_path, paris(2022, 2, 10).date())
    later = Days(tmp_path, paris(2022, 2, 12).date())
    assert [day["files"] for day in announced(later, paris(2022, 2, 12)).values()] == [[], []]


def test_a_day_that_the_store_did_not_take_is_announced_again(tmp_path: Path) -> None:
    days = Days(tmp_path, paris(2022, 2, 10).date())

    def away(_name: str, _content: bytes) -> None:
        raise RetryableError("the store is away")

    with pytest.raises(RetryableError):
        days.announce(paris(2022, 2, 11), away)
    assert list(announced(days, paris(2022, 2, 11))) == ["2022-02-10.day.json"]
