"""The benchmark of a wave, small: it prints one object, and no figure where a letter was lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.benchmarks import campaign
from pipelines.benchmarks.figures import Stage
from pipelines.benchmarks.servers import Servers
from pipelines.platform.errors import RuleError

PEOPLE, WAVE = 300, 120


def test_it_prints_the_object_that_all_benchmarks_share(tmp_path: Path) -> None:
    printed = json.loads(campaign.run(PEOPLE, WAVE, tmp_path, lambda _: None).as_json())
    verdicts = {target["target"]: target["verdict"] for target in printed["targets"]}
    assert printed["stages"]["planned"]["count"] == WAVE and printed["count"] > 0
    assert verdicts["tables of people read whole by the planning"] == "held"
    assert verdicts["33 million letters: minutes, projected"] == "not measured"
    assert list(tmp_path.iterdir()) == []


def test_a_lot_that_was_not_made_gives_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_gathered(own: Servers) -> dict[str, Stage]:
        campaign.gather(own.settings)
        return {}

    monkeypatch.setattr(campaign, "make_lots", only_gathered)
    with pytest.raises(RuleError, match="no figure"):
        campaign.run(PEOPLE, WAVE, tmp_path, lambda _: None)
