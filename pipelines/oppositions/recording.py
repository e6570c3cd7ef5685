"""What was decided on a file, written: its lines, then what they do to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from pipelines.campaign.policy import Policy
from pipelines.oppositions.contract import Cause, Channel, Outcome
from pipelines.oppositions.verification import Claim, Decision, Verifier
from pipelines.platform.database import Counts, Work
from pipelines.registry.copying import constant, copy_table


def record(work: Work, verifier: Verifier, claims: Sequence[Claim | None], decisions: Sequence[Decision]) -> Counts:
    """Write the lines of a file and their effects; return how many lines had each outcome."""
    copy_table(work, "oppositions.request", _lines(work.work_id, verifier.channel, claims, decisions))
    campaign_id = verifier.policy.campaign_id
    counts = _counts(decisions)
    if counts["new_codes"]:
        work.run("oppositions/replace_codes", work_id=work.work_id, campaign_id=campaign_id)
    if counts[Outcome.ACCEPTED]:
        work.run("oppositions/oppose", work_id=work.work_id, campaign_id=campaign_id)
    if verifier.released:
        work.run(
            "oppositions/release_codes",
            work_id=work.work_id,
            campaign_id=campaign_id,
            person_ids=list(verifier.released),
            lines=list(verifier.released.values()),
        )
    _count_failures(work, verifier.failures, verifier.policy, verifier.channel, verifier.present)
    return counts


def _lines(work_id: int, channel: Channel, claims: Sequence[Claim | None], decisions: Sequence[Decision]) -> pa.Table:
    requests = [claim.request if claim else None for claim in claims]
    rows = len(claims)
    return pa.table(
        {
            "work_id": constant(work_id, rows),
            "line": pa.array(range(1, rows + 1), pa.int32()),
            "channel": constant(str(channel), rows),
            "kind": pa.array([request.kind if request else None for request in requests], pa.string()),
            "request_ref": pa.array([request.request_ref if request else None for request in requests], pa.string()),
            "received_at": pa.array([claim.received_at if claim else None for claim in claims], pa.timestamp("us", "UTC")),
            "agent": pa.array([request.agent if request else None for request in requests], pa.string()),
            "body": pa.array([request.body if request else None for request in requests], pa.string()),
            "outcome": pa.array([decision.outcome for decision in decisions], pa.string()),
            "cause": pa.array([decision.cause for decision in decisions], pa.string()),
            "person_id": pa.array([decision.person_id for decision in decisions], pa.int64()),
            "attempt_no": pa.array([decision.attempt_no for decision in decisions], pa.int16()),
        }
    )


def _counts(decisions: Sequence[Decision]) -> Counts:
    outcomes = Counter((decision.outcome, decision.cause) for decision in decisions)
    counts = {outcome: sum(lines for (found, _), lines in outcomes.items() if found is outcome) for outcome in Outcome}
    return {str(outcome): lines for outcome, lines in counts.items()} | {
        "new_codes": outcomes[Outcome.NOTED, None],
        "in_time_after_opening": outcomes[Outcome.CLOSING, Cause.IN_TIME_AFTER_OPENING],
    }


def _count_failures(work: Work, failures: Counter[int], policy: Policy, channel: Channel, present: datetime) -> None:
    if failures:
        people = sorted(failures)
        work.run(
            "oppositions/count_failures",
            person_ids=people,
            failures=[failures[person_id] for person_id in people],
            campaign_id=policy.campaign_id,
            channel=str(channel),
            failures_before_lock=policy.failures_before_lock,
            as_of=present,
        )
