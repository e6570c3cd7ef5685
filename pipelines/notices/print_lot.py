"""What the print house receives for a lot: the letters and their index, each sealed for it alone, then a manifest without personal data.

The manifest is the last object: a lot without one is not there yet. Contract: docs/contracts/print_lot.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyrage

from pipelines.notices.letters.letter import Composition
from pipelines.notices.templates import TemplateVersion
from pipelines.platform.errors import FinalError, RuleError

CONTRACT = "print_lot/1"
INDEX_COLUMNS = ("sequence", "reference", "first_page", "pages", "postcode")


class PrinterKeyError(FinalError):
    """The print house's key cannot be used."""


@dataclass(frozen=True)
class Lot:
    """A lot ready to be written: `objects` are (key, content), to be put in that order; `pdf_sha256` is that of the clear letters."""

    lot_id: int
    objects: tuple[tuple[str, bytes], ...]
    pdf_sha256: str


def object_keys(lot_id: int) -> tuple[str, str, str]:
    """Return the keys of a lot: letters, index, manifest."""
    folder = f"lots/{lot_id}"
    return f"{folder}/letters.pdf.age", f"{folder}/index.csv.age", f"{folder}/manifest.json"


def seal(content: bytes, recipient: str) -> bytes:
    """Return a content encrypted with age for one X25519 recipient (`age1...`). Two seals of the same content differ.

    Raises: PrinterKeyError.
    """
    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise PrinterKeyError("the print house's key is not an age recipient: set ESPACE_SANTE_PRINTER_RECIPIENT to age1...") from None
    return bytes(pyrage.encrypt(content, [key]))


def index_csv(composition: Composition, postcodes: Sequence[str | None]) -> bytes:
    """Return the index of a composition, one row a letter in the order of its pages.

    `postcodes` are those of the letters placed, None for an address abroad.
    Raises: RuleError if there is not one postcode for each letter.
    """
    if len(postcodes) != len(composition.placed):
        raise RuleError(f"a lot of {len(composition.placed)} letters needs as many postcodes, not {len(postcodes)}")
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(INDEX_COLUMNS)
    for sequence, (letter, postcode) in enumerate(zip(composition.placed, postcodes, strict=True), start=1):
        rows.writerow((sequence, letter.reference, letter.first_page, letter.pages, postcode))
    return out.getvalue().encode()


def make_lot(
    lot_id: int, composition: Composition, postcodes: Sequence[str | None], template: TemplateVersion, prepared_for: date, recipient: str
) -> Lot:
    """Return a lot sealed for the print house.

    `prepared_for` is the day on which it should be deposited. Raises: RuleError on an empty lot or a wrong number of postcodes;
    PrinterKeyError.
    """
    if not composition.placed:
        raise RuleError(f"lot {lot_id} holds no letter")
    index = index_csv(composition, postcodes)
    manifest = {
        "contract": CONTRACT,
        "lot_id": lot_id,
        "prepared_for": prepared_for.isoformat(),
        "letters": len(composition.placed),
        "pages": composition.pages,
        "template": {"name": template.name, "version": template.version, "sha256": template.sha256},
        "objects": {"letters.pdf": _described(composition.pdf), "index.csv": _described(index)},
    }
    letters_key, index_key, manifest_key = object_keys(lot_id)
    objects = (
        (letters_key, seal(composition.pdf, recipient)),
        (index_key, seal(index, recipient)),
        (manifest_key, json.dumps(manifest, indent=2).encode() + b"\n"),
    )
    return Lot(lot_id, objects, _sha256(composition.pdf))


def _described(clear: bytes) -> dict[str, object]:
    return {"bytes": len(clear), "sha256": _sha256(clear)}


def _sha256(clear: bytes) -> str:
    return hashlib.sha256(clear).hexdigest()
