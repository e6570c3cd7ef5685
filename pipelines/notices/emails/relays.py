"""Several relays, several connections to each: messages go to whichever is free, at the pace that was set, and past a relay that is out.

A connection whose relay is busy or away rests for a moment that doubles; one that stays so takes no more messages of this task, nor
does one whose relay refuses us. A domain whose recipients are put off again and again gets no more in this task either. A relay with a
cap takes what it is allowed, and no more.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import NamedTuple, Self

from pipelines.notices.emails.pace import Pace, Timer
from pipelines.notices.emails.relay import TIMEOUT_SECONDS, Fate, Outcome, Relay, RelayRefusesUsError
from pipelines.platform.settings import SmtpRelay

FIRST_REST_SECONDS = 0.25
# Five rests that double are eight seconds: after these the task gives its place up and is tried again.
MOST_RESTS = 5
MOST_PUT_OFF = 5
# A message that meets a busy relay so often may be the cause: the others go on without it.
MOST_TRIES = 2
TIMER = Timer()


class Envelope(NamedTuple):
    """What a relay is given: envelope sender and recipient as `mailbox.envelope_address` gives them, envelope id, message."""

    sender: str
    recipient: str
    envelope_id: str
    message: bytes


class Submitted(NamedTuple):
    """What became of an envelope, and when that was known."""

    outcome: Outcome
    at: datetime


class _Allowance:
    """How many messages all connections of a relay may still submit; without a limit where `left` is None."""

    def __init__(self, left: int | None) -> None:
        self.left = left
        self._lock = Lock()

    def use(self) -> bool:
        """Use one up, if there is one."""
        with self._lock:
            if self.left:
                self.left -= 1
                return True
            return self.left is None


@dataclass
class _Connection:
    relay: Relay
    pace: Pace | None
    allowance: _Allowance
    rests: int = 0


class _Chunk:
    """Envelopes being submitted: which wait, from when each may leave, what became of the others."""

    def __init__(self, envelopes: Sequence[Envelope], due: Sequence[float], present: Callable[[], datetime]) -> None:
        self.envelopes, self.due, self.present = envelopes, due, present
        self.waiting = deque(sorted(range(len(envelopes)), key=due.__getitem__))
        self.results: list[Submitted | None] = [None] * len(envelopes)
        self._tries: Counter[int] = Counter()

    def take(self) -> int | None:
        """Take the next that waits; None when nothing does."""
        try:
            return self.waiting.popleft()
        except IndexError:
            return None

    def settle(self, rank: int, outcome: Outcome) -> None:
        """Note what became of one."""
        self.results[rank] = Submitted(outcome, self.present())

    def put_back(self, rank: int, outcome: Outcome) -> None:
        """Let one wait behind the others, unless relays that answered were too busy for it too often."""
        self._tries[rank] += outcome.code is not None
        if self._tries[rank] < MOST_TRIES:
            self.waiting.append(rank)
        else:
            self.settle(rank, outcome)


class Relays:
    """The relays of an installation, as one sending task uses them. Used as a context manager, which closes the connections.

    `refusal` is what a relay said that does not let us send; `are_out` when no connection takes messages any more. A relay with a cap
    submits nothing until it is allowed to.
    """

    def __init__(
        self, relays: Sequence[SmtpRelay], domain_paces: Mapping[str, float], timer: Timer = TIMER, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._timer = timer
        self._connections: list[_Connection] = []
        self._caps = {relay.name: relay.a_day for relay in relays if relay.a_day}
        self._allowances = {relay.name: _Allowance(0 if relay.a_day else None) for relay in relays}
        for relay in relays:
            pace, allowance = Pace(relay.a_second) if relay.a_second else None, self._allowances[relay.name]
            self._connections += [_Connection(Relay(relay, timeout_seconds), pace, allowance) for _ in range(relay.connections)]
        self._domain_paces = {domain.lower(): Pace(a_second) for domain, a_second in domain_paces.items()}
        self._put_off: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(len(self._connections), thread_name_prefix="relay")
        self._closing = ExitStack()
        self.refusal: RelayRefusesUsError | None = None

    def __enter__(self) -> Self:
        """Return the relays; each is connected to when its first message comes."""
        self._closing.enter_context(self._pool)
        for connection in self._connections:
            self._closing.enter_context(connection.relay)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Say goodbye to all."""
        self._closing.close()

    @property
    def are_out(self) -> bool:
        """Whether no connection takes messages any more."""
        return not self._connections

    @property
    def caps(self) -> dict[str, int]:
        """The messages a day of the relays that have such a limit, and a connection that takes messages."""
        in_use = [connection.allowance for connection in self._connections]
        return {name: cap for name, cap in self._caps.items() if self._allowances[name] in in_use}

    @property
    def has_uncapped(self) -> bool:
        """Whether some connection may take as many messages as come."""
        return any(connection.allowance.left is None for connection in self._connections)

    @property
    def allowed(self) -> dict[str, int]:
        """How many messages each relay with a cap may still be given."""
        return {name: self._allowances[name].left or 0 for name in self._caps}

    def allow(self, name: str, messages: int) -> None:
        """Say how many messages a relay with a cap may be given from now on."""
        self._allowances[name].left = messages

    def submit_all(self, envelopes: Sequence[Envelope], present: Callable[[], datetime]) -> list[Submitted]:
        """Submit envelopes and return what became of each, in their order; those that no relay took are `RELAY_BUSY`.

        `present` tells the instant of an answer. Never raises for a relay: see `refusal` and `are_out`.
        """
        chunk = _Chunk(envelopes, self._due(envelopes), present)
        while chunk.waiting and any(connection.allowance.left != 0 for connection in self._connections):
            goes_on = self._serve_all(chunk)
            self._connections = [connection for connection, on in zip(self._connections, goes_on, strict=True) if on]
        return [result or Submitted(Outcome(Fate.RELAY_BUSY), present()) for result in chunk.results]

    def _serve_all(self, chunk: _Chunk) -> list[bool]:
        if len(self._connections) == 1:
            return [self._serve(self._connections[0], chunk)]
        return list(self._pool.map(lambda connection: self._serve(connection, chunk), self._connections))

    def _due(self, envelopes: Sequence[Envelope]) -> list[float]:
        now = self._timer.now()
        paces = (self._domain_paces.get(_domain(envelope)) for envelope in envelopes) if self._domain_paces else ()
        return [pace.reserve(now) if pace else now for pace in paces] or [now] * len(envelopes)

    def _serve(self, connection: _Connection, chunk: _Chunk) -> bool:
        """Submit what waits, over one connection, until nothing does or no more is allowed; return whether the relay may be used again."""
        while (rank := chunk.take()) is not None:
            if not connection.allowance.use():
                chunk.waiting.appendleft(rank)
                return True
            try:
                outcome = self._submit(connection, chunk.envelopes[rank], chunk.due[rank])
            except RelayRefusesUsError as refusal:
                self.refusal = refusal
                chunk.waiting.appendleft(rank)
                return False
            if outcome.fate is not Fate.RELAY_BUSY:
                chunk.settle(rank, outcome)
                connection.rests = 0
                continue
            chunk.put_back(rank, outcome)
            if connection.rests == MOST_RESTS:
                return False
            self._timer.wait(FIRST_REST_SECONDS * 2**connection.rests)
            connection.rests += 1
        return True

    def _submit(self, connection: _Connection, envelope: Envelope, due: float) -> Outcome:
        domain = _domain(envelope)
        if self._put_off[domain] >= MOST_PUT_OFF:
            return Outcome(Fate.TRY_LATER)
        self._timer.wait_until(connection.pace.reserve(max(due, self._timer.now())) if connection.pace else due)
        outcome = connection.relay.submit(envelope.sender, envelope.recipient, envelope.message, envelope.envelope_id)
        self._put_off[domain] = self._put_off[domain] + 1 if outcome.fate is Fate.TRY_LATER else 0
        return outcome


def _domain(envelope: Envelope) -> str:
    return envelope.recipient.rpartition("@")[2]
