"""People told that their record received something: one e-mail a person and day at most, without a word about what it is.

An alert is claimed before it leaves and never sent again once it may have left: to miss one does less harm than to get two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from pipelines.notices.addressee import concerned, full_name, kind_of, sender_of
from pipelines.notices.email_dispatch import EmailDispatch, envelope_of
from pipelines.notices.emails.mailbox import UnusableAddressError, envelope_address
from pipelines.notices.emails.message import Alert, EmailNotice
from pipelines.notices.emails.relay import Fate
from pipelines.notices.reference import NoticeId, tags
from pipelines.notices.relay_caps import give_back, reserve
from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts
from pipelines.platform.errors import RetryableError

# No attempt has this number: a report on an alert that bounced concerns no notice, and changes nothing.
_NO_ATTEMPT = 0
_DID_NOT_LEAVE = (Fate.TRY_LATER, Fate.RELAY_BUSY)


def tell_of_documents(dispatch: EmailDispatch, as_of: datetime) -> Counts:
    """Tell everybody whose record received something before the day of `as_of`; return how many were told and could not be.

    Safe to repeat and to kill. Raises: RetryableError if another process does it, or where a relay asks to come back.
    """
    day = legal_day(dispatch.clock.present(as_of))
    total = {"told": 0, "unreachable": 0, "later": 0}
    with dispatch.db.exclusively("the alerts of new documents"):
        while not dispatch.relays.are_out and not total["later"] and (rows := _claim(dispatch, day)):
            reachable = [row for row in rows if _is_reachable(row)]
            total["unreachable"] += len(rows) - len(reachable)
            told, later = _send(dispatch, reachable, as_of)
            total["told"] += told
            total["later"] += len(later)
            if later:
                with dispatch.db.transaction() as session:
                    session.run("documents/release_alerts", person_ids=later, day=day)
    if total["later"] or dispatch.relays.are_out:
        raise RetryableError(f"{total['told']} people were told of new documents, the relays take no more for now: try again")
    return total


def _claim(dispatch: EmailDispatch, day: date) -> list[dict[str, Any]]:
    with dispatch.db.transaction() as session:
        size = reserve(session, dispatch.relays, day, dispatch.policy.emails_a_chunk)
        rows = session.all("documents/claim_alerts", day=day, size=size) if size else []
        if not rows:
            give_back(session, dispatch.relays, day)
    return [dict(row) for row in rows]


def _is_reachable(row: Mapping[str, Any]) -> bool:
    try:
        return row["email"] is not None and bool(envelope_address(row["email"]))
    except UnusableAddressError:
        return False


def _send(dispatch: EmailDispatch, rows: Sequence[Mapping[str, Any]], as_of: datetime) -> tuple[int, list[int]]:
    """Submit the alerts of people; return how many a relay took, and who is to be told later."""
    if not rows:
        return 0, []
    built_at = dispatch.clock.present(as_of)
    notices = _notices(dispatch, rows, legal_day(built_at))
    messages = dispatch.writer.build_all(notices, built_at)
    envelopes = [envelope_of(notice, message, dispatch.signers) for notice, message in zip(notices, messages, strict=True)]
    outcomes = [outcome for outcome, _ in dispatch.relays.submit_all(envelopes, partial(dispatch.clock.present, as_of))]
    later = [row["person_id"] for row, outcome in zip(rows, outcomes, strict=True) if outcome.fate in _DID_NOT_LEAVE]
    return sum(outcome.fate is Fate.ACCEPTED for outcome in outcomes), later


def _notices(dispatch: EmailDispatch, rows: Sequence[Mapping[str, Any]], day: date) -> list[EmailNotice]:
    """Return what is written to people; the day makes each message another one."""
    ids = [NoticeId(dispatch.policy.campaign_id, row["person_id"], _NO_ATTEMPT) for row in rows]
    return [
        EmailNotice(
            tag=f"{tag}.{day:%Y%m%d}",
            code="",
            kind=kind_of(row),
            sender=sender_of(row["body"]),
            recipient=row["email"],
            recipient_name=full_name(row, "recipient"),
            last_day=None,
            concerned=concerned(row),
            message=Alert.NEW_DOCUMENT,
        )
        for row, tag in zip(rows, tags(dispatch.reference_key, ids), strict=True)
    ]
