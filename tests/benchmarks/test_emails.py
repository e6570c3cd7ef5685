"""The benchmark of e-mails, small: it prints one object, from messages that were compared, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.benchmarks import emails
from pipelines.benchmarks.postfix import can_run
from pipelines.notices.emails.message import NoticeWriter
from pipelines.platform.errors import RuleError

PEOPLE = 300


def test_it_prints_the_object_that_all_benchmarks_share(tmp_path: Path) -> None:
    printed = json.loads(emails.run(PEOPLE, tmp_path, lambda _: None).as_json())
    assert printed["benchmark"] == "emails" and 0 < printed["count"] <= PEOPLE
    assert printed["peers"]["Jinja2 and EmailMessage"]["ratio"] > 1
    assert ("handed to Postfix" in printed["stages"]) is can_run()
    verdicts = {target["target"]: target["verdict"] for target in printed["targets"]}
    assert verdicts["messages built a core-second"] == verdicts["times Jinja2 with EmailMessage"] == "not measured"
    assert list(tmp_path.iterdir()) == []


def test_a_message_that_is_not_what_the_library_makes_gives_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = emails.write_rows(100, tmp_path / "rows.parquet")
    assert emails.build(file)[0] > 0
    build_all = NoticeWriter.build_all
    monkeypatch.setattr(NoticeWriter, "build_all", lambda *given: [message.replace(b"DMP", b"DMQ", 1) for message in build_all(*given)])
    with pytest.raises(RuleError, match="not what the library makes"):
        emails.build(file)
