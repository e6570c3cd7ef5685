"""Bounces: what mail servers report about our e-mails (RFC 3464), and the letter that replaces an e-mail that failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from enum import StrEnum

from pipelines.notices.reference import NoticeId, find_tag
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.inbox import Inbox
from pipelines.platform.object_store import ObjectStore
from pipelines.registry.postal_address import UNUSABLE

EXPIRED = "4.4.7"


class BounceKind(StrEnum):
    """What a report means for the notice: only a proven, final failure changes anything."""

    FAILED = "FAILED"
    DELAYED = "DELAYED"
    NOT_A_BOUNCE = "NOT_A_BOUNCE"
    UNATTRIBUTED = "UNATTRIBUTED"


def read_bounce(key: bytes, content: bytes) -> tuple[BounceKind, NoticeId | None, str]:
    """Return what a report means, for which notice, and its status code.

    Attributed by the proven tag in what only our own message carried: the address that the report was sent to (VERP), the
    original envelope id, or the returned Message-ID. Auto-replies, read receipts and complaints are not bounces.
    Source: RFC 3464 (reports), RFC 3463 (status codes; 4.4.7 is the end of the retries), RFC 6522 (their envelope).
    """
    message = message_from_bytes(content, policy=compat32)
    if message.get_content_type() != "multipart/report" or message.get_param("report-type") != "delivery-status":
        return BounceKind.NOT_A_BOUNCE, None, ""
    notice = find_tag(key, _where_tags_are(message))
    if notice is None:
        return BounceKind.UNATTRIBUTED, None, ""
    action, status = _recipient_status(message)
    if action == "failed" and (status.startswith("5") or status == EXPIRED):
        return BounceKind.FAILED, notice, status
    return BounceKind.DELAYED, notice, status


def _where_tags_are(message: Message) -> str:
    texts = [str(message.get("To", ""))]
    for part in message.walk():
        texts += [str(part[name]) for name in ("Original-Envelope-Id", "Message-ID") if part is not message and part[name]]
    return "\n".join(texts)


def _recipient_status(message: Message) -> tuple[str, str]:
    """Return the action and status of the first recipient: our messages have one."""
    for part in message.walk():
        if part["Action"] and part["Status"]:
            return str(part["Action"]).strip().lower(), str(part["Status"]).split()[0]
    return "", ""


def take_in_bounces(db: Database, store: ObjectStore, key: bytes, campaign_id: int, as_of: datetime) -> Counts:
    """Take in every bounce that waits; a hard one becomes a letter the same day, and stops the window until its deposit.

    Safe to repeat: a report is decided once, and only the journey's current e-mail can fail.
    """
    inbox = Inbox("bounces", store)
    total = {"files": 0, "files_refused": 0, "letters": 0, "excluded": 0, **{str(kind): 0 for kind in BounceKind}}
    for name in inbox.waiting():
        inbound = inbox.take_in(db, name, as_of, decide=lambda work, content: _decide(work, content, key, campaign_id))
        total["files"] += 1
        for what in total.keys() & inbound.counts.keys():
            total[what] += inbound.counts[what]
    return total


def _decide(work: Work, content: bytes, key: bytes, campaign_id: int) -> Mapping[str, int]:
    kind, notice, status = read_bounce(key, content)
    fallen = {"letters": 0, "excluded": 0}
    if kind is BounceKind.FAILED and notice is not None and notice.campaign_id == campaign_id:
        fallen = fall_back_to_letter(work, campaign_id, {(notice.person_id, notice.attempt_no): f"BOUNCED {status}"})
    work.run(
        "notices/keep_report_line",
        work_id=work.work_id, line=1, outcome=str(kind), lot_id=None,
        person_id=notice.person_id if notice else None, attempt_no=notice.attempt_no if notice else None,
    )  # fmt: skip
    return {"lines": 1, str(kind): 1, **fallen}


def fall_back_to_letter(work: Work, campaign_id: int, failures: Mapping[tuple[int, int], str]) -> Counts:
    """Replace e-mails that failed, given as {(person, attempt): reason}, by letters; people without postal address are excluded.

    Source: CSP R1111-28 (by post if sending the e-mail fails).
    """
    rows = work.all(
        "notices/fall_back_to_letter",
        campaign_id=campaign_id,
        unusable_address=int(UNUSABLE),
        person_ids=[person for person, _ in failures],
        attempt_nos=[attempt for _, attempt in failures],
        failures=list(failures.values()),
    )
    letters = sum(row["has_address"] for row in rows)
    return {"letters": letters, "excluded": len(rows) - letters}
