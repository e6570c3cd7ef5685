"""`espace-sante benchmark backlog` on a few documents: it drains them all, slice after slice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.benchmarks import backlog, feeds


def test_every_slice_is_measured_and_every_document_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "PEOPLE", 120)
    monkeypatch.setattr(backlog, "SLICES", 2)
    printed = json.loads(backlog.run(20, tmp_path, lambda _: None).as_json())
    assert (printed["count"], list(printed["stages"])) == (20, ["slice 1", "slice 2"])
    assert {target["verdict"] for target in printed["targets"]} == {"not measured"} and list(tmp_path.iterdir()) == []
