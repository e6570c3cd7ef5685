"""Waves: the people who are planned together, what a second person looks at, and decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.campaign.approved_content import Content
from pipelines.campaign.steering import campaign_state
from pipelines.platform.database import Counts, Database, Work
from pipelines.platform.errors import RuleError


@dataclass(frozen=True)
class Wave:
    """People planned together: what the second person approves.

    `counts` are what the planning run found: e-mails, letters and people newly excluded, as a whole, by department, body and reason.
    """

    wave_id: int
    campaign_id: int
    planned_for: date
    status: str
    is_paused: bool
    content: Content
    proposed_by: str
    decided_by: str | None
    comment: str | None
    counts: Mapping[str, int]

    @property
    def emails(self) -> int:
        """How many e-mails it was planned to send."""
        return self.counts["emails"]

    @property
    def letters(self) -> int:
        """How many people it was planned to write to by post."""
        return self.counts["letters"]

    @property
    def excluded(self) -> int:
        """How many people were found that cannot be told, and were not known as such before."""
        return self.counts["excluded"]

    @property
    def is_empty(self) -> bool:
        """Nobody is left to tell."""
        return self.emails + self.letters == 0

    def by(self, what: str) -> dict[str, int]:
        """Return the counts by `body`, `exclusion`, `emails` or `letters` (these by department), in the order of their names."""
        found = {key.removeprefix(f"{what} "): count for key, count in self.counts.items() if key.startswith(f"{what} ")}
        return dict(sorted(found.items()))


def find_wave(db: Database, wave_id: int) -> Wave:
    """Return a wave as it stands. Raises: RuleError if there is no such wave."""
    found = last_waves(db, 1, wave_id)
    if not found:
        raise RuleError(f"there is no wave {wave_id}")
    return found[0]


def last_waves(db: Database, most: int, wave_id: int | None = None) -> list[Wave]:
    """Return the last waves, the newest first; only that of `wave_id` where it is given."""
    with db.transaction() as session:
        return [Wave(**row) for row in session.all("campaign/waves", wave_id=wave_id, most=most)]


def wave_of_run(db: Database, as_of: datetime) -> Wave | None:
    """Return the wave that the planning run of an instant proposed, None if it proposed none."""
    with db.transaction() as session:
        found = session.all("platform/find_work", step="plan_notices", unit=as_of.isoformat())
    return find_wave(db, found[0]["counts"]["wave_id"]) if found else None


def describe_wave(wave: Wave) -> str:
    """Return, in Markdown, what a wave would send: counts, nothing personal."""
    emails, letters = wave.by("emails"), wave.by("letters")
    return "\n".join(
        [
            f"Wave {wave.wave_id}, planned for {wave.planned_for:%A %d %B %Y} by **{wave.proposed_by}**: "
            f"{wave.emails} e-mails, {wave.letters} letters, {wave.excluded} people newly excluded.",
            "",
            "| Department | E-mails | Letters |",
            "|---|---:|---:|",
            *(f"| {name} | {emails.get(name, 0)} | {letters.get(name, 0)} |" for name in sorted(emails | letters)),
            "",
            "| Body (organisme) | Notices |",
            "|---|---:|",
            *(f"| {name} | {notices} |" for name, notices in wave.by("body").items()),
            "",
            "| Newly excluded | People |",
            "|---|---:|",
            *(f"| {name} | {people} |" for name, people in wave.by("exclusion").items()),
        ]
    )


@dataclass(frozen=True)
class Answer:
    """What a person decided on a wave, with a word for the others; `content` is what is in place at that moment."""

    approved: bool
    decided_by: str
    content: Content
    comment: str = ""


def decide_wave(db: Database, wave_id: int, answer: Answer, as_of: datetime) -> Counts:
    """Record the decision on a wave; a rejected wave gives its people back to planning.

    Safe to repeat: the first decision stands.
    Raises: RuleError if there is no such wave, the person who proposed it decides on it, or it would be approved although templates or
    senders changed since it was proposed, or its campaign is cancelled.
    """
    wave = find_wave(db, wave_id)
    _require_decidable(db, wave, answer)

    def decide(work: Work) -> Counts:
        status = "APPROVED" if answer.approved else "REJECTED"
        binds = {"status": status, "decided_by": answer.decided_by, "comment": answer.comment or None}
        decided = work.run("campaign/decide_wave", wave_id=wave_id, **binds)
        if answer.approved:
            return {"decided": decided, "released": 0}
        work.run("campaign/look_again", campaign_id=wave.campaign_id)
        return {"decided": decided, "released": work.one("campaign/release_rejected_wave", wave_id=wave_id)["released"]}

    return db.once("decide_wave", str(wave_id), as_of, decide, actor=answer.decided_by).counts


def _require_decidable(db: Database, wave: Wave, answer: Answer) -> None:
    name = f"wave {wave.wave_id}"
    if wave.proposed_by == answer.decided_by:
        raise RuleError(f"{name} was started by {answer.decided_by}: somebody else must decide on it")
    if not answer.approved:
        return
    if wave.content != answer.content:
        raise RuleError(f"templates or senders changed since {name} was proposed: reject it and plan again")
    if campaign_state(db, wave.campaign_id) == "CANCELLED":
        raise RuleError(f"campaign {wave.campaign_id} is cancelled: {name} can only be rejected")
