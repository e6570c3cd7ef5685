"""Whether a feed waits for the virus scanner: read with each declaration of a feed, hence apart from the scan."""

from __future__ import annotations

from enum import StrEnum


class ScanPolicy(StrEnum):
    """What a feed does while no scanner answers: wait, or let documents in that are scanned later."""

    REQUIRED = "required"
    DEGRADED = "degraded"
