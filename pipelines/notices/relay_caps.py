"""What relays may be given in a day: counted for all tasks and runs, reserved before a chunk is claimed, given back where it was not used.

A task that is killed has used what it reserved: a cap is never passed.
"""

from __future__ import annotations

from datetime import date

from pipelines.notices.emails.relays import Relays
from pipelines.platform.database import Session


def reserve(session: Session, relays: Relays, day: date, most: int) -> int:
    """Reserve `most` messages of a day, spread over the relays with a cap that still answer; return how many can be submitted."""
    if not relays.caps:
        return most
    lacking = most
    for place, (name, cap) in enumerate(relays.caps.items()):
        share = -(-lacking // (len(relays.caps) - place))
        granted = session.one("notices/reserve_relay", relay=name, day=day, wanted=share, cap=cap)["granted"]
        relays.allow(name, granted)
        lacking -= granted
    return most if relays.has_uncapped else most - lacking


def give_back(session: Session, relays: Relays, day: date) -> None:
    """Give back what was reserved and not used."""
    for name, unused in relays.allowed.items():
        session.run("notices/give_relay_back", relay=name, day=day, unused=unused)
