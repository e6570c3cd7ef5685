"""Messages that tell a person of an event: a receipt, an archive, a space that cannot be opened. Each is told once, and needs no wave.

Whoever writes the event writes a row of `notices.message` in the same transaction. Dispatch addresses what waits and sends it as it sends
notices; an e-mail that fails becomes a letter.
"""

from __future__ import annotations

from datetime import datetime

from pipelines.campaign.policy import Policy
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.registry.postal_address import UNUSABLE


def address_messages(db: Database, policy: Policy, as_of: datetime) -> Counts:
    """Do what `address` does in a unit of work of its own, once an instant."""

    def do(work: Work) -> Counts:
        return address(work, policy, as_of)

    return db.once("address_messages", as_of.isoformat(), as_of, do).counts


def address(work: Work, policy: Policy, as_of: datetime) -> Counts:
    """Choose for each message that waits who is written to and how; return how many go by each channel, and to nobody so far.

    Whatever lets messages leave by a channel begins with it: one that was addressed earlier, to somebody who is not the one to tell any
    more, is taken back before.
    """
    within = {"campaign_id": policy.campaign_id, "day": legal_day(as_of), "represented_by": list(policy.represented_by)}
    work.run("notices/take_back_messages", **within)
    return work.one("notices/address_messages", **within, work_id=work.work_id, unusable_address=int(UNUSABLE))
