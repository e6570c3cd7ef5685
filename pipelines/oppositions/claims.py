"""The lines of a file brought to the form in which the registry and the codes are kept, all of them together."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipelines.campaign.opposition_code import are_well_formed, as_derived
from pipelines.campaign.policy import Policy
from pipelines.oppositions.contract import Channel, Request
from pipelines.oppositions.verification import Claim
from pipelines.registry.matricule import check_matricules, clean_numbers, guess_kinds
from pipelines.registry.postal_address import fold_line


def make_claims(requests: Sequence[Request | None], channel: Channel, policy: Policy) -> list[Claim | None]:
    """Return the claim of each line, None where it is no request or has not what its channel and kind must give."""
    may_lack_code = channel in policy.opposes_without_code
    complete = [request if request and request.is_complete(channel, may_lack_code) else None for request in requests]
    claims = iter(_claims([request for request in complete if request]))
    return [next(claims) if request else None for request in complete]


def matricules_to_find(claims: Sequence[Claim | None]) -> list[str]:
    """Return the matricules to look up, each once: none on behalf of a mistyped code."""
    return sorted({claim.matricule for claim in claims if claim and claim.matricule and not claim.is_mistyped})


def _claims(requests: Sequence[Request]) -> list[Claim]:
    given = pa.array([request.matricule for request in requests], pa.string())
    matricules = check_matricules(given, guess_kinds(clean_numbers(given))).values.to_pylist()
    codes = [as_derived(request.code or "") for request in requests]
    mistyped = (~are_well_formed(codes)).tolist()
    return [
        Claim(
            request,
            request.received,
            matricule,
            fold_line(request.birth_name) if request.birth_name else None,
            code,
            request.code is not None and is_mistyped,
        )
        for request, matricule, code, is_mistyped in zip(requests, matricules, codes, mistyped, strict=True)
    ]
