"""Whose a document is, and whether that person may receive it: by matricule, authority and every trait, exactly; never by a guess.

The registry compares (`documents/identify`): names folded as it folds its own, numbers, sex and dates as they are.
Sources: ANS, INS reference (only a qualified identity carries the INS); answers 902 to 905 of CI-SIS; CSP R1111-47 (consent).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
from sqlalchemy.engine import RowMapping

from pipelines.documents.document import IncomingDocument, Reason
from pipelines.documents.ins import AUTHORITIES, NIA, NIR
from pipelines.platform.database import Session
from pipelines.platform.settings import Identities
from pipelines.registry.birth_date import normalise_birth_dates
from pipelines.registry.contract import MatriculeKind
from pipelines.registry.postal_address import fold_line

# The numbers that a real authority gives. Those of tests and demonstrations may be of any kind.
_KINDS = {NIR: MatriculeKind.NIR, NIA: MatriculeKind.NIA}
_CLOSED = {"CLOSED", "PURGING", "PURGED"}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a document is for: `refusal` is why it cannot be received, else `account_id` is the space that receives it."""

    person_id: int | None
    account_id: UUID | None
    refusal: Reason | None


@dataclass(frozen=True)
class Recipients:
    """Finds whom documents are for, on behalf of one sender; identities are those of the world in which this installation lives."""

    identities: Identities
    campaign_id: int
    organization: str

    def find(self, session: Session, documents: Sequence[IncomingDocument], named: Sequence[int | None]) -> list[Recipient]:
        """Return whom each document is for, in their order: `named` by two people, or told by an INS and the traits of its format."""
        ours = [n for n, document in enumerate(documents) if named[n] is not None or not self._is_of_another_world(document)]
        births = normalise_birth_dates(pa.array([_digits(documents[n].traits.birth_date) for n in ours], pa.string()))
        dates = zip(births.born_on.to_pylist(), births.precision.to_pylist(), strict=True)
        asked = [_asked(n, documents[n], *date) | {"named": named[n]} for n, date in zip(ours, dates, strict=True)]
        rows = session.all("documents/identify", identities=json.dumps(asked), organization=self.organization, campaign_id=self.campaign_id)
        found = {row["n"]: _recipient(row, documents[row["n"]]) for row in rows}
        stranger = Recipient(None, None, Reason.ENVIRONMENT_MISMATCH)
        return [found.get(n, stranger) for n in range(len(documents))]

    def _is_of_another_world(self, document: IncomingDocument) -> bool:
        """Tests never reach a real record, real people never one of tests."""
        is_real = document.matricule_authority in _KINDS
        return is_real is not (self.identities is Identities.REAL) or document.matricule_authority not in AUTHORITIES


def _digits(birth_date: str | None) -> str:
    """Return a date as registers write it: eight digits, 0 where it is not known."""
    return (birth_date or "").replace("-", "").ljust(8, "0")


def _asked(n: int, document: IncomingDocument, born_on: date | None, precision: str | None) -> dict[str, Any]:
    """Return an identity as the registry is asked for it."""
    traits = document.traits
    kind = _KINDS.get(document.matricule_authority or "")
    return {
        "n": n,
        "matricule": document.matricule,
        "kind": kind and str(kind),
        "birth_name": fold_line(traits.birth_name or ""),
        "first_names": fold_line(traits.first_names or ""),
        "sex": traits.sex,
        "born_on": born_on and born_on.isoformat(),
        "precision": precision,
        "asks_birthplace": traits.birthplace is not None,
        "birthplace": traits.birthplace,
    }


def _recipient(row: RowMapping, document: IncomingDocument) -> Recipient:
    return Recipient(row["person_id"], row["account_id"], _refusal(row, is_consent=document.feeding is not None))


def _refusal(row: RowMapping, is_consent: bool) -> Reason | None:
    """Return why a person cannot receive, None where the person can; of what a person says of feeding, only who it is matters."""
    if row["person_id"] is None:
        return Reason.PERSON_UNKNOWN
    if not row["is_same"]:
        return Reason.INS_MISMATCH
    if row["is_dead"]:
        return Reason.DECEASED
    if is_consent:
        return None
    status = row["account_status"]
    if status == "SUSPENDED":
        return Reason.SUSPENDED
    if status in _CLOSED:
        return Reason.CLOSED
    if status != "OPEN":
        return Reason.OPPOSED if row["is_opposed"] else Reason.NOT_OPENED_YET
    return Reason.NO_CONSENT if row["objects_to_feeding"] else None
