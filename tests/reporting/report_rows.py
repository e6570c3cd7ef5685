"""The rows of an invented day, as the statements of the report return them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.platform.clock import PARIS
from pipelines.reporting.equations import Equation
from pipelines.reporting.figures import Source

DAY = date(2022, 3, 14)
AS_OF = datetime(2022, 3, 14, 6, tzinfo=PARIS)
EQUATIONS = (Equation("01_deliveries", "Rows received = rows decided", 12, 12, 0), Equation("04_openings", "Opened = accounts", 3, 3, 0))
NOTHING = Source([], [], [], [], [], [], [])


def group(department: str, channel: str, status: str, people: int, reason: str = "NONE") -> dict[str, Any]:
    return {"department": department, "channel": channel, "status": status, "reason": reason, "people": people}


SOURCE = replace(
    NOTHING,
    journeys=[
        group("01", "EMAIL", "NOTIFIED", 1200),
        group("01", "EMAIL", "OPPOSED", 30),
        group("01", "EMAIL", "OPENED", 970),
        group("2A", "LETTER", "OPPOSED", 10),
        group("2A", "LETTER", "OPENED", 990),
        group("2A", "NONE", "EXCLUDED", 4, "NO_ADDRESS"),
        group("ZZ", "NONE", "EXCLUDED", 1, "DECEASED"),
        group("ZZ", "NONE", "NOT_PLANNED", 95),
    ],
    events=[
        {"event": "EMAIL_SENT", "day": DAY, "times": 250},
        {"event": "EMAIL_SENT", "day": DAY - timedelta(days=6), "times": 7},
        {"event": "SPACE_OPENED", "day": DAY, "times": 12345},
    ],
    requests=[{"channel": "WEB", "outcome": "ACCEPTED", "requests": 5}, {"channel": "PHONE_3422", "outcome": "REFUSED", "requests": 2}],
    windows=[
        {"last_day": DAY - timedelta(days=1), "people": 3},
        {"last_day": DAY, "people": 400},
        {"last_day": DAY + timedelta(days=42), "people": 797},
    ],
    deliveries=[
        {
            "body": "MSA", "kind": "full", "reference_date": date(2022, 1, 3), "rows_received": 110, "rows_quarantined": 3,
            "persons_new": 100, "persons_changed": 2, "persons_unchanged": 5, "taken_in_on": date(2022, 1, 4),
        }
    ],
    quarantine=[{"body": "MSA", "reason": "MATRICULE_KEY", "lines": 3}],
    refused_files=[{"day": DAY, "kind": "deposits", "refusal": "the header must be <lot_id>", "files": 2}],
)  # fmt: skip
