"""What a bucket must be before anything is written to it: encrypted at rest, and in the region whose place was declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipelines.platform.errors import FinalError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ServerSideEncryptionConfigurationTypeDef

ENCRYPTED_BY_DEFAULT: ServerSideEncryptionConfigurationTypeDef = {
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
}
NOT_ENCRYPTED = ("ServerSideEncryptionConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed")


class UnsoundBucketError(FinalError):
    """A bucket is not one in which data of insured people may lie."""


def require_sound_bucket(client: S3Client, name: str, region: str) -> None:
    """Require that a bucket encrypts by default what is written to it and, where the store tells its region, that it lies in `region`.

    Raises: UnsoundBucketError, naming the bucket; botocore's errors as they are.
    """
    found = client.head_bucket(Bucket=name).get("BucketRegion", region)
    if found != region:
        raise UnsoundBucketError(f"the bucket {name} lies in {found}, not in {region}: make it there, then run this again")
    try:
        client.get_bucket_encryption(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_ENCRYPTED:
            raise
        raise UnsoundBucketError(
            f"the bucket {name} does not encrypt what lies in it: set its default encryption (docs/operating.md), then run this again"
        ) from None
