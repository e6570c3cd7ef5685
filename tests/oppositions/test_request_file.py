"""What a channel may put down: JSON lines or Parquet, each channel with what it must bring; anything else is refused."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.oppositions.contract import MOST_LINES, Channel, Kind, Request
from pipelines.oppositions.request_file import read_announcement, read_requests
from pipelines.platform.errors import BadFileError

LINE = {"request_ref": "r1", "received_at": "2022-03-10T18:42:07+01:00", "matricule": "269059999904295", "birth_date": "19690512"}
OPPOSITION = LINE | {"code": "NFXVWWP6HM02"}
BY_CHANNEL: dict[Channel, dict[str, Any]] = {
    Channel.WEB: {},
    Channel.PHONE: {"agent": "a-1"},
    Channel.PAPER: {"agent": "scan-1", "received_on": "2022-03-10", "received_at": None},
    Channel.DESK: {"agent": "a-1", "body": "CPAM_35"},
}


def read(line: dict[str, Any]) -> Request | None:
    """Read a file of one line."""
    (request,) = read_requests("1.jsonl", json.dumps(line).encode() + b"\n")
    return request


def is_taken(line: dict[str, Any], channel: Channel, may_lack_code: bool = False) -> bool:
    request = read(line)
    return request is not None and request.is_complete(channel, may_lack_code)


def parquet(rows: list[dict[str, Any]], schema: pa.Schema | None = None) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema), sink)
    return sink.getvalue()


@pytest.mark.parametrize("channel", Channel)
def test_a_line_has_what_its_channel_must_give(channel: Channel) -> None:
    assert is_taken(OPPOSITION | BY_CHANNEL[channel], channel)


@pytest.mark.parametrize(("channel", "other"), [(one, other) for one in Channel for other in Channel if one is not other])
def test_a_line_of_one_channel_is_none_of_another(channel: Channel, other: Channel) -> None:
    assert not is_taken(OPPOSITION | BY_CHANNEL[other], channel)


@pytest.mark.parametrize("kind", [Kind.NEW_CODE, Kind.RELEASE])
def test_who_asks_for_a_code_gives_none(kind: Kind) -> None:
    on_the_phone = LINE | {"kind": kind, "agent": "a-1"}
    assert is_taken(on_the_phone, Channel.PHONE) and not is_taken(on_the_phone | {"code": "NFXVWWP6HM02"}, Channel.PHONE)


@pytest.mark.parametrize("channel", [Channel.WEB, Channel.PAPER])
def test_only_an_agent_who_hears_the_person_releases_a_code(channel: Channel) -> None:
    assert not is_taken(LINE | {"kind": Kind.RELEASE} | BY_CHANNEL[channel], channel)


def test_an_opposition_without_code_needs_the_policy_and_a_name() -> None:
    named = LINE | BY_CHANNEL[Channel.PAPER] | {"birth_name": "DURAND"}
    assert is_taken(named, Channel.PAPER, may_lack_code=True)
    assert not is_taken(named, Channel.PAPER)
    assert not is_taken(named | {"birth_name": None}, Channel.PAPER, may_lack_code=True)


@pytest.mark.parametrize(
    "change",
    [
        {"received_at": "2022-03-10T18:42:07"},
        {"received_at": "1999-12-31T23:00:00Z"},
        {"received_at": "yesterday"},
        {"birth_date": "1969"},
        {"request_ref": ""},
        {"request_ref": "r1\n"},
        {"request_ref": "a name"},
        {"kind": "KEEP"},
        {"code": "0" * 33},
        {"matricule": 269059999904295},
        {"unknown": "x"},
        {"agent": "a-1"},
    ],
)
def test_a_line_outside_the_contract_is_not_taken(change: dict[str, Any]) -> None:
    assert not is_taken(OPPOSITION | change, Channel.WEB)


def test_parquet_says_the_same_as_json_lines() -> None:
    rows: list[dict[str, Any]] = [OPPOSITION | {"kind": None}, LINE | {"kind": "NEW_CODE", "code": None}]
    lines = [OPPOSITION, rows[1]]
    assert read_requests("1.parquet", parquet(rows)) == [read(line) for line in lines]


def test_a_row_of_parquet_outside_the_contract_is_refused_alone() -> None:
    first, second = read_requests("1.parquet", parquet([OPPOSITION | {"birth_date": "1969"}, OPPOSITION]))
    assert first is None and second is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not parquet",
        parquet([OPPOSITION])[:-40],
        parquet([OPPOSITION | {"unknown": "x"}]),
        parquet([OPPOSITION | {"received_at": datetime(2022, 3, 10, tzinfo=UTC)}]),
        parquet([], pa.schema([(name, pa.string()) for name in OPPOSITION])),
    ],
)
def test_what_is_no_parquet_file_of_the_contract_is_refused_whole(content: bytes) -> None:
    with pytest.raises(BadFileError):
        read_requests("1.parquet", content)


def test_a_file_of_too_many_lines_is_refused_whole() -> None:
    with pytest.raises(BadFileError, match="send it in parts"):
        read_requests("1.jsonl", b"\n" * MOST_LINES + b"{}\n")


NO_DAYS = (
    b"",
    b"{}",
    b"\xff",
    b'{"day": "2022-03-10"}',
    b'{"day": "10/03/2022", "files": []}',
    b'{"day": "2022-03-10", "files": ["../x"]}',
)


@pytest.mark.parametrize("content", NO_DAYS)
def test_what_announces_no_day_is_refused_whole(content: bytes) -> None:
    with pytest.raises(BadFileError):
        read_announcement(content)
