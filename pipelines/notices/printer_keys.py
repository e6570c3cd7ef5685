"""Rotation of a print house's key: lots are sealed for the new and the old one until none that needs the old one is out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from pipelines.campaign.key_rotation import KeyInUseError
from pipelines.notices.print_lot import seal
from pipelines.platform.database import Database
from pipelines.platform.errors import RuleError

# A task that began with the keys of before may still hand a lot over.
MARGIN = timedelta(hours=1)


def with_new_key(keys: Sequence[str], new: str) -> list[str]:
    """Return the keys of a print house with a new one in front. Raises: PrinterKeyError where it is no age recipient."""
    seal(b"", new)
    return [new, *(key for key in keys if key != new)]


def note_rotation(db: Database, printer: str, newest: str, as_of: datetime, actor: str) -> None:
    """Keep since when lots are sealed for a print house's newest key. Safe to repeat."""
    db.once("rotate_printer_key", _unit(printer, newest), as_of, lambda _: {"printers": 1}, actor=actor)


def require_unneeded(db: Database, printer: str, keys: Sequence[str]) -> None:
    """Require that no lot which is out can be opened with an older key alone.

    Raises: KeyInUseError while there is one; RuleError where the newest key is the only one, or was never recorded.
    """
    if len(keys) < 2:
        raise RuleError(f"{printer} has one key: there is none to retire")
    with db.transaction() as session:
        found = session.all("notices/lots_sealed_before", printer=printer, unit=_unit(printer, keys[0]), margin=MARGIN)
    if not found:
        raise RuleError(f"the newest key of {printer} was never recorded: run `espace-sante keys rotate-printer` with it first")
    if lots := found[0]["lots"]:
        raise KeyInUseError(
            f"{lots} lots of {printer} that are out were sealed before its newest key: retire the older one once they are deposited"
        )


def _unit(printer: str, newest: str) -> str:
    return f"{printer}/{hashlib.sha256(newest.encode()).hexdigest()[:16]}"
