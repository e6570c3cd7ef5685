"""What the people of a synthetic France know of themselves: enough to recognise their mail and to prove who they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.registry.contract import MANIFEST_NAME, read_manifest
from pipelines.registry.delivery_files import open_batches
from pipelines.registry.row_rules import check_rows


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
        people = {resident.matricule: resident for resident in _read(deliveries)}
        self._everyone = list(people.values())
        self._by_email = _unique((f"{person.email}|{person.name}", person) for person in people.values() if person.email)
        self._by_door = _unique((f"{person.name}|{person.locality}", person) for person in people.values())

    def everyone(self) -> list[Resident]:
        """Return all the people of the files, namesakes included."""
        return self._everyone

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


def _read(deliveries: Path) -> list[Resident]:
    people = []
    for manifest_file in sorted(deliveries.rglob(MANIFEST_NAME)):
        manifest = read_manifest(manifest_file.read_bytes())
        for entry in manifest.files:
            for batch in open_batches(manifest_file.with_name(entry.name), entry):
                people += [_resident(row) for row in check_rows(batch, manifest.reference_date).good.to_pylist()]
    return people


def _resident(row: dict[str, str | None]) -> Resident:
    name = f"{str(row['first_names']).split()[0]} {row['used_name'] or row['birth_name']}"
    return Resident(str(row["matricule"]), str(row["birth_date"]), name, row["email"], f"{row['postcode']} {row['town']}")
