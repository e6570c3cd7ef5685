"""One good row of a delivery, to be spoiled by a test."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from pipelines.registry.contract import DELIVERY_SCHEMA

REFERENCE = dt.date(2026, 1, 5)
GOOD: dict[str, Any] = {
    "matricule": "284052A32102552",
    "matricule_kind": "NIR",
    "birth_name": "D'ALMEIDA",
    "first_names": "ÉLISE MARIE-LOUISE",
    "sex": "F",
    "birth_date": "19840512",
    "birthplace_code": "2A321",
    "email": "elise@orange.example",
    "address_4": "12, rue de l'Église",
    "postcode": "20137",
    "town": "Porto-Vecchio",
    "office": "2A1",
    "affiliated_since": dt.date(2010, 1, 1),
}


def rows(*changes: dict[str, Any]) -> pa.Table:
    """Return one good row for each change, with that change."""
    return pa.Table.from_pylist([GOOD | change for change in changes], schema=DELIVERY_SCHEMA)
