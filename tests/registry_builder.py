"""People made for a test, and their delivery as an insurance body would send it: by the public contract, never by writing tables."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.platform.object_store import ObjectStore
from pipelines.registry.contract import DELIVERY_SCHEMA, DeliveryKind, FileEntry, FileFormat, Manifest, delivery_folder
from pipelines.registry.matricule import matricule_key

FILE = "assures-0001.parquet"


@dataclass(frozen=True)
class Person:
    """One row of a delivery."""

    matricule: str
    birth_name: str
    first_names: str
    sex: str
    birth_date: str
    email: str | None
    address_4: str | None
    postcode: str | None
    town: str | None
    affiliated_since: dt.date | None = dt.date(2010, 1, 1)
    matricule_kind: str = "NIR"
    former_matricule: str | None = None
    used_name: str | None = None
    birthplace_code: str = "75056"
    representative_1: str | None = None
    representative_2: str | None = None
    protection: str | None = None
    large_print: bool = False
    address_2: str | None = None
    died_on: dt.date | None = None
    rights_end_on: dt.date | None = None

    def but(self, **changes: Any) -> Person:
        """Return the same person with something changed."""
        return replace(self, **changes)


def invent(number: int, **changes: Any) -> Person:
    """Return an invented adult of Paris with a right matricule, an e-mail and a postal address; `number` (1 to 999) tells people apart."""
    born = changes.get("birth_date", "19820314")
    sex = changes.get("sex", "F")
    stem = f"{'2' if sex == 'F' else '1'}{born[2:6]}75056{number:03d}"
    word = "".join(chr(ord("A") + int(digit)) for digit in f"{number:03d}")
    person = Person(
        matricule=stem + matricule_key(stem),
        birth_name=f"QUENEHERVE {word}",
        first_names=f"Ysoline{word.lower()}",
        sex="F",
        birth_date="19820314",
        email=f"ysoline.{word.lower()}@courriel.example",
        address_4=f"{number} rue des Glycines",
        postcode="75011",
        town="PARIS",
    )
    return person.but(**changes)


def by_letter(number: int, **changes: Any) -> Person:
    """Return an invented adult who has no e-mail."""
    return invent(number, **{"email": None, **changes})


def parquet_of(people: Sequence[Person]) -> bytes:
    """Return the data file of a delivery."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([asdict(person) for person in people], schema=DELIVERY_SCHEMA), sink)
    return sink.getvalue()


def manifest_of(body: str, content: bytes, rows: int, reference_date: dt.date, kind: DeliveryKind = DeliveryKind.DELTA) -> Manifest:
    """Return the manifest of a delivery of one data file."""
    entry = FileEntry(name=FILE, format=FileFormat.PARQUET, rows=rows, sha256=hashlib.sha256(content).hexdigest())
    return Manifest(contract="1.0", body=body, kind=kind, reference_date=reference_date, files=(entry,))


def deliver(
    store: ObjectStore, body: str, people: Sequence[Person], reference_date: dt.date, kind: DeliveryKind = DeliveryKind.DELTA
) -> str:
    """Put a delivery where its body puts it, data first and manifest last; return its folder."""
    content = parquet_of(people)
    folder = delivery_folder(body, reference_date, kind)
    manifest = manifest_of(body, content, len(people), reference_date, kind)
    store.put("registry", f"{folder}/{FILE}", content)
    store.put("registry", f"{folder}/manifest.json", manifest.model_dump_json().encode())
    return folder
