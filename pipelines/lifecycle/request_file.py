"""Files of life events: their lines read into claims, and what was decided on them as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import pyarrow as pa

from pipelines.lifecycle.contract import MOST_LINES, Outcome, Request, System
from pipelines.lifecycle.deciding import Claim, Decision
from pipelines.lifecycle.delays import last_day_of_express_deletion
from pipelines.platform.clock import legal_day
from pipelines.platform.json_lines import lines_of
from pipelines.registry.copying import constant
from pipelines.registry.matricule import check_matricules, clean_numbers, guess_kinds

_REQUEST = msgspec.json.Decoder(Request)


def read_claims(content: bytes, system: System) -> list[Claim | None]:
    """Return the claim of each line, None where it is no request or not one that its system may make. Raises: BadFileError."""
    requests = [_request(line, system) for line in lines_of(content, MOST_LINES)]
    given = pa.array([request.matricule if request else None for request in requests], pa.string())
    matricules = check_matricules(given, guess_kinds(clean_numbers(given))).values.to_pylist()
    return [Claim(request, matricule) if request else None for request, matricule in zip(requests, matricules, strict=True)]


def _request(line: bytes, system: System) -> Request | None:
    try:
        request = _REQUEST.decode(line)
    except msgspec.DecodeError:
        return None
    return request if request.is_complete(system) else None


def rows_of(work_id: int, system: System, claims: Sequence[Claim | None], decisions: Mapping[int, Decision]) -> pa.Table:
    """Return the rows of `lifecycle.request` for the lines decided, by their places in the file."""
    requests = [claim.request if (claim := claims[place]) else None for place in decisions]
    made = list(decisions.values())
    return pa.table(
        {
            "work_id": constant(work_id, len(made)),
            "line": pa.array([place + 1 for place in decisions], pa.int32()),
            "system": constant(str(system), len(made)),
            "kind": pa.array([request.kind if request else None for request in requests], pa.string()),
            "request_ref": pa.array([request.request_ref if request else None for request in requests], pa.string()),
            "received_at": pa.array([request.received_at if request else None for request in requests], pa.timestamp("us", "UTC")),
            "agent": pa.array([request.agent if request else None for request in requests], pa.string()),
            "outcome": pa.array([decision.outcome for decision in made], pa.string()),
            "cause": pa.array([decision.cause for decision in made], pa.string()),
            "person_id": pa.array([decision.person_id for decision in made], pa.int64()),
            "account_id": pa.array([decision.account_id for decision in made], pa.string()),
            "due_on": pa.array([_due_on(request, one) for request, one in zip(requests, made, strict=True)], pa.date32()),
        }
    )


def _due_on(request: Request | None, decision: Decision) -> date | None:
    if request is None or decision.outcome is not Outcome.PLANNED:
        return None
    return last_day_of_express_deletion(legal_day(request.received_at))
