"""The verb of oppositions: take in a channel's files, decide each line, answer it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

import msgspec
from sqlalchemy.engine import RowMapping

from pipelines.campaign.policy import Policy, RestartedCode
from pipelines.oppositions.claims import make_claims, matricules_to_find
from pipelines.oppositions.contract import Answer, Cause, Channel, Outcome, message
from pipelines.oppositions.recording import record
from pipelines.oppositions.request_file import read_announcement, read_requests
from pipelines.oppositions.verification import Candidate, Verifier
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Session, Work
from pipelines.platform.errors import BadFileError
from pipelines.platform.inbox import Inbound, Inbox
from pipelines.platform.object_store import ObjectStore

ANNOUNCEMENT = ".day.json"
COUNTED = ("files", "files_refused", "days", "lines", *map(str, Outcome), "new_codes", "in_time_after_opening")
_ENCODER = msgspec.json.Encoder()


def take_in_oppositions(
    db: Database, store: ObjectStore, policy: Policy, keys: Mapping[int, bytes], clock: Clock, as_of: datetime
) -> Counts:
    """Take in every opposition file that waits, of every channel; return the sums over all files.

    `keys` are those of codes, by version. Safe to repeat: a file is decided once, and its answer is made again from what was decided.
    Raises: RuleError if `as_of` lies in the future.
    """
    total = dict.fromkeys(COUNTED, 0)
    present = clock.present(as_of)
    # Without this the collector would walk all that the process has loaded again for every few thousand lines.
    gc.freeze()
    for channel in Channel:
        inbox = Inbox(f"oppositions/{channel}", store)
        taking = _Taking(db, policy, keys, channel, present)
        for name in inbox.waiting():
            is_day = name.endswith(ANNOUNCEMENT)
            decide = taking.keep_day if is_day else partial(taking.decide, name=name)
            answer = _answer_day if is_day else taking.answer
            inbound = inbox.take_in(db, name, as_of, decide=decide, answer=partial(_answer, answer))
            total["files"] += 1
            for what, count in inbound.counts.items():
                total[what] += count
    return total


@dataclass(frozen=True)
class _Taking:
    """The files of one channel, decided and answered at one instant."""

    db: Database
    policy: Policy
    keys: Mapping[int, bytes]
    channel: Channel
    present: datetime

    def decide(self, work: Work, content: bytes, name: str) -> Mapping[str, int]:
        claims = make_claims(read_requests(name, content), self.channel, self.policy)
        candidates = find_candidates(work, self.policy, matricules_to_find(claims))
        verifier = Verifier(candidates, self.keys, self.policy, self.channel, self.present)
        return {"lines": len(claims), **record(work, verifier, claims, verifier.decide(claims))}

    def answer(self, inbound: Inbound) -> bytes:
        with self.db.transaction() as session:
            rows = session.all("oppositions/answers", work_id=inbound.work_id)
        return _ENCODER.encode_lines([_answer_line(row) for row in rows])

    def keep_day(self, work: Work, content: bytes) -> Mapping[str, int]:
        told = read_announcement(content)
        if told.day >= legal_day(self.present):
            raise BadFileError("the day announced is not over: announce it from the next day on")
        work.run("oppositions/announce_day", channel=str(self.channel), day=told.day, files=told.files, work_id=work.work_id)
        return {"days": 1}


def find_candidates(session: Session, policy: Policy, matricules: Sequence[str]) -> dict[str, Candidate]:
    """Return the people whom matricules name, locked; two matricules of one person give the same candidate."""
    lives = policy.code_after_restart is RestartedCode.LIVES
    binds = {"matricules": matricules, "campaign_id": policy.campaign_id, "bounced_codes_live": lives}
    people: dict[int, Candidate] = {}
    named: dict[str, Candidate] = {}
    for row in session.all("oppositions/find_people", **binds):
        # The statement's columns are the fields of a candidate, in their order.
        given: list[Any] = list(row.values())
        candidate = Candidate(*given[1:])
        named[given[0]] = people.setdefault(candidate.person_id, candidate)
    return named


def _answer(answer: Callable[[Inbound], bytes], inbound: Inbound) -> bytes:
    """Return the answer file; of a file that was refused whole, one line with the reason."""
    return _ENCODER.encode_lines([{"file_refused": inbound.refusal}]) if inbound.refusal else answer(inbound)


def _answer_day(_: Inbound) -> bytes:
    return _ENCODER.encode_lines([{"announced": True}])


def _answer_line(row: RowMapping) -> Answer:
    return Answer(row["line"], row["request_ref"], row["outcome"], _message(row["outcome"], row["cause"]), row["receipt"])


@cache
def _message(outcome: str, cause: str | None) -> str:
    return message(Outcome(outcome), Cause(cause) if cause else None)
