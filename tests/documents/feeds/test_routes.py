"""The ways by which files come: a bucket, a directory of an SFTP server, a Maildir. All behave alike."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.documents.feed import Feed
from pipelines.documents.routes import Route, route_of
from pipelines.platform.errors import RetryableError
from pipelines.platform.object_store import ObjectStore
from tests.feed_driver import HOSPITAL


@pytest.fixture(params=["BUCKET", "SFTP", "MAILDIR"])
def route(request: pytest.FixtureRequest, tmp_path: Path, store: ObjectStore) -> Route:
    way: dict[str, Any] = {"kind": request.param}
    way |= {"prefix": "somewhere"} if request.param == "BUCKET" else {"directory": str(tmp_path)}
    return route_of(Feed.model_validate(HOSPITAL | {"route": way}), store)


def test_files_are_listed_with_their_sizes_read_answered_parked_and_removed(route: Route) -> None:
    route.write({"inbox/b é.xml": b"two", "inbox/a.xml": b"one"})
    assert route.waiting("inbox") == {"inbox/a.xml": 3, "inbox/b é.xml": 3}
    read = route.read(["inbox/b é.xml", "inbox/gone.xml", "inbox/a.xml"], most=2)
    assert {key: file.content for key, file in read.items()} == {"inbox/b é.xml": b"tw", "inbox/a.xml": b"on"}
    for _ in range(2):
        route.move("inbox/a.xml", "parked/7/a.xml")
        route.remove("inbox/b é.xml")
    assert (route.waiting("inbox"), route.waiting("parked")) == ({}, {"parked/7/a.xml": 3})


def test_a_folder_that_nobody_has_made_is_empty(route: Route) -> None:
    route.write({"inbox/a.xml": b"one"})
    assert route.waiting("quarantine") == {}


def test_what_was_read_is_removed_and_what_has_taken_its_name_since_stays(route: Route) -> None:
    route.write({"inbox/a.xml": b"one", "inbox/b.xml": b"one"})
    read = route.read(["inbox/a.xml", "inbox/b.xml"])
    route.write({"inbox/b.xml": b"two"})
    for key, file in read.items():
        route.remove(key, file.stamp)
    assert route.waiting("inbox") == {"inbox/b.xml": 3}
    assert route.read(["inbox/b.xml"])["inbox/b.xml"].content == b"two"


def at(directory: Path, store: ObjectStore, kind: str = "SFTP") -> Route:
    return route_of(Feed.model_validate(HOSPITAL | {"route": {"kind": kind, "directory": str(directory)}}), store)


def test_what_takes_the_name_of_a_file_at_the_moment_of_its_removal_is_put_back(
    tmp_path: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = at(tmp_path, store)
    route.write({"inbox/a.xml": b"one"})
    (read,) = route.read(["inbox/a.xml"]).values()
    rename = os.rename

    def replaced_before(*args: Any, **keywords: Any) -> None:
        monkeypatch.setattr(os, "rename", rename)
        route.write({"inbox/a.xml": b"two"})
        rename(*args, **keywords)

    monkeypatch.setattr(os, "rename", replaced_before)
    route.remove("inbox/a.xml", read.stamp)
    assert [file.read_bytes() for file in (tmp_path / "inbox").iterdir()] == [b"two"]
    assert route.waiting("inbox") == {"inbox/a.xml": 3}


@pytest.mark.parametrize("folder", ["inbox", "quarantine"])
@pytest.mark.parametrize("kind", ["SFTP", "MAILDIR"])
def test_a_disk_that_is_not_mounted_is_no_empty_folder(tmp_path: Path, store: ObjectStore, kind: str, folder: str) -> None:
    for directory in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RetryableError, match="see that it is mounted"):
            at(directory, store, kind).waiting(folder)


@pytest.mark.parametrize("link", ["inbox", "backlog/deep", "quarantine"])
def test_nothing_is_read_written_or_removed_through_a_link(tmp_path: Path, store: ObjectStore, link: str) -> None:
    route, elsewhere = at(tmp_path / "feed", store), tmp_path / "elsewhere"
    (tmp_path / "feed" / link).parent.mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "secret.xml").write_bytes(b"secret")
    (tmp_path / "feed" / link).symlink_to(elsewhere)
    key = f"{link}/secret.xml"
    for reach in (
        lambda: route.read([key]),
        lambda: route.write({key: b"other"}),
        lambda: route.remove(key),
        lambda: route.move(key, "returned/secret.xml"),
        lambda: route.move(key, f"{link}/other.xml"),
    ):
        with pytest.raises(RetryableError, match="cannot be used"):
            reach()
    assert [file.read_bytes() for file in elsewhere.iterdir()] == [b"secret"]


def test_a_sender_has_no_folders_in_its_inbox(tmp_path: Path, store: ObjectStore) -> None:
    route = at(tmp_path, store)
    route.write({"inbox/a.xml": b"one", "inbox/deep/b.xml": b"two", "backlog/deep/c.xml": b"three", "parked/7/d.xml": b"four"})
    assert [*route.waiting("inbox"), *route.waiting("backlog"), *route.waiting("parked")] == ["inbox/a.xml", "parked/7/d.xml"]


def test_an_error_of_the_disk_is_told_without_the_name_of_a_file(tmp_path: Path, store: ObjectStore) -> None:
    route = at(tmp_path, store)
    route.write({"inbox/MARTIN.xml": b"one", "MARTIN": b"where a folder is to be"})
    (tmp_path / "inbox" / "DURAND").mkdir()
    for reach in (lambda: route.remove("inbox/DURAND"), lambda: route.move("inbox/MARTIN.xml", "MARTIN/7/MARTIN.xml")):
        with pytest.raises(RetryableError) as told:
            reach()
        assert not any(name in str(told.value) for name in ("MARTIN", "DURAND")) and told.value.__suppress_context__


def test_a_secure_mail_waits_where_a_maildir_delivers_it(tmp_path: Path, store: ObjectStore) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.eml").write_bytes(b"mail")
    route = route_of(Feed.model_validate(HOSPITAL | {"route": {"kind": "MAILDIR", "directory": str(tmp_path)}}), store)
    assert route.waiting("inbox") == {"inbox/1.eml": 4}


def test_a_file_that_is_not_whole_and_a_link_are_left_alone(tmp_path: Path, store: ObjectStore) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in (".hidden", "half.xml.part", "half.filepart"):
        (inbox / name).write_bytes(b"half")
    (tmp_path / "secret").write_bytes(b"secret")
    (inbox / "link.xml").symlink_to(tmp_path / "secret")
    route = route_of(Feed.model_validate(HOSPITAL | {"route": {"kind": "SFTP", "directory": str(tmp_path)}}), store)
    assert route.waiting("inbox") == {}
    with pytest.raises(RetryableError):
        route.read(["inbox/link.xml"])
