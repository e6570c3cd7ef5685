"""What the object store answers becomes an error that says what to do next, whichever call met it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.object_store import MissingObjectError, ObjectStore
from tests.campaign_driver import Campaign

CALLS: dict[str, Callable[[ObjectStore, Path], object]] = {
    "keys": lambda store, file: store.keys("registry", "some/"),
    "size": lambda store, file: store.size("registry", "some/key"),
    "get": lambda store, file: store.get("registry", "some/key"),
    "download": lambda store, file: store.download("registry", "some/key", file.with_name("copy")),
    "upload": lambda store, file: store.upload("registry", "some/key", file),
    "put": lambda store, file: store.put("registry", "some/key", b"content"),
    "move": lambda store, file: store.move("registry", "some/key", "another/key"),
    "delete": lambda store, file: store.delete("registry", "some/key"),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
Call = Callable[[ObjectStore, Path], object]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to be written as an object."""
    file = tmp_path / "file"
    file.write_bytes(b"content")
    return file


@every_call
def test_a_store_that_does_not_answer_is_asked_again(campaign: Campaign, file: Path, call: Call) -> None:
    nobody = ObjectStore(campaign.home.settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"}))
    with pytest.raises(RetryableError, match="try again"):
        call(nobody, file)


@every_call
def test_keys_that_are_refused_need_somebody(campaign: Campaign, file: Path, call: Call) -> None:
    stranger = ObjectStore(campaign.home.settings.model_copy(update={"s3_secret_key": SecretStr("wrong")}))
    with pytest.raises(FinalError, match="check the access keys"):
        call(stranger, file)


@pytest.mark.parametrize("call", [CALLS["size"], CALLS["get"], CALLS["download"]], ids=["size", "get", "download"])
def test_an_object_that_is_not_there_is_told_apart(campaign: Campaign, file: Path, call: Call) -> None:
    with pytest.raises(MissingObjectError, match="no such object"):
        call(campaign.home.store, file)


def test_an_object_is_deleted_once_or_twice(campaign: Campaign) -> None:
    campaign.home.store.put("registry", "some/key", b"content")
    for _ in range(2):
        campaign.home.store.delete("registry", "some/key")
    assert campaign.home.store.keys("registry", "some/") == []


@pytest.mark.parametrize("size", [0, 9 * 1024 * 1024], ids=["empty", "in parts"])
def test_an_object_of_any_size_is_moved_once_or_twice(campaign: Campaign, size: int) -> None:
    campaign.home.store.put("registry", "some/key", b"x" * size)
    for _ in range(2):
        campaign.home.store.move("registry", "some/key", "another/key")
    assert campaign.home.store.keys("registry", "") == ["another/key"] and campaign.home.store.size("registry", "another/key") == size
