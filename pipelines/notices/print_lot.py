"""What the print house receives for a lot: the letters and their index, each sealed for it alone, then a manifest without personal data.

The manifest is the last object: a lot without one is not there yet. Contract: docs/contracts/print_lot.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import count

import pyarrow as pa
import pyrage

from pipelines.notices.letters.letter import MOST_PAGES, Composition
from pipelines.notices.templates import TemplateVersion
from pipelines.platform.errors import FinalError, RuleError

CONTRACT = "print_lot/4"
BUCKET = "print"
ZSTD_LEVEL = 3
INDEX_COLUMNS = ("sequence", "reference", "first_page", "pages", "postcode")


class PrinterKeyError(FinalError):
    """A print house's key is missing or cannot be used."""


@dataclass(frozen=True)
class LotHead:
    """What a lot is, whatever its letters say: for whom, of whom, in which wording; `prepared_for` is the day on which to deposit it."""

    lot_id: int
    printer: str
    sender: str
    kind: str
    large_print: bool
    prepared_for: date


@dataclass(frozen=True)
class Lot:
    """A lot ready to be written: `objects` are (key, content), to be put in that order; `pdf_sha256` is that of the clear letters."""

    lot_id: int
    objects: tuple[tuple[str, bytes], ...]
    pdf_sha256: str


def object_keys(printer: str, lot_id: int) -> tuple[str, str, str]:
    """Return the keys of a lot: letters, index, manifest."""
    folder = f"{printer}/lots/{lot_id}"
    return f"{folder}/letters.pdf.zst.age", f"{folder}/index.csv.zst.age", f"{folder}/manifest.json"


def require_keys(printers: Mapping[str, Sequence[str]], printer: str) -> Sequence[str]:
    """Return the public keys of a print house, the newest first. Raises: PrinterKeyError if there is none under that name."""
    if not printers.get(printer):
        raise PrinterKeyError(f"the key of the print house {printer} is missing: add it to ESPACE_SANTE_PRINTER_RECIPIENTS")
    return printers[printer]


def seal(content: bytes, *recipients: str) -> bytes:
    """Return a content compressed with zstd, then encrypted with age for X25519 recipients (`age1...`), each of which can open it.

    Two seals of a content differ. Raises: PrinterKeyError.
    """
    try:
        keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
    except pyrage.RecipientError:
        raise PrinterKeyError("the print house's key is not an age recipient: ESPACE_SANTE_PRINTER_RECIPIENTS holds age1... keys") from None
    compressed = pa.Codec("zstd", compression_level=ZSTD_LEVEL).compress(content, asbytes=True)
    return bytes(pyrage.encrypt(compressed, keys))


def unseal(sealed: bytes, identity: str) -> bytes:
    """Return the clear content of a sealed one, as the print house gets it with its private key (`AGE-SECRET-KEY-1...`)."""
    compressed = pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity)])
    with pa.CompressedInputStream(pa.BufferReader(compressed), "zstd") as clear:
        return bytes(clear.read())


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
    placed = zip(count(1), composition.placed, postcodes, strict=False)
    rows.writerows((sequence, *letter, postcode) for sequence, letter, postcode in placed)
    return out.getvalue().encode()


def make_lot(head: LotHead, composition: Composition, postcodes: Sequence[str | None], template: TemplateVersion, *recipients: str) -> Lot:
    """Return a lot sealed for the print house, which may open it with any of its keys.

    Raises: RuleError on an empty lot, a wrong number of postcodes, or a letter of more pages than the contract allows; PrinterKeyError.
    """
    if not composition.placed:
        raise RuleError(f"lot {head.lot_id} holds no letter")
    if max(letter.pages for letter in composition.placed) > MOST_PAGES:
        raise RuleError(f"lot {head.lot_id} holds a letter of more than {MOST_PAGES} pages, the most that its print house takes")
    index = index_csv(composition, postcodes)
    manifest = {
        "contract": CONTRACT,
        **asdict(head),
        "prepared_for": head.prepared_for.isoformat(),
        "letters": len(composition.placed),
        "pages": composition.pages,
        "sheets": sum((letter.pages + 1) // 2 for letter in composition.placed),
        "first_sequence": 1,
        "last_sequence": len(composition.placed),
        "template": {"name": template.name, "version": template.version, "sha256": template.sha256},
        "objects": {
            "letters.pdf": {"bytes": len(composition.pdf), "sha256": composition.sha256},
            "index.csv": {"bytes": len(index), "sha256": hashlib.sha256(index).hexdigest()},
        },
    }
    letters_key, index_key, manifest_key = object_keys(head.printer, head.lot_id)
    objects = (
        (letters_key, seal(composition.pdf, *recipients)),
        (index_key, seal(index, *recipients)),
        (manifest_key, json.dumps(manifest, indent=2).encode() + b"\n"),
    )
    return Lot(head.lot_id, objects, composition.sha256)
