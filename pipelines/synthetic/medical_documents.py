"""Invented documents of invented patients: what a hospital, a laboratory or a practice would want to send, before any envelope."""

from __future__ import annotations

import datetime as dt
import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.registry.birth_date import BirthPrecision, normalise_birth_date
from pipelines.registry.contract import MatriculeKind
from pipelines.synthetic.population import CHUNK_PEOPLE, Population, draw_chunk

NIR, NIA = "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9"
LOINC = "2.16.840.1.113883.6.1"
PDF = "application/pdf"

# Type code, its French title, and how often (a month of 2023: half biology, a quarter hospital, the rest imaging and town).
_TYPES = (
    ("11502-2", "CR d'examens biologiques", 50),
    ("11490-0", "Lettre de liaison à la sortie d'un établissement de soins", 25),
    ("18748-4", "CR d'imagerie médicale", 10),
    ("11488-4", "CR de consultation", 10),
    ("57833-6", "Prescription de produits de santé", 5),
)
_PUBLISHER = "1.2.250.1.999.1"
_LARGEST_CHUNK = CHUNK_PEOPLE // 2
_REPLACED = 0.05
# What of a birth date is known, and how many of its digits say so.
_KNOWN_DIGITS = {BirthPrecision.DAY: 8, BirthPrecision.MONTH: 6}


@dataclass(frozen=True)
class Patient:
    """A person as an INSi call tells them; `birth_date` has 4, 6 or 8 digits, as much as is known."""

    matricule: str
    authority: str
    birth_name: str
    first_names: str
    sex: str
    birth_date: str
    birthplace: str


@dataclass(frozen=True)
class MedicalDocument:
    """What its author's software knows of one document."""

    patient: Patient
    unique_id: str
    series_id: str
    version: int
    type_code: str
    title: str
    created: dt.datetime
    finess: str
    body: bytes
    media_type: str = PDF
    confidentiality: str = "N"
    replaces: str | None = None

    def but(self, **changes: Any) -> MedicalDocument:
        """Return the same document with something changed."""
        return replace(self, **changes)


def draw_patients(count: int, seed: int, as_of: dt.date) -> list[Patient]:
    """Draw people who have an INS, from the same France as the invented deliveries."""
    rows = draw_chunk(Population(seed, as_of, ("CPAM",), 0.0), 0, min(count * 2 + 10, _LARGEST_CHUNK)).rows.to_pylist()
    patients = [patient_of(row) for row in rows if row["matricule_kind"] != MatriculeKind.NNP]
    return [patients[place % len(patients)] for place in range(count)]


def patient_of(row: Mapping[str, Any]) -> Patient:
    """Return a person of a delivery as an INSi call tells them."""
    born, precision = row["birth_date"], normalise_birth_date(row["birth_date"])[1]
    return Patient(
        matricule=row["matricule"],
        authority=NIA if row["matricule_kind"] == MatriculeKind.NIA else NIR,
        birth_name=row["birth_name"],
        first_names=row["first_names"],
        sex=row["sex"],
        birth_date=born[: _KNOWN_DIGITS.get(precision, 4)],
        birthplace=row["birthplace_code"],
    )


def draw_documents(
    count: int, seed: int, as_of: dt.date, body_bytes: int, patients: Sequence[Patient] | None = None
) -> Iterator[MedicalDocument]:
    """Draw documents of the weeks before a day; one in twenty replaces the one before it, of the same patient and author.

    They are of `patients`, one each, where these are given, else of people who are drawn too.
    """
    rng = random.Random(f"documents {seed}")
    last: MedicalDocument | None = None
    for number, patient in enumerate(patients or draw_patients(count, seed, as_of), start=1):
        own_id = f"{_PUBLISHER}.{seed}.{number}"
        if last is not None and rng.random() < _REPLACED:
            last = last.but(unique_id=own_id, version=last.version + 1, replaces=last.unique_id, body=invent_pdf(rng, body_bytes))
        else:
            code, title, _ = rng.choices(_TYPES, [share for *_, share in _TYPES])[0]
            minutes = rng.randrange(60 * 24 * 14)
            created = dt.datetime.combine(as_of, dt.time(8), dt.timezone(dt.timedelta(hours=1))) - dt.timedelta(minutes=minutes)
            finess = f"1{rng.randrange(10_000_000, 960_000_000):09d}"
            last = MedicalDocument(patient, own_id, f"{own_id}.0", 1, code, title, created, finess, invent_pdf(rng, body_bytes))
        yield last


def invent_pdf(rng: random.Random, size: int) -> bytes:
    """Return a PDF of one empty page, made about `size` bytes long by a compressed attachment that no compression shortens further."""
    noise = zlib.compress(rng.randbytes(max(size - 600, 16)), 1)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(noise), noise),
    ]
    file, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    file += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(file)
