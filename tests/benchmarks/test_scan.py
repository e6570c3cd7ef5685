"""The benchmark of the virus scan, small: it prints one object, from documents that both ways found clean, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.benchmarks import scan
from pipelines.benchmarks.clamd import can_run, clamd

if not can_run():
    pytest.skip("clamd is missing and could not be installed (.ci/system_scanner)", allow_module_level=True)


def test_it_prints_the_object_that_all_benchmarks_share(tmp_path: Path) -> None:
    printed = json.loads(scan.run(10, tmp_path, lambda _: None).as_json())
    assert (printed["benchmark"], printed["count"]) == ("scan", 10)
    assert printed["peers"]["clamdscan --stream"]["per_second"] > 0
    assert [target["verdict"] for target in printed["targets"]] == ["not measured"]
    assert list(tmp_path.iterdir()) == []


def test_both_ways_count_what_is_clean_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"".join((rb"X5O!P%@AP[4\PZX54(P^)7CC)7}", b"$EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*")))
    with clamd() as server:
        assert [way(tmp_path, server.address) for way in (scan.scan_files, scan.scan_by_client, scan.scan_with_pieces)] == [1, 1, 1]
