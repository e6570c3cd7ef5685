"""Every message that can be sent, to everyone to whom it can go."""

from __future__ import annotations

from datetime import date

from pipelines.notices.emails.message import MESSAGES, Alert, EmailNotice
from pipelines.notices.kind import NoticeKind
from pipelines.notices.letters.letter import Event
from tests.notices.conftest import SENDER

TAG = "ES100000000101123456.0123456789abcdef"
_TOLD = {"happened_on": date(2022, 1, 31), "receipt": "R-2022-000042", "kept_until": date(2032, 1, 31)}


def sample(message: object, kind: NoticeKind) -> EmailNotice:
    """Return a message of each kind with what it tells, and nothing else."""
    assert message in MESSAGES
    has_code = not isinstance(message, Alert) and message.has_code  # type: ignore[union-attr]
    told = () if isinstance(message, Alert) else message.event_fields  # type: ignore[union-attr]
    return EmailNotice(
        tag=TAG,
        code="7KQM4WZX9R2B" if has_code else "",
        kind=kind,
        sender=SENDER,
        recipient="zoe.lhostis@example.org",
        recipient_name="Zoë L'HOSTIS",
        last_day=date(2022, 3, 14) if has_code else None,
        concerned=None if kind is NoticeKind.ADULT else "Thị Hồng NGUYỄN",
        message=message,  # type: ignore[arg-type]
        event=Event(**{field: _TOLD[field] for field in told}) if told else None,  # type: ignore[arg-type]
    )


SAMPLES = [
    sample(message, kind) for message in MESSAGES for kind in (tuple(NoticeKind) if isinstance(message, Alert) else message.addressees)
]
EVERY = {f"{notice.message.value}-{notice.kind.value}": notice for notice in SAMPLES}
