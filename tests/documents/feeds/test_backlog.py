"""A backlog: drained in order and in slices, fair between feeds, paused and resumed, with its end in sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.documents.backlog import drain, feeds_to_drain, progress
from pipelines.documents.feed import Feed
from pipelines.documents.suspension import resume, suspend
from pipelines.platform.database import Counts
from pipelines.platform.errors import RetryableError
from pipelines.platform.settings import Settings
from pipelines.synthetic.cda_writer import cda
from tests.feed_driver import HOSPITAL, RECEIVED, FeedDriver
from tests.feed_reader import ReaderOfThisProcess
from tests.registry_builder import Person

SLICED = Feed.model_validate(HOSPITAL | {"limits": {"backlog_files": 4}})
DECLARED = """
envelopes = ["cda"]
acknowledgements = ["CSV"]
scan = "degraded"
[sender]
finess = "750712184"
name = "CHU inventé"
kind = "HOSPITAL"
contact = "dsi@chu.example"
[route]
kind = "BUCKET"
prefix = "{name}"
"""


@pytest.fixture
def backlog(hospital: FeedDriver, somebody: Person, monkeypatch: pytest.MonkeyPatch) -> FeedDriver:
    """A feed with ten files in its backlog, drained four at a time, three of which are listed at once."""
    hospital.feed = SLICED
    monkeypatch.setattr("pipelines.documents.backlog.LISTED_AT_ONCE", 3)
    for number in range(10):
        put(hospital, somebody, f"{number}.xml")
    return hospital


def put(feed: FeedDriver, person: Person, name: str, of: str = "hopital") -> None:
    feed.campaign.home.store.put("exchanges", f"documents/{of}/backlog/{name}", cda(feed.document(person)))


def drained(feed: FeedDriver, minutes: int = 0) -> Counts:
    with feed.campaign.home.document_intake(feed.feed) as bounded:
        return drain(replace(bounded, reader=ReaderOfThisProcess()), RECEIVED + timedelta(minutes=minutes))  # type: ignore[arg-type]


def test_a_slice_takes_the_first_files_in_the_order_of_their_names(backlog: FeedDriver, somebody: Person) -> None:
    counts = drained(backlog)
    assert (counts["stored"], counts["left"]) == (4, 6)
    assert backlog.files("backlog") == [f"{number}.xml" for number in range(4, 10)]
    assert [backlog.answer(f"{number}.xml")[0]["code"] for number in range(4)] == ["ok"] * 4


def test_slices_drain_it_all_once_and_the_books_balance(backlog: FeedDriver, somebody: Person) -> None:
    assert [drained(backlog, minutes)["left"] for minutes in (0, 2, 4, 6)] == [6, 2, 0, 0]
    assert len(backlog.record(somebody)) == 10 and backlog.campaign.broken_equations() == []


def test_live_files_do_not_wait_for_a_backlog(backlog: FeedDriver, somebody: Person) -> None:
    assert backlog.send(backlog.document(somebody)) == ["ok"]
    assert len(backlog.files("backlog")) == 10


def test_what_lies_in_the_inbox_too_is_decided_once(backlog: FeedDriver, somebody: Person) -> None:
    same = backlog.campaign.home.store.get("exchanges", "documents/hopital/backlog/0.xml")
    backlog.put(same, "0.xml")
    backlog.run()
    drained(backlog)
    assert len(backlog.record(somebody)) == 4 and backlog.outcomes() == [("STORED", None)] * 4


def test_progress_tells_when_it_ends_at_the_rate_of_the_day(backlog: FeedDriver) -> None:
    drained(backlog)
    assert "6 left, end not known yet" in str(progress(backlog.campaign.home.db, RECEIVED)[0])
    drained(backlog, minutes=10)
    (told,) = progress(backlog.campaign.home.db, RECEIVED + timedelta(minutes=10))
    assert (told.files, told.left_over, told.ends_at) == (8, 2, RECEIVED + timedelta(minutes=15))
    drained(backlog, minutes=20)
    assert str(progress(backlog.campaign.home.db, RECEIVED + timedelta(minutes=20))[0]).endswith("0 left, done")


def test_two_runs_do_not_drain_the_same_backlog(backlog: FeedDriver) -> None:
    with backlog.campaign.home.db.exclusively("the backlog of hopital"), pytest.raises(RetryableError, match="busy"):
        drained(backlog)


def test_each_feed_with_a_backlog_has_its_turn_unless_it_is_suspended(
    backlog: FeedDriver, somebody: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "feeds_directory", property(lambda _: tmp_path))
    for name in ("cabinet", "clinique", "hopital"):
        (tmp_path / f"{name}.toml").write_text(DECLARED.format(name=name))
    (tmp_path / "broken.toml").write_text("not a declaration")
    away = DECLARED.format(name="x").replace("BUCKET", "SFTP").replace('prefix = "x"', f'directory = "{tmp_path / "not mounted"}"')
    (tmp_path / "away.toml").write_text(away)
    put(backlog, somebody, "1.xml", of="clinique")
    drained(backlog)
    home = backlog.campaign.home
    assert feeds_to_drain(home.db, home.store) == ["clinique", "hopital"]
    suspend(home.db, "hopital", "claire", "trop d'erreurs", RECEIVED)
    assert feeds_to_drain(home.db, home.store) == ["clinique"]
    resume(home.db, "hopital", "claire", "corrigé", RECEIVED)
    assert feeds_to_drain(home.db, home.store) == ["clinique", "hopital"]


@pytest.mark.parametrize("kind", ["SFTP", "MAILDIR"])
def test_a_directory_has_a_backlog_too(backlog: FeedDriver, somebody: Person, tmp_path: Path, kind: str) -> None:
    backlog.feed = Feed.model_validate(HOSPITAL | {"route": {"kind": kind, "directory": str(tmp_path)}})
    (tmp_path / "backlog").mkdir()
    (tmp_path / "backlog" / "1.xml").write_bytes(cda(backlog.document(somebody)))
    assert drained(backlog)["stored"] == 1
