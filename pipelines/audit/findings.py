"""Findings: equations of the books that do not hold. While one stands, openings and purges wait, unless two people override it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.platform.clock import legal_day
from pipelines.platform.database import Counts, Database, Session, Work
from pipelines.platform.errors import FinalError, RuleError


class StandingFindingError(FinalError):
    """The books do not balance, and nobody decided to go on in spite of it."""


@dataclass(frozen=True)
class Discrepancy:
    """By how much an equation does not hold: the difference of its hands, and the rows that break its rule."""

    equation: str
    difference: int
    violations: int


@dataclass(frozen=True)
class Finding:
    """A discrepancy that stands since `found_at`; overridden until the end of a legal day, or not at all."""

    finding_id: int
    discrepancy: Discrepancy
    found_at: datetime
    overridden_until: date | None

    def __str__(self) -> str:
        """As operations read it."""
        return f"{self.discrepancy.equation} (finding {self.finding_id}, of {legal_day(self.found_at).isoformat()})"


def keep_findings(db: Database, broken: Sequence[Discrepancy], as_of: datetime) -> None:
    """Make the findings that stand those of `broken`: others are settled. One that is broken otherwise than before is another finding.

    Safe to repeat, and to run beside another: one finding stands for an equation.
    """
    binds: dict[str, Any] = {
        "equations": [each.equation for each in broken],
        "differences": [each.difference for each in broken],
        "violations": [each.violations for each in broken],
        "as_of": as_of,
    }
    with db.transaction() as session:
        session.run("audit/settle_findings", **binds)
        session.run("audit/note_findings", **binds)


def standing_findings(session: Session, as_of: datetime) -> list[Finding]:
    """Return the findings that stand on the legal day of `as_of`, the oldest first."""
    return [
        Finding(
            row["finding_id"], Discrepancy(row["equation"], row["difference"], row["violations"]), row["found_at"], row["overridden_until"]
        )
        for row in session.all("audit/standing_findings", day=legal_day(as_of))
    ]


def require_no_finding(session: Session, as_of: datetime) -> None:
    """Do nothing where the books balance, as far as they were last counted, or where what does not was overridden.

    Called by whoever begins what cannot be undone. Raises: StandingFindingError, naming the findings.
    """
    standing = [finding for finding in standing_findings(session, as_of) if finding.overridden_until is None]
    if standing:
        raise StandingFindingError(
            f"openings and purges wait, since the books do not balance: {', '.join(map(str, standing))}. Repair it and clear the task "
            "reconcile of reconciliation, or let two people go on in spite of it (runbook finding_override)"
        )


def ask_override(db: Database, finding_id: int, asked_by: str, reason: str, as_of: datetime) -> int:
    """Keep that somebody asks to go on in spite of a finding; return the number of the request, which a second person decides on.

    Safe to repeat: a run asks once (unit: its instant). Raises: RuleError if no such finding stands.
    """

    def ask(work: Work) -> Counts:
        if not work.run("audit/ask_override", work_id=work.work_id, finding_id=finding_id, asked_by=asked_by, reason=reason):
            raise RuleError(f"no finding {finding_id} stands: it was settled, or its discrepancy is another one now")
        return {}

    return db.once("ask_override", f"{finding_id}/{as_of.isoformat()}", as_of, ask, actor=asked_by).work_id


def decide_override(db: Database, request: int, granted: bool, decided_by: str, days: int, as_of: datetime) -> date | None:
    """Grant a request to go on until the end of a legal day, `days` after that of `as_of`, or refuse it; return that day.

    Safe to repeat: the first decision stands. Raises: RuleError if whoever asked decides.
    """
    until = legal_day(as_of) + timedelta(days=days) if granted else None

    def decide(work: Work) -> Counts:
        binds = {"decided_by": decided_by, "is_granted": granted, "holds_until": until}
        return {"decided": work.run("audit/decide_override", work_id=request, **binds)}

    db.once("decide_override", str(request), as_of, decide, actor=decided_by)
    return until


def describe_finding(db: Database, finding_id: int, as_of: datetime) -> str:
    """Return, in Markdown, what whoever decides on an override reads. Raises: RuleError if no such finding stands."""
    with db.transaction() as session:
        found = [finding for finding in standing_findings(session, as_of) if finding.finding_id == finding_id]
    if not found:
        raise RuleError(f"no finding {finding_id} stands: it was settled, or its discrepancy is another one now")
    (finding,) = found
    return (
        f"The equation **{finding.discrepancy.equation}** does not hold since {legal_day(finding.found_at):%A %d %B %Y}: "
        f"its hands differ by {finding.discrepancy.difference:,}, {finding.discrepancy.violations:,} violations. "
        "Where: the daily report, section Reconciliation, or `espace-sante reconcile`."
    )
