"""The rows of an invented day, as the statements of the report return them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.audit.findings import Discrepancy, Finding
from pipelines.notices.silent_partners import Silence
from pipelines.platform.clock import PARIS
from pipelines.reporting.equations import Equation
from pipelines.reporting.figures import Source
from pipelines.reporting.stuck import Stuck

DAY = date(2022, 3, 14)
AS_OF = datetime(2022, 3, 14, 6, tzinfo=PARIS)
EQUATIONS = (Equation("01_deliveries", "Rows received = rows decided", 12, 12, 0), Equation("04_openings", "Opened = accounts", 3, 3, 0))
NOTHING = Source(*([[]] * 14))


def delivery(body: str, place: int, received: int, quarantined: int, newcomers: int, changed: int, **more: Any) -> dict[str, Any]:
    """A delivery as its statement returns it; its equation holds."""
    accepted = received - quarantined
    row = {
        "body": body, "place": place, "kind": "full", "reference_date": date(2022, 1, 3), "received": received, "accepted": accepted,
        "newcomers": newcomers, "changed": changed, "unchanged": accepted - newcomers - changed, "departed": 0,
        "quarantined": quarantined, "corrected": 0, "doubtful": 0, "taken_in_on": date(2022, 1, 4),
    }  # fmt: skip
    return row | more


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
        delivery("MSA", 1, 110, 3, 100, 2, departed=4, doubtful=1, corrected=2),
        delivery("MSA", 2, 100, 5, 95, 0, reference_date=date(2021, 12, 6)),
        delivery("CPAM", 1, 12345, 0, 12345, 0),
    ],
    undecided=[{"folder": "deliveries/MGEN/2022-03-12-full", "received": 2000, "bad": 150, "since": DAY - timedelta(days=2)}],
    refused_deliveries=[
        {"folder": "deliveries/ENIM/2022-03-14-delta", "refusal": "column <x> twice", "decided_by": None, "day": DAY},
        {"folder": "deliveries/CSSM/2022-03-10-full", "refusal": "a person refused it: empty", "decided_by": "chief", "day": DAY},
    ],
    departments=[
        {"body": "CPAM", "department": "2A", "newcomers": 45, "changed": 0, "departed": 0},
        {"body": "CPAM", "department": "75", "newcomers": 12300, "changed": 0, "departed": 0},
        {"body": "MSA", "department": "2A", "newcomers": 100, "changed": 2, "departed": 4},
    ],
    doubts=[{"kind": "SAME_TRAITS", "doubts": 3, "oldest": date(2022, 1, 4)}, {"kind": "DEATH", "doubts": 1, "oldest": DAY}],
    quarantine=[{"body": "MSA", "reason": "MATRICULE_KEY", "lines": 3}],
    lots=[{"printer": "<PRINCIPAL>", "handed_over": 2, "accepted": 1, "printed": 0, "refused": 1}],
    lines_set_aside=[{"day": DAY, "kind": "printers/SECOND/deposits", "outcome": "LOT_WITHDRAWN", "lines": 4}],
    spaces=[{"status": "OPEN", "spaces": 1960}, {"status": "CLOSED", "spaces": 3}],
    oppositions=[
        {"channel": "WEB", "recorded": 30, "this_week": 4, "closings": 3, "in_time_after_opening": 1},
        {"channel": "PAPER", "recorded": 10, "this_week": 0, "closings": 0, "in_time_after_opening": 0},
    ],
    findings=[Finding(7, Discrepancy("04_openings", 1, 0), AS_OF, None)],
    stuck=[Stuck("refused_lots", "letters of lots refused", "PRINCIPAL, lot <3>", 12, AS_OF, "operations")],
    silences=[Silence("SECOND", "DEPOSIT", 3, 12_000, date(2022, 3, 9))],
    refused_files=[{"day": DAY, "kind": "deposits", "refusal": "the header must be <lot_id>", "files": 2}],
)  # fmt: skip
