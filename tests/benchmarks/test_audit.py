"""The benchmark of the audit trail, small: it prints one object, and no figure where a changed row is not found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.benchmarks import audit
from pipelines.platform.errors import RuleError


def test_it_prints_the_object_that_all_benchmarks_share(tmp_path: Path) -> None:
    printed = json.loads(audit.run(200, tmp_path, lambda _: None).as_json())
    assert printed["count"] == printed["stages"]["sealed"]["count"] >= 200 and list(tmp_path.iterdir()) == []


def test_a_changed_row_that_is_not_found_gives_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_CHANGE", "select 1")
    with pytest.raises(RuleError, match="no figure"):
        audit.run(200, tmp_path, lambda _: None)
