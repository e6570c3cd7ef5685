"""The certificate of a destruction: how much was destroyed, when, by which rule, and the digest of the list. Nothing of anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

BUCKET = "audit"
ARTICLE = "CSP R1111-36"


def certificate_key(batch_id: int) -> str:
    """Return the key of a certificate in the bucket `audit`."""
    return f"destructions/{batch_id:012d}.json"


def certificate_of(batch: Mapping[str, Any]) -> bytes:
    """Return the certificate of a batch of spaces that was destroyed."""
    said = {name: value.isoformat() if isinstance(value, date) else value for name, value in batch.items()}
    return json.dumps({**said, "article": ARTICLE}, sort_keys=True).encode() + b"\n"


def kept_until(destroyed_on: date, years: int) -> datetime:
    """Return until when a certificate is kept: so many whole years."""
    return datetime(destroyed_on.year + years + 1, 1, 1, tzinfo=UTC)
