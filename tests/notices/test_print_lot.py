"""What the print house opens is what was composed, and nothing in clear names anyone."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
from datetime import date

import pypdf
import pyrage
import pytest

from pipelines.notices.code_format import grouped
from pipelines.notices.letters.letter import Composition, Days
from pipelines.notices.letters.press import LetterPress
from pipelines.notices.print_lot import LotHead, PrinterKeyError, make_lot, object_keys, seal, unseal
from pipelines.platform.errors import RuleError
from tests.notices.conftest import letter

DAY = date(2022, 1, 31)
DAYS = Days(DAY, date(2022, 3, 14))
LETTERS = [letter(number) for number in range(5)]
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
