"""The document entries of an XDS submission set (`lcm:SubmitObjectsRequest` in ebRIM 3): what METADATA.XML promises of each file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.documents.ins import Ins, choose_ins
from pipelines.documents.safe_xml import Element

RIM = "{urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0}"
UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
PATIENT_ID = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
CONFIDENTIALITY = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
TYPE_CODE = "urn:uuid:f0306f51-f975-434e-a61c-c59651d33983"
SIGNATURE = "E1762"

_PIECE = re.compile(r"(\d{1,4})\|(.*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is promised of one file: its place, size in bytes, SHA-1 (hexadecimal), unique id, patient, type, confidentiality codes.

    `is_replacement`: it replaces another entry; `replaces` is the unique id of that one where it is in the set, since a set names what
    is elsewhere by the number of its registry, which no document knows.
    """

    uri: str | None
    size: str | None
    sha1: str | None
    unique_id: str | None
    ins: Ins | None
    type_code: str | None
    confidentiality: tuple[str, ...]
    is_replacement: bool
    replaces: str | None


def read_entries(root: Element) -> list[Entry]:
    """Return the entries of a set, but for the signature of the set itself, which is of no patient."""
    objects = list(root.iter(f"{RIM}ExtrinsicObject"))
    unique_ids = {described.get("id"): _external(described, UNIQUE_ID) for described in objects}
    associations = [found for found in root.iter(f"{RIM}Association") if (found.get("associationType") or "").endswith("RPLC")]
    targets = {found.get("sourceObject"): found.get("targetObject") for found in associations}
    entries = []
    for described in objects:
        if SIGNATURE not in _classified(described, TYPE_CODE):
            number = described.get("id")
            entries.append(_entry(described, number in targets, unique_ids.get(targets.get(number))))
    return entries


def _entry(described: Element, is_replacement: bool, replaces: str | None) -> Entry:
    sha1 = _slot(described, "hash")
    return Entry(
        uri=_slot(described, "URI"),
        size=_slot(described, "size"),
        sha1=sha1.lower() if sha1 else None,
        unique_id=_external(described, UNIQUE_ID),
        ins=_patient(_external(described, PATIENT_ID)),
        type_code=next(_classified(described, TYPE_CODE), None),
        confidentiality=tuple(dict.fromkeys(_classified(described, CONFIDENTIALITY))),
        is_replacement=is_replacement,
        replaces=replaces,
    )


def _slot(described: Element, name: str) -> str | None:
    """Return the value of a slot; a long URI comes in numbered pieces (`1|...`, `2|...`)."""
    for slot in described.iterfind(f"{RIM}Slot"):
        if slot.get("name") == name:
            values = [(value.text or "").strip() for value in slot.iterfind(f"{RIM}ValueList/{RIM}Value")]
            pieces = [piece for piece in map(_PIECE.fullmatch, values) if piece]
            if pieces and len(pieces) == len(values):
                return "".join(piece[2] for piece in sorted(pieces, key=lambda piece: int(piece[1])))
            return values[0] if values and values[0] else None
    return None


def _external(described: Element, scheme: str) -> str | None:
    found = (e.get("value") for e in described.iterfind(f"{RIM}ExternalIdentifier") if e.get("identificationScheme") == scheme)
    return next((value.strip() for value in found if value and value.strip()), None)


def _classified(described: Element, scheme: str) -> Iterator[str]:
    for classification in described.iterfind(f"{RIM}Classification"):
        code = classification.get("nodeRepresentation")
        if classification.get("classificationScheme") == scheme and code:
            yield code


def _patient(identifier: str | None) -> Ins | None:
    """Return the INS of a CX (`279035121518989^^^&OID&ISO^NH`)."""
    parts = (identifier or "").split("^")
    authority = parts[3].split("&") if len(parts) > 3 else []
    return choose_ins([(authority[1], parts[0])])[0] if len(authority) > 1 else None
