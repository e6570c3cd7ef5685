"""The benchmark of openings, small: it prints one object, and no figure where somebody was not opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.benchmarks import opening
from pipelines.platform.errors import RuleError

PEOPLE = 300


def test_it_prints_the_object_that_all_benchmarks_share(tmp_path: Path) -> None:
    printed = json.loads(opening.run(PEOPLE, tmp_path, lambda _: None).as_json())
    verdicts = {target["target"]: target["verdict"] for target in printed["targets"]}
    assert printed["count"] > 200 and set(printed["stages"]) == {
        "records to the systems behind",
        "nothing due, in the database",
    }
    assert set(printed["peers"]) == {"INSERT ... SELECT", "ORM objects", "accounts alone, no index", "the same without triggers"}
    assert printed["stages"]["records to the systems behind"]["count"] == 3 * printed["count"]
    assert verdicts["tables read whole where nothing is due"] == "held"
    assert list(tmp_path.iterdir()) == []


def test_somebody_who_was_not_opened_gives_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell = opening.tell_everybody
    monkeypatch.setattr(opening, "tell_everybody", lambda own, people: [*tell(own, people), None])
    with pytest.raises(RuleError, match="no figure"):
        opening.run(PEOPLE, tmp_path, lambda _: None)
