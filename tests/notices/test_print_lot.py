"""What the print house opens is what was composed, and nothing in clear names anyone."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import re
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pypdf
import pyrage
import pytest

from pipelines.notices.code_format import grouped
from pipelines.notices.kind import NoticeKind, Subject
from pipelines.notices.letters.datamatrix import SIDE
from pipelines.notices.letters.letter import MOST_PAGES, Composition, Days, Variant
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.letters.window import ENVELOPE_MM, FROM_BOTTOM_MM, FROM_RIGHT_MM, WINDOW_MM
from pipelines.notices.print_lot import CONTRACT, LotHead, PrinterKeyError, make_lot, object_keys, seal, unseal
from pipelines.platform.errors import RuleError
from tests.notices.conftest import SENDER, WORDINGS, letter, letter_in, wording_id

DAY = date(2022, 1, 31)
DAYS = Days(DAY, date(2022, 3, 14))
LETTERS = [letter(number) for number in range(5)]
CONTRACT_PAGE = (Path(__file__).parents[2] / "docs" / "contracts" / "print_lot.md").read_text()
MM, A4_HEIGHT = 25.4 / 72, 297
HEAD = LotHead(7, "PRINCIPAL", "CPAM", "adult", False, DAY)
POSTCODES = ["01000", "20000", "33000", "97400", None]


@pytest.fixture(scope="module")
def composition(press: LetterPress) -> Composition:
    return press.compose(LETTERS, DAYS)


def test_print_house_opens_what_was_composed(press: LetterPress, composition: Composition) -> None:
    identity = pyrage.x25519.Identity.generate()
    lot = make_lot(HEAD, composition, POSTCODES, press.version, str(identity.to_public()))
    assert [key for key, _ in lot.objects] == [
        "PRINCIPAL/lots/7/letters.pdf.zst.age", "PRINCIPAL/lots/7/index.csv.zst.age", "PRINCIPAL/lots/7/manifest.json",
    ]  # fmt: skip
    assert tuple(key for key, _ in lot.objects) == object_keys("PRINCIPAL", 7)
    pdf, index = (unseal(content, str(identity)) for _, content in lot.objects[:2])
    manifest = json.loads(lot.objects[2][1])
    assert pdf == composition.pdf
    assert lot.pdf_sha256 == manifest["objects"]["letters.pdf"]["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert manifest["objects"]["index.csv"] == {"bytes": len(index), "sha256": hashlib.sha256(index).hexdigest()}
    assert (manifest["lot_id"], manifest["letters"], manifest["pages"], manifest["prepared_for"]) == (7, 5, 10, "2022-01-31")
    assert (manifest["sheets"], manifest["first_sequence"], manifest["last_sequence"]) == (5, 1, 5)
    assert (manifest["printer"], manifest["sender"], manifest["kind"], manifest["large_print"]) == ("PRINCIPAL", "CPAM", "adult", False)
    assert manifest["template"] == dataclasses.asdict(press.version)
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == manifest["pages"]
    rows = list(csv.DictReader(io.StringIO(index.decode())))
    assert [row["sequence"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["reference"] for row in rows] == [one.reference for one in LETTERS]
    assert [row["first_page"] for row in rows] == ["1", "3", "5", "7", "9"]
    assert [row["postcode"] for row in rows] == ["01000", "20000", "33000", "97400", ""]


def test_a_letter_of_more_pages_than_the_contract_allows_stops_the_lot(press: LetterPress, composition: Composition) -> None:
    key = str(pyrage.x25519.Identity.generate().to_public())
    for pages, is_allowed in ((MOST_PAGES, True), (MOST_PAGES + 1, False)):
        long = (composition.placed[0]._replace(pages=pages), *composition.placed[1:])
        with nullcontext() if is_allowed else pytest.raises(RuleError, match="a letter of more than 8 pages"):
            make_lot(HEAD, dataclasses.replace(composition, placed=long), POSTCODES, press.version, key)


def test_the_sheets_of_a_lot_are_those_of_its_letters_each_on_a_new_one(press: LetterPress) -> None:
    letters = [letter_in(Variant(NoticeKind.REPRESENTATIVE_MINOR, SENDER, 9)), letter_in(Variant(NoticeKind.ADULT, SENDER))]
    composition = press.compose(letters, DAYS)
    lot = make_lot(HEAD, composition, POSTCODES[:2], press.version, str(pyrage.x25519.Identity.generate().to_public()))
    pages = [placed.pages for placed in composition.placed]
    assert pages == [3, 2] and json.loads(lot.objects[2][1])["sheets"] == 2 + 1


def test_the_contract_says_the_version_and_the_most_pages() -> None:
    assert f"# Print lot, version {CONTRACT.partition('/')[2]}\n" in CONTRACT_PAGE and f'"contract": "{CONTRACT}"' in CONTRACT_PAGE
    assert f"A letter has 1 to {MOST_PAGES} pages" in CONTRACT_PAGE and f"integer from 1 to {MOST_PAGES}" in CONTRACT_PAGE


def test_the_contract_says_for_which_envelope_letters_are_laid_out() -> None:
    sizes = ("{} x {}".format(*size) for size in (ENVELOPE_MM, WINDOW_MM))
    envelope = "a DL envelope of {} mm with a window of {} mm".format(*sizes)
    place = f"{FROM_RIGHT_MM} mm from its right and {FROM_BOTTOM_MM} mm from its lower edge"
    assert f"{envelope}, {place}" in CONTRACT_PAGE


def measures(mark: str) -> list[float]:
    """Return the millimetres that the contract says of the place of a mark, in its table for the inserter."""
    place = next(line for line in CONTRACT_PAGE.splitlines() if line.startswith(f"| {mark}")).split("|")[2]
    return [float(number) for number in re.findall(r"[0-9.]+(?= to [0-9]+ mm| mm)", place)]


@pytest.mark.parametrize("variant", [variant for variant in WORDINGS if variant.subject is Subject.NOTICE], ids=wording_id)
def test_the_marks_for_the_inserter_are_where_the_contract_says(press: LetterPress, variant: Variant) -> None:
    skeleton = press.skeleton(variant)
    left, top_from, top_to = measures("DataMatrix")
    symbol_left, symbol_top = skeleton.symbol[0] * MM, A4_HEIGHT - (skeleton.symbol[1] + SIDE) * MM
    assert symbol_left == pytest.approx(left, abs=0.1) and top_from - 0.1 <= symbol_top <= top_to + 0.1
    left, baseline = measures("sequence")
    sequences = [slot for slot in skeleton.slots if slot.field == "sequence"]
    assert [(slot.page, slot.size) for slot in sequences] == [(page, 7) for page in range(skeleton.pages)]
    assert {(round(slot.x * MM, 1), round(A4_HEIGHT - slot.y * MM, 1)) for slot in sequences} == {(left, baseline)}
    (reference,) = [slot for slot in skeleton.slots if slot.field == "reference"]
    left, from_top, to_top = measures("reference in clear")
    assert reference.page == 0 and reference.x * MM == pytest.approx(left, abs=0.1)
    assert from_top <= A4_HEIGHT - reference.y * MM <= to_top
    assert {slot.page for slot in skeleton.slots if slot.field.startswith("address_")} == {0}


def test_nothing_in_clear_names_a_person(press: LetterPress, composition: Composition) -> None:
    lot = make_lot(HEAD, composition, POSTCODES, press.version, str(pyrage.x25519.Identity.generate().to_public()))
    for key, content in lot.objects:
        for one in LETTERS:
            for secret in (one.reference, str(one.people[0].code), grouped(str(one.people[0].code)), one.address[0]):
                assert secret not in key and secret.encode() not in content


def test_a_sealed_content_is_one_frame_of_zstd_inside_age() -> None:
    identity = pyrage.x25519.Identity.generate()
    sealed = seal(b"letters " * 1000, str(identity.to_public()))
    assert sealed.startswith(b"age-encryption.org/v1\n") and len(sealed) < 400
    assert pyrage.decrypt(sealed, [identity]).startswith(b"\x28\xb5\x2f\xfd")
    assert unseal(sealed, str(identity)) == b"letters " * 1000


def test_other_key_does_not_open_a_lot() -> None:
    sealed = seal(b"letters", str(pyrage.x25519.Identity.generate().to_public()))
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])


@pytest.mark.parametrize("recipient", ["", "age1notakey"])
def test_wrong_key_of_the_print_house_is_refused(recipient: str) -> None:
    with pytest.raises(PrinterKeyError, match="ESPACE_SANTE_PRINTER_RECIPIENTS"):
        seal(b"letters", recipient)


def test_lot_without_letters_or_with_missing_postcodes_is_refused(press: LetterPress, composition: Composition) -> None:
    key = str(pyrage.x25519.Identity.generate().to_public())
    with pytest.raises(RuleError, match="needs as many postcodes"):
        make_lot(HEAD, composition, POSTCODES[:-1], press.version, key)
    with pytest.raises(RuleError, match="holds no letter"):
        make_lot(HEAD, press.compose([], DAYS), [], press.version, key)
