"""The notices that reached somebody: read from the real e-mails and the real print lots, as their readers would."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

from pikepdf import Pdf

from pipelines.notices.print_lot import object_keys, unseal
from pipelines.platform.clock import legal_day
from pipelines.platform.object_store import ObjectStore

_CODE = re.compile(r"\b([0-9A-HJKMNP-TV-Z]{4})[- \u00a0]([0-9A-HJKMNP-TV-Z]{4})[- \u00a0]([0-9A-HJKMNP-TV-Z]{4})\b")


@dataclass(frozen=True)
class ReceivedEmail:
    """One e-mail in the sink."""

    file: Path
    sent_on: date
    envelope_sender: str
    message_id: str
    recipient: str
    name: str

    def code(self) -> str | None:
        """Return the code that an adult reads in it, None where it speaks of somebody else."""
        message = message_from_bytes(self.file.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
        found = _CODE.search(text)
        return "".join(found.groups()) if found and "concerné" not in text.split("Référence", 1)[0] else None


def received_emails(mail: Path, seen: set[str]) -> Iterator[ReceivedEmail]:
    """Yield the e-mails of the sink that were not seen yet, from their headers alone."""
    for file in sorted(mail.glob("*.eml")):
        if file.name in seen:
            continue
        seen.add(file.name)
        with file.open("rb") as stream:
            head = message_from_bytes(stream.read(4096), policy=default)
        if head["Auto-Submitted"] != "auto-generated" or not head["Message-ID"]:
            continue
        to = head["To"].addresses[0]
        yield ReceivedEmail(
            file, legal_day(parsedate_to_datetime(str(head["Date"]))), str(head["Return-Path"]).strip("<>"),
            str(head["Message-ID"]), str(head["Delivered-To"]).strip("<>"), to.display_name,
        )  # fmt: skip


@dataclass(frozen=True)
class ReceivedLot:
    """One lot at its print house: its manifest, and its letters in clear."""

    lot_id: int
    printer: str
    prepared_for: date
    letters: int
    pdf: bytes
    index: list[dict[str, str]]


def received_lots(store: ObjectStore, printer_identities: Mapping[str, str], seen: set[int]) -> Iterator[ReceivedLot]:
    """Yield the lots whose manifest lies in the print bucket and that were not seen yet, opened with the key of their print house."""
    for key in store.keys("print", ""):
        if not key.endswith("/manifest.json"):
            continue
        manifest = json.loads(store.get("print", key))
        lot_id = int(manifest["lot_id"])
        if lot_id in seen:
            continue
        seen.add(lot_id)
        printer = manifest["printer"]
        letters_key, index_key, _ = object_keys(printer, lot_id)
        pdf, index = (unseal(store.get("print", sealed), printer_identities[printer]) for sealed in (letters_key, index_key))
        rows = list(csv.DictReader(io.StringIO(index.decode())))
        yield ReceivedLot(lot_id, printer, date.fromisoformat(manifest["prepared_for"]), manifest["letters"], pdf, rows)


def code_in(pages: list[list[str]]) -> str | None:
    """Return the code printed on a letter, from the lines of its pages; None where the letter speaks of somebody else."""
    text = "\n".join(line for lines in pages for line in lines)
    found = _CODE.search(text)
    return "".join(found.groups()) if found and "que vous représentez" not in text else None


def single_letter(pdf: bytes, first_page: int, pages: int) -> bytes:
    """Return one letter of a lot as a PDF of its own."""
    with Pdf.open(io.BytesIO(pdf)) as lot, Pdf.new() as letter:
        letter.pages.extend(lot.pages[first_page - 1 : first_page - 1 + pages])
        out = io.BytesIO()
        letter.save(out)
        return out.getvalue()
