"""What a sender's software calls itself, where its format tells: a word for statistics, never for a decision."""

from __future__ import annotations

import re

_OTHER = re.compile(r"[^A-Za-z0-9._/-]+")
# A long number may be somebody's: such a name is not kept.
_NUMBER = re.compile(r"\d{9}")
LONGEST = 60


def software_named(*parts: str | None) -> str | None:
    """Return name and version as one short word of letters, digits, `.`, `_`, `/` and `-`; None where nothing is told."""
    name = " ".join(filter(None, (_OTHER.sub(" ", part).strip() for part in parts if part)))[:LONGEST].strip()
    return name if name and not _NUMBER.search(name) else None
