"""Where people oppose."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """The channels, by the names of their folders (`docs/contracts/oppositions.md`)."""

    WEB = "WEB"
    PHONE = "PHONE_3422"
    PAPER = "PAPER"
    DESK = "DESK"
