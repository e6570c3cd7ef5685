"""What relays may be given in a day: counted for all tasks and runs, reserved before a chunk is claimed, given back where it was not used.

A task that is killed has used what it reserved: a cap is never passed.
"""

from __future__ import annotations

from datetime import date

from pipelines.notices.emails.relays import Relays
from pipelines.platform.database import Session


def reserve(session: Session, relays: Relays, day: date, most: int) -> int:
    """Reserve up to `most` messages of a day with each relay that has a cap; return how many can be submitted, `most` without a cap."""
    if not relays.caps:
        return most
    for name, cap in relays.caps.items():
        relays.allow(name, session.one("notices/reserve_relay", relay=name, day=day, wanted=most, cap=cap)["granted"])
    return most if relays.has_uncapped else min(most, sum(relays.allowed.values()))


def give_back(session: Session, relays: Relays, day: date) -> None:
    """Give back what was reserved and not used."""
    for name, unused in relays.allowed.items():
        session.run("notices/give_relay_back", relay=name, day=day, unused=unused)
