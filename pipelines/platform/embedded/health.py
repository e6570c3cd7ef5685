"""What a health check may find."""

from __future__ import annotations

from enum import StrEnum


class Health(StrEnum):
    """`READY` answers as it should; `STARTING` runs but does not answer (yet); `STOPPED` has no process."""

    READY = "ready"
    STARTING = "starting"
    STOPPED = "stopped"
