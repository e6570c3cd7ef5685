"""The ways by which files come: a bucket, a directory of an SFTP server, a Maildir. All behave alike."""

from __future__ import annotations

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
    assert route.read(["inbox/b é.xml", "inbox/a.xml"]) == [b"two", b"one"]
    for _ in range(2):
        route.move("inbox/a.xml", "parked/7/a.xml")
        route.remove(["inbox/b é.xml"])
    assert (route.waiting("inbox"), route.waiting("parked")) == ({}, {"parked/7/a.xml": 3})


def test_a_folder_that_nobody_has_made_is_empty(route: Route) -> None:
    assert route.waiting("inbox") == {}


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
