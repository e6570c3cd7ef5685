"""What the people of a synthetic France know of themselves: enough to recognise their mail and to prove who they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.registry.contract import MANIFEST_NAME, MatriculeKind, read_manifest
from pipelines.registry.delivery_files import open_batches
from pipelines.registry.row_rules import check_rows
from pipelines.synthetic.medical_documents import Patient, patient_of


@dataclass(frozen=True)
class Resident:
    """One adult as the delivered files name them; `locality` is the last line of their address."""

    matricule: str
    birth_date: str
    name: str
    email: str | None
    locality: str


class Residents:
    """The people of the delivered files, found by what an e-mail or an envelope shows; namesakes are left out."""

    def __init__(self, deliveries: Path) -> None:
        rows = {row["matricule"]: row for row in _read(deliveries)}
        people = {matricule: _resident(row) for matricule, row in rows.items()}
        self._patients = [patient_of(row) for row in rows.values() if row["matricule_kind"] != MatriculeKind.NNP]
        self._everyone = list(people.values())
        self._by_email = _unique((f"{person.email}|{person.name}", person) for person in people.values() if person.email)
        self._by_door = _unique((f"{person.name}|{person.locality}", person) for person in people.values())

    def everyone(self) -> list[Resident]:
        """Return all the people of the files, namesakes included."""
        return self._everyone

    def patients(self) -> list[Patient]:
        """Return the people who have an INS, as an INSi call tells them."""
        return self._patients

    def by_email(self, address: str, name: str) -> Resident | None:
        """Return who reads the mail of an address under that name."""
        return self._by_email.get(f"{address}|{name}")

    def by_letter(self, lines: list[str]) -> Resident | None:
        """Return who opens a letter, from the lines of its first page."""
        for name in lines:
            for locality in lines:
                found = self._by_door.get(f"{name}|{locality}")
                if found:
                    return found
        return None


def _unique(pairs: Iterable[tuple[str, Resident]]) -> dict[str, Resident]:
    listed = list(pairs)
    times = Counter(key for key, _ in listed)
    return {key: person for key, person in listed if times[key] == 1}


def _read(deliveries: Path) -> Iterator[dict[str, Any]]:
    for manifest_file in sorted(deliveries.rglob(MANIFEST_NAME)):
        manifest = read_manifest(manifest_file.read_bytes())
        for entry in manifest.files:
            for batch in open_batches(manifest_file.with_name(entry.name), entry):
                yield from check_rows(batch, manifest.reference_date).good.to_pylist()


def _resident(row: dict[str, Any]) -> Resident:
    name = f"{str(row['first_names']).split()[0]} {row['used_name'] or row['birth_name']}"
    return Resident(row["matricule"], row["birth_date"], name, row["email"], f"{row['postcode']} {row['town']}")
