"""`espace-sante benchmark feeds` on a few documents: it runs, and gives no figure of documents that are not in the records."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from pipelines.benchmarks import feeds
from pipelines.installation import Installation
from pipelines.platform.errors import RuleError

FEW, PEOPLE = 20, 120


def test_it_prints_the_object_that_all_benchmarks_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "PEOPLE", PEOPLE)
    monkeypatch.setattr(feeds, "SMALL_INDEX", 100)
    printed = json.loads(feeds.run(FEW, 200, tmp_path, lambda _: None).as_json())
    assert (printed["benchmark"], printed["count"], list(printed["peers"])) == ("documents stored", FEW, ["boto3 puts, 16 threads"])
    assert list(printed["stages"]) == ["index at 100 rows", "index at 200 rows"]
    assert {target["verdict"] for target in printed["targets"]} == {"not measured"} and list(tmp_path.iterdir()) == []


def test_documents_that_are_not_in_the_records_give_no_figure(installation: Installation) -> None:
    url = installation.settings.database_owner_url.get_secret_value().replace("+psycopg", "")
    own: Any = SimpleNamespace(connect=lambda: psycopg.connect(url), settings=installation.settings)
    with pytest.raises(RuleError, match="19 of 20 documents were stored"):
        feeds.require_stored(own, FEW, [{"stored": 10}, {"stored": 9}])
    feeds.require_stored(own, FEW, [{"stored": 10}, {"stored": 10}])
