"""Sending the e-mails of a shard: claim a chunk, submit it, confirm it; after a kill at most one chunk is submitted again.

An e-mail is PREPARED until it is claimed, CLAIMED while it may have left, SENT once a relay took it. What surely did not leave becomes
PREPARED again; what may have left stays CLAIMED, and every later run submits it again, with the same Message-ID and code, until a
relay answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from pipelines.campaign import opposition_code
from pipelines.campaign.approved_content import Content, require_approved_content
from pipelines.campaign.policy import Policy
from pipelines.campaign.window import window
from pipelines.notices.addressee import concerned, event_of, full_name, kind_of, sender_of
from pipelines.notices.bounces import fall_back_to_letter
from pipelines.notices.emails.mailbox import UnusableAddressError, envelope_address
from pipelines.notices.emails.message import EmailNotice, NoticeWriter
from pipelines.notices.emails.relay import Fate, Outcome
from pipelines.notices.emails.relays import Envelope, Relays
from pipelines.notices.emails.signature import Signer
from pipelines.notices.kind import Subject
from pipelines.notices.reference import NoticeId, tags
from pipelines.notices.relay_caps import give_back, reserve
from pipelines.notices.templates import labels
from pipelines.platform.clock import Clock, legal_day
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RetryableError
from pipelines.platform.shards import Shard, shards_of

# A receiving side that blocks us may relent; after so many runs the person is told by letter all the same.
MOST_BLOCKED = 3
# RFC 3463: bad address syntax; an address that is not valid any more, since it bounced.
_BAD_ADDRESS, _BOUNCED = "5.1.3", "5.1.6"


@dataclass(frozen=True)
class EmailDispatch:
    """What sending needs: the database, the texts, the relays, the keys, the clock, what signs for each domain.

    `content` is what e-mails say, with which their waves must have been approved.
    """

    db: Database
    policy: Policy
    writer: NoticeWriter
    relays: Relays
    code_keys: Mapping[int, bytes]
    reference_key: bytes
    clock: Clock
    content: Content
    signers: Mapping[str, Signer] = field(default_factory=dict)


@dataclass
class _Chunk:
    """What became of the messages of one chunk: accepted with their instant, refused with the reason; keys are (person, attempt)."""

    accepted: dict[tuple[int, int], datetime] = field(default_factory=dict)
    refused: dict[tuple[int, int], str] = field(default_factory=dict)
    later: list[tuple[int, int]] = field(default_factory=list)
    blocked: int = 0
    unknown: int = 0

    def settle(self, row: Mapping[str, Any], outcome: Outcome, at: datetime) -> None:
        """Note what became of one message."""
        key = (row["person_id"], row["attempt_no"])
        match outcome.fate:
            case Fate.ACCEPTED:
                self.accepted[key] = at
            case Fate.UNKNOWN:
                self.unknown += 1
            case Fate.BLOCKED if row["submissions"] < MOST_BLOCKED:
                self.later.append(key)
                self.blocked += 1
            case Fate.REFUSED | Fate.BLOCKED:
                self.refused[key] = f"{outcome.fate.name} {outcome.status or outcome.code or ''}".strip()
            case Fate.TRY_LATER | Fate.RELAY_BUSY:
                self.later.append(key)


def plan_emails(db: Database, content: Content, shard_size: int) -> list[Shard]:
    """Return the shards in which e-mails of approved waves wait. Raises: UnapprovedContentError where they would say something else."""
    require_approved_content(db, content)
    with db.transaction() as session:
        rows = session.all("notices/due_email_shards", content=content, shard_size=shard_size)
    return shards_of((row["shard"] for row in rows), shard_size)


def send_emails(dispatch: EmailDispatch, shard: Shard, as_of: datetime) -> Counts:
    """Send every e-mail of a shard that waits in an approved wave.

    Safe to repeat, and to kill: one process at a time has the shard; a chunk that was claimed and never confirmed is submitted
    again with the same Message-ID and code. Each accepted message starts its window at the instant it was accepted.
    Raises: RetryableError if another process has the shard, or if some messages must be tried later; RelayRefusesUsError if no relay
    lets us send. Whatever became of a chunk is written before.
    """
    total = dict.fromkeys(("sent", "notified", "letters", "excluded", "later", "blocked", "unknown"), 0)
    after = (shard.first_id - 1, 0)
    with dispatch.db.exclusively(f"the e-mails of people {shard.first_id} to {shard.last_id}"):
        while not dispatch.relays.are_out:
            day = legal_day(dispatch.clock.present(as_of))
            if not (rows := _claim(dispatch, shard, after, day)):
                break
            after = (rows[-1]["person_id"], rows[-1]["attempt_no"])
            chunk = _submit(dispatch, rows, as_of)
            unit = f"{shard.first_id}-{shard.last_id}/{after[0]}-{after[1]}-{rows[-1]['submissions']}"
            done = dispatch.db.once("send_emails", unit, as_of, partial(_confirm, dispatch=dispatch, chunk=chunk, day=day))
            total = {what: count + done.counts[what] for what, count in total.items()}
    _require_settled(dispatch.relays, total)
    return total


def _require_settled(relays: Relays, total: Mapping[str, int]) -> None:
    if relays.are_out and relays.refusal is not None:
        raise relays.refusal
    if relays.are_out or total["later"] or total["unknown"]:
        raise RetryableError(
            f"{total['sent']} e-mails of this shard were sent, {total['later']} must be tried later ({total['blocked']} of them were "
            f"blocked), {total['unknown']} may have left" + (", and no relay takes more" if relays.are_out else "") + ": try again"
        )


def _claim(dispatch: EmailDispatch, shard: Shard, after: tuple[int, int], day: date) -> list[dict[str, Any]]:
    with dispatch.db.transaction() as session:
        rows = session.all(
            "notices/claim_emails",
            first_id=shard.first_id, last_id=shard.last_id, after_id=after[0], after_no=after[1],
            size=reserve(session, dispatch.relays, day, dispatch.policy.emails_a_chunk),
            templates=labels(dispatch.writer.versions), content=dispatch.content,
        )  # fmt: skip
        if not rows:
            give_back(session, dispatch.relays, day)
    return [dict(row) for row in rows]


def _submit(dispatch: EmailDispatch, rows: Sequence[Mapping[str, Any]], as_of: datetime) -> _Chunk:
    built_at = dispatch.clock.present(as_of)
    chunk, usable = _Chunk(), []
    for row in rows:
        if row["is_dead"] or not _is_usable(row):
            chunk.settle(row, Outcome(Fate.REFUSED, status=_BOUNCED if row["is_dead"] else _BAD_ADDRESS), built_at)
        else:
            usable.append(row)
    present = partial(dispatch.clock.present, as_of)
    for row, (outcome, at) in zip(usable, dispatch.relays.submit_all(_envelopes(dispatch, usable, built_at), present), strict=True):
        chunk.settle(row, outcome, at)
    return chunk


def _is_usable(row: Mapping[str, Any]) -> bool:
    try:
        envelope_address(row["email"])
    except UnusableAddressError:
        return False
    return True


def _envelopes(dispatch: EmailDispatch, rows: Sequence[Mapping[str, Any]], built_at: datetime) -> list[Envelope]:
    notices = email_notices(rows, dispatch.code_keys, dispatch.reference_key, built_at)
    messages = dispatch.writer.build_all(notices, built_at)
    return [envelope_of(notice, message, dispatch.signers) for notice, message in zip(notices, messages, strict=True)]


def email_notices(
    rows: Sequence[Mapping[str, Any]], code_keys: Mapping[int, bytes], reference_key: bytes, built_at: datetime
) -> list[EmailNotice]:
    """Return the notices of rows of `notices/claim_emails`, in their order, as they are told at an instant."""
    ids = [NoticeId(row["campaign_id"], row["person_id"], row["attempt_no"]) for row in rows]
    codes = opposition_code.derive_each(code_keys, [row["code_key_version"] for row in rows], ids)
    last_day = window(built_at).last_day
    return [
        EmailNotice(
            tag,
            code if Subject(row["subject"]).has_code else "",
            kind_of(row),
            sender_of(row["body"]),
            row["email"],
            full_name(row, "recipient"),
            last_day if Subject(row["subject"]).has_code else None,
            concerned(row),
            Subject(row["subject"]),
            event_of(row),
        )
        for row, tag, code in zip(rows, tags(reference_key, ids), codes, strict=True)
    ]


def envelope_of(notice: EmailNotice, message: bytes, signers: Mapping[str, Signer]) -> Envelope:
    """Return a message as a relay takes it, signed where its domain has a key."""
    domain = notice.sender.email.rpartition("@")[2]
    signed = signers[domain].sign(message) if domain in signers else message
    return Envelope(f"retour+{notice.tag}@{domain}", envelope_address(notice.recipient), notice.tag, signed)


def _confirm(work: Work, dispatch: EmailDispatch, chunk: _Chunk, day: date) -> Counts:
    campaign_id = dispatch.policy.campaign_id
    windows = [window(sent_at) for sent_at in chunk.accepted.values()]
    sent = work.one(
        "notices/confirm_emails",
        campaign_id=campaign_id,
        person_ids=[person for person, _ in chunk.accepted],
        attempt_nos=[attempt for _, attempt in chunk.accepted],
        sent_ats=list(chunk.accepted.values()),
        sent_ons=[w.sent_on for w in windows],
        last_days=[w.last_day for w in windows],
    )
    fallen = fall_back_to_letter(work, campaign_id, chunk.refused) if chunk.refused else {"letters": 0, "excluded": 0}
    if chunk.later:
        people, attempts = zip(*chunk.later, strict=True)
        work.run("notices/release_emails", campaign_id=campaign_id, person_ids=list(people), attempt_nos=list(attempts))
    give_back(work, dispatch.relays, day)
    return {**sent, **fallen, "later": len(chunk.later), "blocked": chunk.blocked, "unknown": chunk.unknown}
