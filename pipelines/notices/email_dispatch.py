"""Sending the e-mails of a shard: claim a chunk, submit it, confirm it; after a kill at most one chunk is submitted again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from pipelines.campaign import opposition_code
from pipelines.campaign.policy import Policy
from pipelines.campaign.window import window
from pipelines.notices.addressee import concerned, full_name, kind_of, sender_of
from pipelines.notices.bounces import fall_back_to_letter
from pipelines.notices.emails.mailbox import UnusableAddressError
from pipelines.notices.emails.message import EmailNotice, NoticeWriter
from pipelines.notices.emails.relay import Fate, Outcome, Relay
from pipelines.notices.reference import NoticeId, reference, tag
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RetryableError
from pipelines.platform.shards import Shard, shards_of
from pipelines.registry.birth_date import MAJORITY


@dataclass(frozen=True)
class EmailDispatch:
    """What sending needs: the database, the texts, the relay, the keys, the clock."""

    db: Database
    policy: Policy
    writer: NoticeWriter
    relay: Relay
    code_key: bytes
    reference_key: bytes
    clock: Clock


@dataclass
class _Chunk:
    """What became of the messages of one chunk."""

    accepted: list[tuple[dict[str, Any], datetime]] = field(default_factory=list)
    refused: dict[tuple[int, int], str] = field(default_factory=dict)
    later: int = 0


def plan_emails(db: Database, shard_size: int) -> list[Shard]:
    """Return the shards in which e-mails of approved waves wait."""
    with db.transaction() as session:
        rows = session.all("notices/due_email_shards", shard_size=shard_size)
    return shards_of((row["shard"] for row in rows), shard_size)


def send_emails(dispatch: EmailDispatch, shard: Shard, as_of: datetime) -> Counts:
    """Send every e-mail of a shard that waits in an approved wave.

    Safe to repeat, and to kill: one process at a time has the shard; a chunk that was claimed and never confirmed is submitted
    again with the same Message-ID and code. Each accepted message starts its window at the instant it was accepted.
    Raises: RetryableError if another process has the shard, or if the relay asked to wait for some messages.
    """
    total = {"sent": 0, "notified": 0, "letters": 0, "excluded": 0}
    later, after = 0, (shard.first_id - 1, 0)
    with dispatch.db.exclusively(f"the e-mails of people {shard.first_id} to {shard.last_id}"):
        while rows := _claim(dispatch, shard, after, as_of):
            after = (rows[-1]["person_id"], rows[-1]["attempt_no"])
            chunk = _submit(dispatch, rows, as_of)
            unit = f"{shard.first_id}-{shard.last_id}/{after[0]}-{after[1]}-{rows[-1]['submissions']}"
            done = dispatch.db.once("send_emails", unit, as_of, partial(_confirm, policy=dispatch.policy, chunk=chunk))
            total = {what: count + done.counts[what] for what, count in total.items()}
            later += chunk.later
    if later:
        raise RetryableError(f"the relay asked to wait for {later} messages of this shard ({total['sent']} were sent): try again")
    return total


def _claim(dispatch: EmailDispatch, shard: Shard, after: tuple[int, int], as_of: datetime) -> list[dict[str, Any]]:
    with dispatch.db.transaction() as session:
        rows = session.all(
            "notices/claim_emails",
            first_id=shard.first_id, last_id=shard.last_id, after_id=after[0], after_no=after[1],
            size=dispatch.policy.emails_a_chunk, template=dispatch.writer.version.label, majority_years=MAJORITY, day=legal_day(as_of),
        )  # fmt: skip
    return [dict(row) for row in rows]


def _submit(dispatch: EmailDispatch, rows: Sequence[dict[str, Any]], as_of: datetime) -> _Chunk:
    chunk = _Chunk()
    for row in rows:
        sent_at = dispatch.clock.present(as_of)
        outcome = _submit_one(dispatch, row, sent_at)
        match outcome.fate:
            case Fate.ACCEPTED:
                chunk.accepted.append((row, sent_at))
            case Fate.REFUSED:
                chunk.refused[row["person_id"], row["attempt_no"]] = f"REFUSED {outcome.status or outcome.code or ''}".strip()
            case Fate.TRY_LATER | Fate.UNKNOWN:
                chunk.later += 1
    return chunk


def _submit_one(dispatch: EmailDispatch, row: dict[str, Any], sent_at: datetime) -> Outcome:
    notice_id = NoticeId(row["campaign_id"], row["person_id"], row["attempt_no"])
    sender = sender_of(row["body"])
    domain = sender.email.rpartition("@")[2]
    marked = tag(dispatch.reference_key, notice_id)
    notice = EmailNotice(
        reference=reference(dispatch.reference_key, notice_id),
        code=opposition_code.derive(dispatch.code_key, notice_id.campaign_id, notice_id.person_id, notice_id.attempt_no),
        kind=kind_of(row),
        sender=sender,
        recipient=row["email"],
        recipient_name=full_name(row, "recipient"),
        last_day=window(sent_at).last_day,
        concerned=concerned(row),
    )
    try:
        message = dispatch.writer.build(notice, f"<{marked}@{domain}>", sent_at)
        return dispatch.relay.submit(f"retour+{marked}@{domain}", row["email"], message.as_bytes())
    except UnusableAddressError:
        return Outcome(Fate.REFUSED, status="5.1.3")


def _confirm(work: Work, policy: Policy, chunk: _Chunk) -> Counts:
    windows = [window(sent_at) for _, sent_at in chunk.accepted]
    sent = work.one(
        "notices/confirm_emails",
        campaign_id=policy.campaign_id,
        person_ids=[row["person_id"] for row, _ in chunk.accepted],
        attempt_nos=[row["attempt_no"] for row, _ in chunk.accepted],
        sent_ats=[sent_at for _, sent_at in chunk.accepted],
        sent_ons=[w.sent_on for w in windows],
        last_days=[w.last_day for w in windows],
    )
    fallen = fall_back_to_letter(work, policy.campaign_id, chunk.refused) if chunk.refused else {"letters": 0, "excluded": 0}
    return {**sent, **fallen}
