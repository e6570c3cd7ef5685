"""The figures of one legal day: read from the database in one snapshot, then turned into tables by pandas. Counts only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from pipelines.audit.findings import Finding, standing_findings
from pipelines.campaign.policy import Policy
from pipelines.campaign.window import SIX_WEEKS, due_before
from pipelines.notices.silent_partners import Silence, silent_partners
from pipelines.platform.clock import PARIS, legal_day
from pipelines.platform.database import Database
from pipelines.reporting.equations import Equation, balance
from pipelines.reporting.registry_figures import RegistryFigures, registry_figures
from pipelines.reporting.stuck import Stuck, stuck_rows

Rows = Sequence[dict[str, Any]]
Pivot = dict[str, dict[str, int]]
"""A table of counts: row -> column -> count; every row has every column, in the same order."""

DAYS_SHOWN = 7
STATUSES = ("NOT_PLANNED", "ELIGIBLE", "PLANNED", "NOTIFIED", "OPPOSED", "OPENED", "EXCLUDED", "CANCELLED")
CHANNELS = ("EMAIL", "LETTER", "NONE")
OUTCOMES = ("ACCEPTED", "CLOSING", "PROPOSED", "NOTED", "RELEASED", "REFUSED")
EVENTS = (
    "EMAIL_SENT", "EMAIL_REFUSED", "BOUNCE_FAILED", "BOUNCE_DELAYED", "BOUNCE_AUTO_REPLY", "BOUNCE_READ_RECEIPT",
    "BOUNCE_COMPLAINT", "BOUNCE_NOT_A_BOUNCE", "BOUNCE_FORGED", "BOUNCE_UNATTRIBUTED",
    "LETTER_HANDED_OVER", "LETTER_DEPOSITED", "LETTER_RETURNED",
    "REQUEST_ACCEPTED", "REQUEST_CLOSING", "REQUEST_PROPOSED", "REQUEST_NOTED", "REQUEST_RELEASED", "REQUEST_REFUSED",
    "SPACE_OPENED", "SPACE_IMPOSSIBLE", "SPACE_HANDED_OVER", "SPACE_SUSPENDED", "SPACE_RESUMED", "SPACE_CLOSED", "SPACE_RE_OPENED",
    "SPACE_PURGED",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """The rows that the statements under `sql/reporting/daily` return, and which partners are silent."""

    journeys: Rows
    events: Rows
    requests: Rows
    windows: Rows
    deliveries: Rows
    undecided: Rows
    refused_deliveries: Rows
    departments: Rows
    quarantine: Rows
    doubts: Rows
    refused_files: Rows
    lots: Rows
    lines_set_aside: Rows
    silences: Sequence[Silence]
    grace_days: int = 0
    spaces: Rows = ()
    oppositions: Rows = ()
    findings: Sequence[Finding] = ()
    stuck: Sequence[Stuck] = ()


@dataclass(frozen=True)
class OppositionRate:
    """How many of the people told opposed: `of_told` over everyone told, `of_ended` over those whose journey has ended."""

    channel: str
    told: int
    opposed: int
    opened: int
    of_told: float | None
    of_ended: float | None


@dataclass(frozen=True)
class ChannelOppositions:
    """Oppositions of one channel: all, those of the days shown, closings after the opening, and of these the gravest.

    `in_time_after_opening` were received in time and taken in after the opening; `of_all` is the channel's share of all oppositions.
    """

    channel: str
    recorded: int
    this_week: int
    closings: int
    in_time_after_opening: int
    of_all: float | None


@dataclass(frozen=True)
class Figures:
    """What the daily report shows. Days are legal days (Europe/Paris), in ISO 8601 where they name a column."""

    day: date
    as_of: datetime
    equations: tuple[Equation, ...]
    people: int
    by_status: dict[str, int]
    by_department: Pivot
    by_channel: Pivot
    exclusions: Pivot
    events: Pivot
    requests: Pivot
    windows: dict[str, int]
    windows_beyond: int
    windows_overdue: int
    opposition: tuple[OppositionRate, ...]
    registry: RegistryFigures
    quarantine: Pivot
    refused_files: tuple[dict[str, Any], ...]
    lots: tuple[dict[str, Any], ...]
    lines_set_aside: tuple[dict[str, Any], ...]
    silences: tuple[Silence, ...]
    spaces: dict[str, int]
    oppositions: tuple[ChannelOppositions, ...]
    findings: tuple[Finding, ...]
    stuck: tuple[Stuck, ...]

    def of_status(self, status: str) -> dict[str, int]:
        """Return the people of a status by department."""
        return {department: counts[status] for department, counts in self.by_department.items()}

    @property
    def in_time_after_opening(self) -> int:
        """How many people opposed in time and were opened all the same."""
        return sum(each.in_time_after_opening for each in self.oppositions)

    @property
    def balanced(self) -> bool:
        """Every equation holds."""
        return all(equation.holds for equation in self.equations)


def read_source(db: Database, policy: Policy, as_of: datetime) -> Source:
    """Read the rows of the legal day of `as_of`, on one snapshot of the database."""
    day = legal_day(as_of)
    days = {"first_day": day - timedelta(days=DAYS_SHOWN - 1), "last_day": day}
    with db.snapshot() as session:
        session.all("platform/allow_scans")

        def rows(name: str, **binds: object) -> Rows:
            return [{str(column): value for column, value in row.items()} for row in session.all(f"reporting/daily/{name}", **binds)]

        return Source(
            journeys=rows("journeys"),
            events=rows("events", **days),
            requests=rows("requests", day=day),
            windows=rows("windows"),
            deliveries=rows("deliveries"),
            undecided=rows("undecided"),
            refused_deliveries=rows("refused_deliveries", **days),
            departments=rows("departments"),
            quarantine=rows("quarantine"),
            doubts=rows("doubts"),
            refused_files=rows("refused_files", **days),
            lots=rows("lots"),
            lines_set_aside=rows("lines_set_aside", **days),
            silences=silent_partners(session, policy, as_of),
            grace_days=policy.grace_days,
            spaces=rows("spaces"),
            oppositions=rows("oppositions", **days),
            findings=standing_findings(session, as_of),
            stuck=stuck_rows(session, as_of),
        )


def gather(db: Database, policy: Policy, as_of: datetime) -> Figures:
    """Return the figures of the legal day of `as_of`. Raises: RetryableError when the database is away."""
    return compute(read_source(db, policy, as_of), balance(db), as_of)


def compute(source: Source, equations: Iterable[Equation], as_of: datetime) -> Figures:
    """Turn rows into the figures of a day; the same rows always give the same figures."""
    day = legal_day(as_of)
    journeys = pd.DataFrame(source.journeys, columns=["department", "channel", "status", "reason", "people"])
    not_told = journeys[journeys["status"].isin(("EXCLUDED", "CANCELLED"))]
    days = [(day - timedelta(days=back)).isoformat() for back in range(DAYS_SHOWN)]
    events = _frame(source.events, "event", "day", "times")
    windows = {row["last_day"]: int(row["people"]) for row in source.windows}
    running = {end.isoformat(): windows.get(end, 0) for end in (day + timedelta(days=n) for n in range(SIX_WEEKS.days + 1))}
    return Figures(
        day=day,
        as_of=as_of.astimezone(PARIS),
        equations=tuple(equations),
        people=int(journeys["people"].sum()),
        by_status=_totals(journeys, "status", STATUSES),
        by_department=_pivot(journeys, "department", "status", "people", columns=STATUSES),
        by_channel=_pivot(journeys, "channel", "status", "people", rows=CHANNELS, columns=STATUSES),
        exclusions=_pivot(not_told, "reason", "status", "people", columns=("EXCLUDED", "CANCELLED")),
        events=_pivot(events, "event", "day", "times", rows=EVENTS, columns=days),
        requests=_pivot(_frame(source.requests, "channel", "outcome", "requests"), "channel", "outcome", "requests", columns=OUTCOMES),
        windows=running,
        windows_beyond=sum(people for end, people in windows.items() if end > day + SIX_WEEKS),
        windows_overdue=sum(people for end, people in windows.items() if end < due_before(day, source.grace_days)),
        opposition=_opposition(journeys),
        registry=registry_figures(
            source.deliveries, source.undecided, source.refused_deliveries, source.departments, source.quarantine, source.doubts
        ),
        quarantine=_pivot(_frame(source.quarantine, "body", "reason", "lines"), "reason", "body", "lines"),
        refused_files=tuple(dict(row) for row in source.refused_files),
        lots=tuple(dict(row) for row in source.lots),
        lines_set_aside=tuple(dict(row) for row in source.lines_set_aside),
        silences=tuple(source.silences),
        spaces={str(row["status"]): int(row["spaces"]) for row in source.spaces},
        oppositions=_by_request_channel(source.oppositions),
        findings=tuple(source.findings),
        stuck=tuple(source.stuck),
    )


def _by_request_channel(rows: Rows) -> tuple[ChannelOppositions, ...]:
    total = sum(int(row["recorded"]) for row in rows)
    return tuple(ChannelOppositions(**row, of_all=row["recorded"] / total if total else None) for row in rows)


def _frame(rows: Rows, *columns: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    if "day" in columns:
        frame["day"] = [day.isoformat() for day in frame["day"]]
    return frame


def _totals(frame: pd.DataFrame, by: str, order: Sequence[str]) -> dict[str, int]:
    totals = frame.groupby(by)["people"].sum().reindex(list(order), fill_value=0)
    return {str(name): int(count) for name, count in totals.items()}


def _pivot(
    frame: pd.DataFrame, rows_by: str, columns_by: str, counted: str, *, rows: Sequence[str] = (), columns: Sequence[str] = ()
) -> Pivot:
    """Sum `counted` by row and column; named rows and columns come in that order and are there even when they are empty."""
    table = frame.pivot_table(index=rows_by, columns=columns_by, values=counted, aggfunc="sum", fill_value=0, observed=True)
    table = table.reindex(index=list(rows) or sorted(table.index), columns=list(columns) or sorted(table.columns), fill_value=0)
    return {str(row): {str(column): int(count) for column, count in counts.items()} for row, counts in table.iterrows()}


def _opposition(journeys: pd.DataFrame) -> tuple[OppositionRate, ...]:
    """Return the rates by the channel of the notice, then over both."""
    told = journeys[journeys["status"].isin(("NOTIFIED", "OPPOSED", "OPENED"))]
    by_channel = _pivot(told, "channel", "status", "people", rows=CHANNELS[:2], columns=("NOTIFIED", "OPPOSED", "OPENED"))
    both = {status: sum(counts[status] for counts in by_channel.values()) for status in ("NOTIFIED", "OPPOSED", "OPENED")}
    return tuple(_rate(channel, counts) for channel, counts in {**by_channel, "ALL": both}.items())


def _rate(channel: str, counts: Mapping[str, int]) -> OppositionRate:
    told, opposed, opened = sum(counts.values()), counts["OPPOSED"], counts["OPENED"]
    ended = opposed + opened
    return OppositionRate(channel, told, opposed, opened, opposed / told if told else None, opposed / ended if ended else None)
