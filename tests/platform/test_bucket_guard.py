"""Nothing is written to a bucket that is not encrypted, or lies elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.stub import Stubber

from pipelines.platform.bucket_guard import ENCRYPTED_BY_DEFAULT, UnsoundBucketError, require_sound_bucket
from pipelines.platform.embedded.seaweed import BUCKETS
from pipelines.platform.object_store import ObjectStore
from tests.campaign_driver import SENT, Campaign

WRITES: dict[str, Callable[[ObjectStore, Path], object]] = {
    "put": lambda store, file: store.put("reports", "some/key", b"content"),
    "upload": lambda store, file: store.upload("reports", "some/key", file),
    "keep": lambda store, file: store.keep("reports", "some/key", b"content", SENT),
    "move": lambda store, file: store.move("reports", "some/key", "other/key"),
}


@pytest.fixture
def unencrypted(campaign: Campaign) -> Iterator[ObjectStore]:
    """A store of a process that has not written yet, whose bucket of reports lost its encryption."""
    settings = campaign.home.settings
    store, name = ObjectStore(settings), settings.bucket("reports")
    store.client.delete_bucket_encryption(Bucket=name)
    yield store
    store.client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTED_BY_DEFAULT)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_nothing_is_written_to_a_bucket_that_is_not_encrypted(
    unencrypted: ObjectStore, tmp_path: Path, write: Callable[[ObjectStore, Path], object]
) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with pytest.raises(UnsoundBucketError, match="espace-sante-reports does not encrypt"):
        write(unencrypted, tmp_path / "file")
    assert unencrypted.keys("reports", "some/") == []


@pytest.mark.parametrize("bucket", BUCKETS)
def test_every_bucket_of_the_embedded_store_is_encrypted(campaign: Campaign, bucket: str) -> None:
    home = campaign.home
    require_sound_bucket(home.store.client, home.settings.bucket(bucket), home.settings.s3_region)


def test_what_lies_on_the_disk_is_not_what_was_written(campaign: Campaign, unencrypted: ObjectStore) -> None:
    """The bucket without encryption shows that the disk is looked at where objects lie. Random bytes, which no store compresses."""
    settings, secret, open_ = campaign.home.settings, os.urandom(40_000), os.urandom(40_000)
    campaign.home.store.put("exchanges", "some/key", secret)
    unencrypted.client.put_object(Bucket=settings.bucket("reports"), Key="some/key", Body=open_)
    disk = [file.read_bytes() for file in (settings.var / "s3").rglob("*") if file.is_file()]
    assert campaign.home.store.get("exchanges", "some/key") == secret
    assert [any(content[:64] in written for written in disk) for content in (secret, open_)] == [False, True]


def test_a_bucket_in_another_region_is_refused(campaign: Campaign) -> None:
    client = ObjectStore(campaign.home.settings).client
    with Stubber(client) as told:
        told.add_response("head_bucket", {"BucketRegion": "us-east-1"})
        with pytest.raises(UnsoundBucketError, match="lies in us-east-1, not in eu-west-3"):
            require_sound_bucket(client, "espace-sante-print", "eu-west-3")
