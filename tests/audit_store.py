"""A store for the heads of the audit trail that nobody used before: what lies there under retention outlives its test."""

from __future__ import annotations

from uuid import uuid4

from pipelines.audit.sealing import BUCKET
from pipelines.platform.bucket_guard import ENCRYPTED_BY_DEFAULT
from pipelines.platform.object_store import ObjectStore
from pipelines.platform.settings import Settings


def new_audit_store(settings: Settings) -> ObjectStore:
    """Make a bucket with object lock and encryption, under a prefix of its own."""
    store = ObjectStore(settings.model_copy(update={"bucket_prefix": f"audit-{uuid4().hex[:12]}"}))
    name = store.settings.bucket(BUCKET)
    store.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    store.client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=ENCRYPTED_BY_DEFAULT)
    return store
