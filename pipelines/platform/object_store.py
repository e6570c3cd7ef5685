"""The object store: files from partners in, files for partners out (any S3; SeaweedFS when embedded)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipelines.platform.bucket_guard import require_sound_bucket
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

MISSING = ("404", "NoSuchBucket", "NoSuchKey", "NotFound")
# Requests at a time, and keys that one request may delete (the most that S3 takes).
CONNECTIONS = 8
DELETED_AT_ONCE = 1_000
DENIED = ("403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class MissingObjectError(FinalError):
    """There is no such object."""


class RetainedObjectError(FinalError):
    """An object must be kept longer: its retention is not over."""


class Version(NamedTuple):
    """One version of an object, and when it was written."""

    key: str
    version_id: str
    written_at: datetime


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

    @cached_property
    def _sound(self) -> set[str]:
        """The buckets that this process found fit to be written to."""
        return set()

    def writable(self, bucket: str) -> str:
        """Return the full name of a bucket to write to; the first time, ask the store whether it is encrypted and in its region.

        Raises: UnsoundBucketError where it is not.
        """
        name = self.settings.bucket(bucket)
        if bucket not in self._sound:
            with _translated(f"looking at the bucket {name}"):
                require_sound_bucket(self.client, name, self.settings.s3_region)
            self._sound.add(bucket)
        return name

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """List the keys under a prefix, sorted."""
        return sorted(self.sizes(bucket, prefix))

    def sizes(self, bucket: str, prefix: str) -> dict[str, int]:
        """List the keys under a prefix with how many bytes each object has."""
        with _translated(f"listing {prefix}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.settings.bucket(bucket), Prefix=prefix)
            return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}

    def first_sizes(self, bucket: str, prefix: str, most: int) -> dict[str, int]:
        """List the first keys under a prefix, a thousand at most, in their order, with how many bytes each object has."""
        with _translated(f"listing {prefix}"):
            page = self.client.list_objects_v2(Bucket=self.settings.bucket(bucket), Prefix=prefix, MaxKeys=most)
            return {item["Key"]: item["Size"] for item in page.get("Contents", ())}

    def count(self, bucket: str, prefix: str) -> int:
        """Count the keys under a prefix, a page at a time: memory stays flat."""
        with _translated(f"listing {prefix}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.settings.bucket(bucket), Prefix=prefix)
            return sum(len(page.get("Contents", ())) for page in pages)

    def written(self, bucket: str, prefix: str) -> dict[str, datetime]:
        """Return when each object under a prefix was written, by the store's clock."""
        with _translated(f"listing {prefix}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.settings.bucket(bucket), Prefix=prefix)
            return {item["Key"]: item["LastModified"] for page in pages for item in page.get("Contents", ())}

    def folders(self, bucket: str, prefix: str) -> list[str]:
        """List the folders right under a prefix, each with its slash, without listing what they hold."""
        with _translated(f"listing {prefix}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.settings.bucket(bucket), Prefix=prefix, Delimiter="/")
            return [folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", ())]

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
        name = self.writable(bucket)
        with _translated(f"writing {key}"):
            self.client.upload_file(str(file), name, key)

    def put(self, bucket: str, key: str, content: bytes) -> str:
        """Write an object, checked by the store on arrival; return its SHA-256 in hexadecimal."""
        name = self.writable(bucket)
        with _translated(f"writing {key}"):
            self.client.put_object(Bucket=name, Key=key, Body=content, ChecksumAlgorithm="SHA256")
        return hashlib.sha256(content).hexdigest()

    def keep(self, bucket: str, key: str, content: bytes, until: datetime) -> None:
        """Write an object that nobody may change or delete before an instant, the keys of this installation included."""
        name = self.writable(bucket)
        with _translated(f"writing {key}"):
            self.client.put_object(
                Bucket=name, Key=key, Body=content, ChecksumAlgorithm="SHA256",
                ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until,
            )  # fmt: skip

    def retain(self, bucket: str, key: str, until: datetime) -> None:
        """Forbid the deletion of an object before an instant; only `destroy` may pass over it, where it is told to."""
        with _translated(f"retaining {key}"):
            self.client.put_object_retention(
                Bucket=self.settings.bucket(bucket), Key=key, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until}
            )

    def destroy(self, bucket: str, prefixes: Sequence[str], despite_retention: bool) -> None:
        """Delete every version of every object under some prefixes; what is gone already counts as destroyed.

        Raises: RetainedObjectError, once all others are gone, where the store still retains an object and that is not to be passed over.
        """
        with ThreadPoolExecutor(CONNECTIONS) as pool, _translated("destroying objects"):
            found = [version for versions in pool.map(lambda prefix: self._versions(bucket, prefix), prefixes) for version in versions]
            batches = [found[place : place + DELETED_AT_ONCE] for place in range(0, len(found), DELETED_AT_ONCE)]
            refused = sum(pool.map(lambda batch: self._delete_versions(bucket, batch, despite_retention), batches))
        if refused:
            raise RetainedObjectError(f"the object store refused to delete {refused} objects: by its own clock their retention is not over")

    def _versions(self, bucket: str, prefix: str) -> list[ObjectIdentifierTypeDef]:
        """List every version and delete marker under a prefix. Without boto3's paginator, which takes longer than most answers."""
        found: list[ObjectIdentifierTypeDef] = []
        after: dict[str, str] = {}
        while True:
            page = self.client.list_object_versions(Bucket=self.settings.bucket(bucket), Prefix=prefix, **after)  # type: ignore[arg-type]
            listed = (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            found += [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in listed]
            if not page["IsTruncated"]:
                return found
            after = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page.get("NextVersionIdMarker", "")}

    def _delete_versions(self, bucket: str, versions: Sequence[ObjectIdentifierTypeDef], despite_retention: bool) -> int:
        """Delete versions; return how many the store refused to delete."""
        answer = self.client.delete_objects(
            Bucket=self.settings.bucket(bucket),
            Delete={"Objects": list(versions), "Quiet": True},
            BypassGovernanceRetention=despite_retention,
        )
        return len(answer.get("Errors", ()))

    def present(self) -> datetime:
        """Return what time it is by the store's own clock."""
        with _translated("asking the time"):
            answer = self.client.head_bucket(Bucket=self.settings.bucket("documents"))
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    def versions_before(self, bucket: str, prefix: str, before: datetime) -> Iterator[list[Version]]:
        """Yield every version that was written before an instant under a prefix, a thousand at a time at most, in the order of keys."""
        with _translated(f"listing {prefix}"):
            pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.settings.bucket(bucket), Prefix=prefix)
            for page in pages:
                listed = (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                yield [Version(v["Key"], v["VersionId"], v["LastModified"]) for v in listed if v["LastModified"] < before]

    def delete_versions(self, bucket: str, versions: Sequence[Version]) -> None:
        """Delete versions for good, a thousand at most; those already gone count as deleted.

        Raises: RetainedObjectError, once all others are gone, where the store still retains one.
        """
        with _translated(f"deleting from {bucket}"):
            refused = self._delete_versions(bucket, [{"Key": v.key, "VersionId": v.version_id} for v in versions], despite_retention=False)
        if refused:
            raise RetainedObjectError(f"the object store refused to delete {refused} objects: by its own clock their retention is not over")

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

    def delete_as_read(self, bucket: str, key: str, etag: str | None) -> None:
        """Delete an object, with an ETag only the content that has it; one already gone, or replaced since, is left as it is."""
        as_read = {"IfMatch": etag} if etag else {}
        with _translated("deleting an object"):
            try:
                self.client.delete_object(Bucket=self.settings.bucket(bucket), Key=key, **as_read)  # type: ignore[arg-type]
            except ClientError as error:
                if error.response["Error"]["Code"] not in (*MISSING, "412", "PreconditionFailed"):
                    raise

    def move(self, bucket: str, key: str, target: str) -> None:
        """Move an object of any size inside its bucket; a source already gone counts as moved."""
        name = self.writable(bucket)
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
