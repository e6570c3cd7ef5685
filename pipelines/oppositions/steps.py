"""The verb of oppositions: take in a channel's file, decide each line, answer it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from pipelines.campaign.policy import Policy
from pipelines.oppositions.contract import Cause, Channel, Decision, Outcome, message, read_lines, write_answers
from pipelines.oppositions.verification import Candidate, Verifier
from pipelines.platform.clock import Clock
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.inbox import Inbound, Inbox
from pipelines.platform.object_store import ObjectStore


def take_in_oppositions(db: Database, store: ObjectStore, policy: Policy, key: bytes, clock: Clock, as_of: datetime) -> Counts:
    """Take in every opposition file that waits, of every channel; return the sums over all files.

    Safe to repeat: a file is decided once, and its answer is made again from what was decided.
    Raises: RuleError if `as_of` lies in the future.
    """
    total = {"files": 0, "files_refused": 0, "lines": 0, **{str(outcome): 0 for outcome in Outcome}}
    present = clock.present(as_of)
    for channel in Channel:
        inbox = Inbox(f"oppositions/{channel}", store)
        for name in inbox.waiting():
            inbound = inbox.take_in(
                db,
                name,
                as_of,
                decide=partial(_decide, channel=channel, policy=policy, key=key, present=present),
                answer=lambda inbound: _answer(db, inbound),
            )
            total["files"] += 1
            for what, count in inbound.counts.items():
                total[what] += count
    return total


def _decide(work: Work, content: bytes, channel: Channel, policy: Policy, key: bytes, present: datetime) -> Mapping[str, int]:
    lines = read_lines(content)
    matricules = sorted({number for line in lines if line.request and (number := line.request.number)})
    verifier = Verifier(_candidates(work, policy, matricules), key, policy.campaign_id, present, policy.failures_before_lock)
    decisions = verifier.decide(lines, work.work_id)
    _keep(work, channel, decisions)
    work.run("oppositions/oppose", work_id=work.work_id, campaign_id=policy.campaign_id)
    if verifier.new_failures:
        people = sorted(verifier.new_failures)
        work.run("oppositions/count_failures", person_ids=people, failures=[verifier.new_failures[p] for p in people], as_of=present)
    counts = {str(outcome): sum(d.outcome is outcome for d in decisions) for outcome in Outcome}
    return {"lines": len(lines), **counts}


def _candidates(work: Work, policy: Policy, matricules: list[str]) -> dict[str, Candidate]:
    rows = work.all("oppositions/find_people", matricules=matricules, campaign_id=policy.campaign_id)
    people: dict[int, Candidate] = {}
    for row in rows:
        people.setdefault(
            row["person_id"],
            Candidate(row["person_id"], row["birth_date"], row["status"], row["attempt_no"], row["last_day"], row["failures"]),
        )
    return {row["matricule"]: people[row["person_id"]] for row in rows}


def _keep(work: Work, channel: Channel, decisions: list[Decision]) -> None:
    work.run(
        "oppositions/keep_requests",
        work_id=work.work_id,
        channel=str(channel),
        lines=[d.line for d in decisions],
        request_refs=[d.request_ref for d in decisions],
        received_ats=[d.received_at for d in decisions],
        outcomes=[str(d.outcome) for d in decisions],
        causes=[str(d.cause) if d.cause else None for d in decisions],
        person_ids=[d.person_id for d in decisions],
        receipts=[d.receipt for d in decisions],
    )


def _answer(db: Database, inbound: Inbound) -> bytes:
    """Return the answer file: a line for each line, or one line for a file that was refused whole."""
    if inbound.refusal:
        return write_answers([{"file_refused": inbound.refusal}])
    with db.transaction() as session:
        rows = session.all("oppositions/answers", work_id=inbound.work_id)
    return write_answers(
        {
            "line": row["line"],
            "request_ref": row["request_ref"],
            "result": row["outcome"],
            "message": message(Outcome(row["outcome"]), Cause(row["cause"]) if row["cause"] else None),
            "receipt": row["receipt"],
        }
        for row in rows
    )
