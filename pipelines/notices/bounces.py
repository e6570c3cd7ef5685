"""Bounces: what mail servers report about our e-mails (RFC 3464), and the letter that replaces an e-mail that failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pipelines.notices.emails.returned import Answer, read_returned
from pipelines.notices.reference import NoticeId, find_tag, has_tag
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.inbox import Inbox
from pipelines.platform.object_store import ObjectStore
from pipelines.registry.postal_address import UNUSABLE

EXPIRED = "4.4.7"
# Reasons that tell nothing of the address: a block, or a report of one (RFC 3463: policy, content, protocol, the server itself).
ABOUT_US = ("BLOCKED", *(f"BOUNCED 5.{subject}." for subject in (3, 5, 6, 7)))


class BounceKind(StrEnum):
    """What a message that came back means for the notice: only a proven, final failure changes anything."""

    FAILED = "FAILED"
    DELAYED = "DELAYED"
    AUTO_REPLY = "AUTO_REPLY"
    READ_RECEIPT = "READ_RECEIPT"
    COMPLAINT = "COMPLAINT"
    NOT_A_BOUNCE = "NOT_A_BOUNCE"
    FORGED = "FORGED"
    UNATTRIBUTED = "UNATTRIBUTED"


_NO_BOUNCES = {
    Answer.AUTO_REPLY: BounceKind.AUTO_REPLY,
    Answer.READ_RECEIPT: BounceKind.READ_RECEIPT,
    Answer.COMPLAINT: BounceKind.COMPLAINT,
    Answer.OTHER: BounceKind.NOT_A_BOUNCE,
}


def read_bounce(key: bytes, content: bytes) -> tuple[BounceKind, NoticeId | None, str]:
    """Return what a message that came back means, for which notice, and its status code.

    Attributed by the proven tag in what only our own message carried: the address that the report was sent to (VERP), the
    original envelope id, or the returned Message-ID. It failed once it failed for good for every recipient that the report names: our
    messages have one, whose address may lead to several.
    Source: RFC 3464 (reports), RFC 3463 (status codes; 4.4.7 is the end of the retries).
    """
    returned = read_returned(content)
    if returned.answer in _NO_BOUNCES:
        return _NO_BOUNCES[returned.answer], None, ""
    notice = find_tag(key, returned.marks)
    if notice is None:
        return BounceKind.FORGED if has_tag(returned.marks) else BounceKind.UNATTRIBUTED, None, ""
    final = [action == "failed" and (status.startswith("5") or status == EXPIRED) for action, status in returned.recipients]
    status = returned.recipients[0][1] if returned.recipients else ""
    return BounceKind.FAILED if final and all(final) else BounceKind.DELAYED, notice, status


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
        "notices/keep_report_lines",
        work_id=work.work_id, outcomes=[str(kind)], lot_ids=[None],
        person_ids=[notice.person_id if notice else None], attempt_nos=[notice.attempt_no if notice else None],
    )  # fmt: skip
    return {"lines": 1, str(kind): 1, **fallen}


def fall_back_to_letter(work: Work, campaign_id: int, failures: Mapping[tuple[int, int], str]) -> Counts:
    """Replace e-mails that failed, given as {(person, attempt): reason}, by letters; people without postal address are excluded.

    A message is addressed again with the next dispatch.

    The addresses are not written to again, unless it was us whom somebody refused.
    Source: CSP R1111-28 (by post if sending the e-mail fails).
    """
    dead = [attempt for attempt, reason in failures.items() if not reason.startswith(ABOUT_US)]
    work.run(
        "notices/note_dead_addresses",
        work_id=work.work_id, campaign_id=campaign_id,
        person_ids=[person for person, _ in dead], attempt_nos=[attempt for _, attempt in dead],
    )  # fmt: skip
    failed = {
        "campaign_id": campaign_id,
        "person_ids": [person for person, _ in failures],
        "attempt_nos": [attempt for _, attempt in failures],
        "failures": list(failures.values()),
    }
    rows = work.all("notices/fall_back_to_letter", unusable_address=int(UNUSABLE), **failed)
    messages = work.run("notices/address_again", **failed)
    letters = sum(row["has_address"] for row in rows)
    return {"letters": letters + messages, "excluded": len(rows) - letters}
