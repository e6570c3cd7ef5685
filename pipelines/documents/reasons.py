"""What senders are told for each reason, in French and in the words of each protocol: `reasons.toml`, the one list of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, RootModel

from pipelines.documents.document import Reason
from pipelines.platform.toml_file import read_toml

FILE = Path(__file__).with_name("reasons.toml")


class Told(BaseModel):
    """What a sender is told: a sentence, what to do, what HL7 v2, XDS and FHIR call it; and whether the file is kept in the quarantine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    action: str
    held: bool = False
    hl7: str = "906"
    condition: str = "207"
    xds: str = "XDSRepositoryError"
    fhir: str = "processing"
    dmp: str | None = None


class _Reasons(RootModel[dict[Reason, Told]]):
    pass


def told(code: Reason) -> Told:
    """Return what a sender is told for a code."""
    return _reasons()[code]


@cache
def held_codes() -> frozenset[Reason]:
    """Return the codes of refusals whose files are kept: somebody may yet mend what refuses them, or must look at them."""
    return frozenset(code for code, said in _reasons().items() if said.held)


@cache
def _reasons() -> dict[Reason, Told]:
    return read_toml(_Reasons, FILE).root
