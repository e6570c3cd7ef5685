"""What the systems behind answer to a file: how many records they accepted, and which they refused, with a reason from a closed list.

Contract: docs/contracts/account_acknowledgements.md.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from pipelines.accounts.systems import FINAL_REASONS, Reason, System
from pipelines.campaign.policy import Policy
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import BadFileError
from pipelines.platform.faults import Faults
from pipelines.platform.inbox import Inbound, Inbox
from pipelines.platform.object_store import ObjectStore

COUNTED = ("files", "files_refused", "lines", "accepted", "refused", "impossible", "opened", "unreadable")


class Refused(Struct, frozen=True, forbid_unknown_fields=True):
    """One record that a system refuses, by its line in the file."""

    line: Annotated[int, Meta(ge=1)]
    reason: Reason


class Acknowledgement(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to one file, whose content it names by its SHA-256; `unreadable` where the file cannot be read and is wanted again."""

    file: Annotated[int, Meta(ge=1, le=2**62)]
    sha256: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    accepted: Annotated[int, Meta(ge=0)] = 0
    refused: list[Refused] = []
    unreadable: bool = False


def take_in_acknowledgements(db: Database, store: ObjectStore, policy: Policy, clock: Clock, as_of: datetime) -> Counts:
    """Take in every acknowledgement of every system that waits; return the sums over all files.

    A space that a system refuses for good, or too often, becomes IMPOSSIBLE; one that is accepted at last opens.
    Safe to repeat: an acknowledgement is decided once. One that cannot be taken in stays in its inbox and holds up no other.
    Raises, after all that could be taken in: RetryableError or FinalError, with every fault; RuleError if `as_of` lies in the future.
    Source: CSP R1111-28 (who is not opened for a technical reason is told without delay).
    """
    faults, total = Faults(), Counter(dict.fromkeys(COUNTED, 0))
    day = legal_day(clock.present(as_of))
    for system in System:
        inbox = Inbox(f"systems/{system}/acknowledgements", store)
        for name in inbox.waiting():
            with faults.apart(f"an acknowledgement in {inbox.kind}"):
                inbound = inbox.take_in(db, name, as_of, decide=_decider(system, policy, day), answer=_answer)
                total.update({"files": 1, **inbound.counts})
    faults.require_none()
    return dict(total)


def _decider(system: System, policy: Policy, day: date) -> Callable[[Work, bytes], Counts]:
    return partial(_decide, system=system, policy=policy, day=day)


def _decide(work: Work, content: bytes, system: System, policy: Policy, day: date) -> Counts:
    answer = _read(content)
    records = _records_of(work, answer, system)
    if answer.unreadable:
        work.run("accounts/write_again", file_no=answer.file)
        return {"lines": 0, "unreadable": 1}
    _require_whole(answer, records)
    work.run(
        "accounts/keep_refusals",
        file_no=answer.file, lines=[one.line for one in answer.refused], reasons=[str(one.reason) for one in answer.refused],
    )  # fmt: skip
    impossible = work.run(
        "accounts/make_impossible",
        file_no=answer.file, day=day, final_reasons=list(map(str, FINAL_REASONS)),
        refusals_before_impossible=policy.refusals_before_impossible,
    )  # fmt: skip
    opened = work.run("accounts/open_accepted", file_no=answer.file)
    work.run("accounts/note_answered", file_no=answer.file, accepted=answer.accepted)
    counts = {"accepted": answer.accepted, "refused": len(answer.refused), "impossible": impossible, "opened": opened}
    return {"lines": records, **counts}


def _read(content: bytes) -> Acknowledgement:
    try:
        return msgspec.json.decode(content, type=Acknowledgement)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadFileError("the file is no acknowledgement: see the contract") from None


def _records_of(work: Work, answer: Acknowledgement, system: System) -> int:
    """Return how many records the file has that is answered. Raises: BadFileError where it is not this system's to answer, or not now."""
    found = work.all("accounts/find_file", file_no=answer.file)
    if not found or found[0]["system"] != system:
        raise BadFileError(f"there is no file {answer.file} for {system}")
    if found[0]["status"] != "WRITTEN":
        raise BadFileError(f"file {answer.file} waits for no answer: the first one stands")
    if found[0]["sha256"] != answer.sha256:
        raise BadFileError(f"file {answer.file} has another SHA-256: read it again")
    return int(found[0]["records"])


def _require_whole(answer: Acknowledgement, records: int) -> None:
    lines = {one.line for one in answer.refused}
    if len(lines) < len(answer.refused) or any(line > records for line in lines):
        raise BadFileError("a line is refused twice, or lies beyond the end of the file")
    told = answer.accepted + len(lines)
    if told != records:
        raise BadFileError(f"accepted and refused are {told} of {records} records: each is one or the other")


def _answer(inbound: Inbound) -> bytes:
    told = {"file_refused": inbound.refusal} if inbound.refusal else {"taken": True, **inbound.counts}
    return json.dumps(told).encode() + b"\n"
