"""What the site does with a request: keeps it once, whatever is clicked twice, and shows what became of it."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from threading import Lock

from pipelines.platform.errors import EspaceSanteError
from pipelines.portal.exchange import Exchange
from pipelines.portal.follow_up import Receipt, read_number
from pipelines.portal.pages import Shown
from pipelines.portal.person_form import Insured
from pipelines.portal.sealed import Draft, Kept, Session
from pipelines.portal.spool import Spool

REMEMBERED = 10_000
CODE_END = 4
log = logging.getLogger(__name__)


class Desk:
    """Takes requests into the spool and finds their answers; safe between threads."""

    def __init__(self, spool: Spool, exchange: Exchange, key: bytes) -> None:
        self.spool, self._exchange, self._key = spool, exchange, key
        self._received: OrderedDict[bytes, tuple[Kept, ...]] = OrderedDict()
        self._lock = Lock()

    def receive(self, draft: Draft) -> tuple[Kept, ...]:
        """Keep a request and return its receipts, one a person; the same draft again gives the same receipts.

        Raises: RetryableError if it could not be kept.
        """
        # A digest, so that nobody's code stays in memory.
        digest = hashlib.sha256(repr(draft).encode()).digest()
        with self._lock:
            if digest not in self._received:
                receipts = self.spool.receive(draft.people)
                self._received[digest] = tuple(map(self._kept, receipts, draft.people))
                if len(self._received) > REMEMBERED:
                    self._received.popitem(last=False)
            return self._received[digest]

    def find(self, number: str) -> Kept | None:
        """Return the receipt of a typed number, None if this site never gave it."""
        receipt = read_number(number, self._key)
        return Kept(receipt.number(self._key)) if receipt else None

    def shown(self, session: Session) -> list[Shown]:
        """Return the requests of a session with their answers; where the store does not answer, as if none were decided yet."""
        found = [(kept, receipt) for kept in session.receipts if (receipt := read_number(kept.number, self._key))]
        try:
            answers = self._exchange.answers([receipt for _, receipt in found])
        except EspaceSanteError as error:
            log.error("answers cannot be shown: %s", error)
            answers = [None] * len(found)
        return [Shown(*kept, receipt.file.minute, answer) for (kept, receipt), answer in zip(found, answers, strict=True)]

    def _kept(self, receipt: Receipt, person: Insured) -> Kept:
        return Kept(receipt.number(self._key), person.code[-CODE_END:])
