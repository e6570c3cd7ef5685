"""A lot is read again before it leaves, by other libraries than those that made it: its structure whole, its letters in a sample.

Structure: qpdf (through pikepdf). Text and picture: PDFium. DataMatrix: zxing-cpp on the picture. A lot that does not read as it was
meant stops with its number and the sequence of the letter; no text of anybody is ever in the message.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from random import Random

import pikepdf
import pypdfium2
import zxingcpp

from pipelines.notices.letters.datamatrix import MODULE_POINTS, QUIET, SIDE
from pipelines.notices.letters.letter import Composition, Days, Letter, Variant, field_texts
from pipelines.notices.letters.skeleton import Skeleton, Slot
from pipelines.platform.errors import FinalError

SAMPLE, SAMPLE_WITH_CARE = 4, 2
SCAN_DPI = 200
_MARGIN = QUIET * MODULE_POINTS
_HYPHENS = str.maketrans({"\x02": "-", "\ufffe": "-"})  # PDFium's marks for a hyphen at the end of a line


class LotCheckError(FinalError):
    """A lot does not read as it was meant: it must not leave."""


def check_lot(
    lot_id: int, composition: Composition, letters: Sequence[Letter], days: Days, skeleton: Callable[[Variant], Skeleton], whole: bool
) -> None:
    """Read a composition again: every letter where `whole`, else the first, the last and a sample that the same lot always has.

    `letters` are those that were given to be composed. Raises: LotCheckError, naming the lot and the sequence of the letter.
    """
    refused = {reference for reference, _ in composition.refused}
    meant = [letter for letter in letters if letter.reference not in refused]
    if [placed.reference for placed in composition.placed] != [letter.reference for letter in meant]:
        raise LotCheckError(f"lot {lot_id}: its letters are not those that were meant: it is not handed over")
    _check_structure(lot_id, composition, whole)
    with closing(pypdfium2.PdfDocument(composition.pdf)) as document:
        for sequence in range(1, len(meant) + 1) if whole else sample(composition):
            letter, first = meant[sequence - 1], composition.placed[sequence - 1].first_page - 1
            wrong = _misread(document, first, skeleton(letter.variant), field_texts(letter, days, sequence))
            if wrong:
                fields = ", ".join(wrong)
                raise LotCheckError(f"lot {lot_id}: letter {sequence} does not read as it was meant ({fields}): the lot is not handed over")


def sample(composition: Composition) -> list[int]:
    """Return the sequences of the letters to read: the first, the last, some of all, some of those made with care."""
    chance, count = Random(composition.sha256), len(composition.placed)  # noqa: S311 - the same lot has the same sample
    some = chance.sample(range(1, count + 1), min(SAMPLE, count))
    careful = chance.sample(composition.with_care, min(SAMPLE_WITH_CARE, len(composition.with_care)))
    return sorted({1, count, *some, *careful} if count else ())


def _check_structure(lot_id: int, composition: Composition, whole: bool) -> None:
    """Refuse a file that must be repaired to be read, or whose pages are not one content each; follow every reference where `whole`."""
    try:
        with _in_memory(composition.pdf) as file, pikepdf.open(file, attempt_recovery=False) as pdf:
            contents = [page.obj.Contents for page in pdf.pages]
            found = len({content.objgen for content in contents if isinstance(content, pikepdf.Stream)})
            faults = [*(pdf.check_pdf_syntax() if whole else ()), *pdf.get_warnings()]
    except (pikepdf.PdfError, AttributeError, TypeError):
        raise LotCheckError(f"lot {lot_id}: its file is damaged: it is not handed over") from None
    if faults or found != composition.pages:
        seen = f"{len(faults)} faults and {found} of {composition.pages} pages"
        raise LotCheckError(f"lot {lot_id}: its file has {seen}: it is not handed over")


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """Show a content as a file that no disk holds: qpdf maps it, where it would ask Python for each block of a stream."""
    with os.fdopen(os.memfd_create("lot"), "wb") as file:
        file.write(content)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"


def _misread(document: pypdfium2.PdfDocument, first: int, skeleton: Skeleton, texts: Mapping[str, str]) -> list[str]:
    """Return the fields of one letter that do not read as they should."""
    wrong: list[str] = []
    for number in range(skeleton.pages):
        with closing(document[first + number]) as page:
            slots = [slot for slot in skeleton.slots if slot.page == number]
            wrong += _misread_texts(page, slots, texts)
            if number == 0 and read_symbol(page, skeleton.symbol) != texts["reference"]:
                wrong.append("symbol")
    return wrong


def _misread_texts(page: pypdfium2.PdfPage, slots: Iterable[Slot], texts: Mapping[str, str]) -> list[str]:
    with closing(page.get_textpage()) as text:
        return [slot.field for slot in slots if _compared(text.get_text_bounded(*_band(slot))) != _compared(texts[slot.field])]


def _band(slot: Slot) -> tuple[float, float, float, float]:
    """Return a band through the middle of a slot's line, which every character of that line touches, and none of another line."""
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[slot.align]
    left = slot.x - share * slot.width
    return left + 0.05, slot.y - 0.15 * slot.size, left + slot.width, slot.y + 0.85 * slot.size


def _compared(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text.translate(_HYPHENS)).split())


def read_symbol(page: pypdfium2.PdfPage, corner: tuple[float, float]) -> str | None:
    """Return what the DataMatrix at a place of a page says, as a scanner sees it, None where it says nothing."""
    width, height = page.get_size()
    left, bottom = corner[0] - _MARGIN, corner[1] - _MARGIN
    side = SIDE + 2 * _MARGIN
    crop = (left, bottom, width - left - side, height - bottom - side)
    picture = page.render(scale=SCAN_DPI / 72, crop=crop, grayscale=True).to_numpy()
    found = zxingcpp.read_barcode(picture, zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix), try_rotate=False, try_invert=False)
    return found.text if found and found.valid else None
