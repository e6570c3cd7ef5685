"""The object store: files from partners in, files for partners out (any S3; SeaweedFS when embedded)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MISSING = ("404", "NoSuchBucket", "NoSuchKey", "NotFound")
DENIED = ("403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class MissingObjectError(FinalError):
    """There is no such object."""


@dataclass(frozen=True)
class ObjectStore:
    """The buckets of one installation, each named by its role: `registry`, `print`, `exchanges`, `reports`, `audit`.

    Raises, from every method: RetryableError when the store does not answer, FinalError when it refuses.
    """

    settings: Settings

    @cached_property
    def client(self) -> S3Client:
        """The S3 client, made on first use."""
        return boto3.client(
            "s3",
            endpoint_url=self.settings.s3_endpoint or None,
            region_name=self.settings.s3_region,
            aws_access_key_id=self.settings.s3_access_key.get_secret_value(),
            aws_secret_access_key=self.settings.s3_secret_key.get_secret_value(),
            config=Config(retries={"max_attempts": 3, "mode": "standard"}, connect_timeout=5, read_timeout=60),
        )

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """List the keys under a prefix, sorted."""
        with _translated(f"listing {prefix}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.settings.bucket(bucket), Prefix=prefix)
            return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))

    def size(self, bucket: str, key: str) -> int:
        """Return how many bytes an object has, without reading it."""
        with _translated(f"reading {key}"):
            return self.client.head_object(Bucket=self.settings.bucket(bucket), Key=key)["ContentLength"]

    def get(self, bucket: str, key: str) -> bytes:
        """Read a whole object."""
        with _translated(f"reading {key}"):
            return self.client.get_object(Bucket=self.settings.bucket(bucket), Key=key)["Body"].read()

    def download(self, bucket: str, key: str, file: Path) -> None:
        """Write an object to a file, in parallel parts where it is large."""
        with _translated(f"reading {key}"):
            self.client.download_file(self.settings.bucket(bucket), key, str(file))

    def upload(self, bucket: str, key: str, file: Path) -> None:
        """Write a file as an object, in parallel parts where it is large."""
        with _translated(f"writing {key}"):
            self.client.upload_file(str(file), self.settings.bucket(bucket), key)

    def put(self, bucket: str, key: str, content: bytes) -> str:
        """Write an object, checked by the store on arrival; return its SHA-256 in hexadecimal."""
        with _translated(f"writing {key}"):
            self.client.put_object(Bucket=self.settings.bucket(bucket), Key=key, Body=content, ChecksumAlgorithm="SHA256")
        return hashlib.sha256(content).hexdigest()

    def keep(self, bucket: str, key: str, content: bytes, until: datetime) -> None:
        """Write an object that nobody may change or delete before an instant, the keys of this installation included."""
        with _translated(f"writing {key}"):
            self.client.put_object(
                Bucket=self.settings.bucket(bucket), Key=key, Body=content, ChecksumAlgorithm="SHA256",
                ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until,
            )  # fmt: skip

    def first_version(self, bucket: str, key: str) -> bytes:
        """Read an object as it was first written, whatever was written or deleted over it since. Raises: MissingObjectError."""
        name = self.settings.bucket(bucket)
        with _translated(f"reading {key}"):
            pages = self.client.get_paginator("list_object_versions").paginate(Bucket=name, Prefix=key)
            versions = [version for page in pages for version in page.get("Versions", ()) if version["Key"] == key]
            if versions:
                # The newest come first, of one second as well.
                first = min(reversed(versions), key=lambda version: version["LastModified"])
                return self.client.get_object(Bucket=name, Key=key, VersionId=first["VersionId"])["Body"].read()
        raise MissingObjectError(f"reading {key}: there is no such object")

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; one already gone counts as deleted."""
        with _translated(f"deleting {key}"):
            self.client.delete_object(Bucket=self.settings.bucket(bucket), Key=key)

    def move(self, bucket: str, key: str, target: str) -> None:
        """Move an object of any size inside its bucket; a source already gone counts as moved."""
        name = self.settings.bucket(bucket)
        with _translated(f"moving {key}"):
            try:
                self.client.copy({"Bucket": name, "Key": key}, name, target)
            except ClientError as error:
                if error.response["Error"]["Code"] not in MISSING:
                    raise
            self.client.delete_object(Bucket=name, Key=key)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        # A transfer in parts raises an error of its own over the store's answer.
        answered = error if isinstance(error, ClientError) else error.__context__
        raise _typed(what, error, answered.response["Error"]["Code"] if isinstance(answered, ClientError) else None) from None


def _typed(what: str, error: Exception, code: str | None) -> FinalError | RetryableError:
    if code is None:
        return RetryableError(f"{what}: the object store did not answer ({type(error).__name__}); try again")
    if code in MISSING:
        return MissingObjectError(f"{what}: there is no such object or bucket")
    if code in DENIED:
        return FinalError(f"{what}: the object store refused ({code}); check the access keys and their rights")
    return RetryableError(f"{what}: the object store answered {code}; try again")
