"""What goes to the intake and what comes back from it: files of requests out of the spool, answers by the number of a receipt."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event, Lock, Thread

from pipelines.oppositions.contract import UNVERIFIED_MESSAGE, Channel, Outcome
from pipelines.platform.errors import EspaceSanteError
from pipelines.platform.object_store import MissingObjectError, ObjectStore
from pipelines.portal.days import Days
from pipelines.portal.follow_up import FileName, Receipt
from pipelines.portal.spool import Spool

BUCKET = "exchanges"
FOLDER = f"oppositions/{Channel.WEB}"
SECONDS_BETWEEN = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What the intake decided on a request, and the sentence for its person.

    Every refusal has the same sentence here: what the intake says of a line that breaks the contract is for us.
    """

    result: str
    message: str
    receipt: str | None


class Exchange:
    """The channel WEB in the object store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, name: str, content: bytes) -> None:
        """Put a file into the inbox. Raises: RetryableError, FinalError."""
        self._store.put(BUCKET, f"{FOLDER}/inbox/{name}", content)

    def answers(self, receipts: Iterable[Receipt]) -> list[Answer | None]:
        """Return the answer to each request, None where it is not decided yet. Raises: RetryableError, FinalError."""
        read: dict[FileName, dict[str, Answer]] = {}
        answers = []
        for receipt in receipts:
            if receipt.file not in read:
                read[receipt.file] = self._answers_of(receipt.file)
            answers.append(read[receipt.file].get(receipt.request_ref))
        return answers

    def _answers_of(self, file: FileName) -> dict[str, Answer]:
        try:
            content = self._store.get(BUCKET, f"{FOLDER}/answers/{file}")
        except MissingObjectError:
            return {}
        lines = [json.loads(line) for line in content.splitlines()]
        return {
            line["request_ref"]: Answer(
                line["result"], UNVERIFIED_MESSAGE if line["result"] == Outcome.REFUSED else line["message"], line["receipt"]
            )
            for line in lines
            if line.get("request_ref")
        }


class HandingOver:
    """A thread that hands files over as their minutes end, and announces days as they end."""

    def __init__(self, spool: Spool, days: Days, exchange: Exchange) -> None:
        self._spool, self._days, self._exchange = spool, days, exchange
        self._stopped, self._lock = Event(), Lock()
        self._thread = Thread(target=self._run, name="handing-over")

    def start(self) -> None:
        """Begin, with what an earlier process left."""
        self._thread.start()

    def stop(self) -> None:
        """End, and hand over all that lies in the spool: no further request comes."""
        self._stopped.set()
        self._thread.join()
        self.hand_over(everything=True)

    def _run(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN):
            self.hand_over()

    def hand_over(self, *, everything: bool = False) -> None:
        """Hand over what is due, and announce the days that are over; what fails is told in the log and waits for the next time."""
        with self._lock:
            try:
                until = self._spool.hand_over(self._put, everything=everything)
                self._days.announce(until, self._exchange.put)
            except EspaceSanteError as error:
                log.error("requests, or the end of a day, wait for the object store: %s", error)
            except Exception as error:  # The thread must outlive what nobody foresaw; its text could quote a request.
                log.error("requests, or the end of a day, wait: %s", type(error).__name__)

    def _put(self, name: FileName, content: bytes) -> None:
        self._exchange.put(str(name), content)
        self._days.note(name)
