"""What a request must be answered, told once more from the law and the contract alone: what the machine compares the intake with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from pipelines.platform.clock import PARIS
from tests.campaign_driver import Campaign
from tests.registry_builder import Person

LOCKED_AFTER, NEW_CODE_AFTER = 5, timedelta(days=7)
CLOSES = ("WEB", "PHONE_3422", "DESK")
CHANNELS = ("WEB", "PHONE_3422", "PAPER", "DESK")
RELEASING = ("PHONE_3422", "DESK")
STANDING = """
select j.person_id, j.status::text as status, j.attempt_no, greatest(a.sent_on, l.prepared_for) + 42 as last_day
from campaign.journey as j
left join campaign.attempt as a
  on j.person_id = a.person_id and j.campaign_id = a.campaign_id and j.attempt_no = a.attempt_no and a.status = 'SENT'
left join notices.print_lot as l on a.lot_id = l.lot_id
where j.person_id = :person_id
"""


@dataclass(frozen=True)
class Asked:
    """One request as its channel took it; `attempt` is the notice whose code it gives, 0 for a code that is nobody's."""

    person: Person
    channel: str
    kind: str
    received_at: datetime
    attempt: int = 0

    @property
    def received(self) -> datetime:
        """The instant that decides: of a letter the beginning of its day."""
        if self.channel != "PAPER":
            return self.received_at
        return datetime.combine(self.received_at.astimezone(PARIS).date(), time.min, PARIS)


@dataclass(frozen=True)
class Standing:
    """Where a person stands; the wrong tries so far, and the code that was replaced last, with the last day of its notice."""

    status: str = ""
    attempt_no: int = 0
    last_day: date | None = None
    wrong: int = 0
    dead_attempt: int = 0
    died_at: datetime | None = None
    dead_last_day: date | None = None

    def seen_in(self, campaign: Campaign, person: Person) -> Standing:
        """Return the standing with what the campaign did meanwhile: the window is counted again from the sending."""
        found = campaign.rows(STANDING, person_id=campaign.person_id(person))
        row = found[0] if found else {"status": "", "attempt_no": 0, "last_day": None}
        return replace(self, status=row["status"], attempt_no=row["attempt_no"], last_day=row["last_day"])

    def in_force(self, instant: datetime) -> tuple[int, date | None]:
        """Return the attempt whose code counted at an instant, and its last day; 0 where none did."""
        if self.died_at is None or (instant >= self.died_at and self.attempt_no != self.dead_attempt):
            return self.attempt_no, self.last_day
        return (self.dead_attempt, self.dead_last_day) if instant < self.died_at else (0, None)

    def after(self, asked: Asked) -> tuple[Standing, tuple[str, str | None]]:
        """Return the standing after a request, and how that must be decided: its outcome and the cause."""
        match asked.kind:
            case "RELEASE":
                return replace(self, wrong=0), ("RELEASED", None)
            case "NEW_CODE":
                return self._after_lost_code(asked)
            case _:
                return self._after_opposition(asked)

    def _after_lost_code(self, asked: Asked) -> tuple[Standing, tuple[str, str | None]]:
        if self.status != "NOTIFIED":
            return self, ("NOTED", "ALREADY_OPPOSED" if self.status == "OPPOSED" else "NO_RUNNING_NOTICE")
        if self.died_at and asked.received < self.died_at + NEW_CODE_AFTER:
            return self, ("NOTED", "TOO_SOON")
        dead = replace(self, dead_attempt=self.attempt_no, died_at=asked.received, dead_last_day=self.last_day)
        return replace(dead, status="ELIGIBLE", wrong=0), ("NOTED", None)

    def _after_opposition(self, asked: Asked) -> tuple[Standing, tuple[str, str | None]]:
        attempt, last_day = self.in_force(asked.received)
        if self.wrong >= LOCKED_AFTER:
            return self, ("REFUSED", "LOCKED")
        if not attempt:
            return self, ("REFUSED", "DEAD_CODE")
        if asked.attempt != attempt:
            return replace(self, wrong=self.wrong + 1), ("REFUSED", "NOT_VERIFIED")
        in_time = last_day is None or asked.received.astimezone(PARIS).date() <= last_day
        with_old_code = self.status == "ELIGIBLE" and attempt == self.dead_attempt
        if self.status in ("PLANNED", "NOTIFIED") or with_old_code:
            return replace(self, status="OPPOSED"), ("ACCEPTED", None if in_time else "LATE")
        if self.status == "OPENED":
            closes = in_time or asked.channel in CLOSES
            return self, ("CLOSING" if closes else "PROPOSED", "IN_TIME_AFTER_OPENING" if in_time else "AFTER_OPENING")
        return self, ("REFUSED", "ALREADY_OPPOSED" if self.status == "OPPOSED" else "NO_RUNNING_NOTICE")
