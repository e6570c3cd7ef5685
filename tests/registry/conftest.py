"""One good row of a delivery, to be spoiled by a test, as a table or as CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeAlias

import pyarrow as pa
import pytest

from pipelines.registry.contract import DELIVERY_SCHEMA

Change: TypeAlias = dict[str, Any]

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


@pytest.fixture
def good() -> Change:
    """Return the good row."""
    return dict(GOOD)


@pytest.fixture(scope="session")
def rows() -> Callable[..., pa.Table]:
    """Return a function of changes that gives one good row for each, with that change."""
    return lambda *changes: pa.Table.from_pylist([GOOD | change for change in changes], schema=DELIVERY_SCHEMA)


@pytest.fixture
def csv_of() -> Callable[..., str]:
    """Return a function of changes that writes such rows as CSV."""

    def write(*changes: Change, header: str = ";".join(DELIVERY_SCHEMA.names)) -> str:
        lines = [";".join(str((GOOD | change).get(name) or "") for name in DELIVERY_SCHEMA.names) for change in changes]
        return "\n".join([header, *lines]) + "\n"

    return write
