"""Bodies and values that would harm whoever opens them, or a parser that believes them, are refused with their own reason."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib

import pytest

from pipelines.documents.bounded_reader import BoundedReader
from pipelines.documents.dicom_structure import require_whole
from pipelines.documents.document import RefusedDocumentError
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import as_json, document_reference, fhir_bundle, hl7v2, key_object_selection, xdm, zipped
from tests.document_builder import DOCUMENT, only, verdict
from tests.hostile_items import ITEMS

GOOD = cda(DOCUMENT)
NO_IMAGE = "the key object selection refers to no image"
PNG = b"\x89PNG\r\n\x1a\n"


def carrying(body: bytes, media_type: str = "application/pdf") -> bytes:
    return cda(DOCUMENT.but(body=body, media_type=media_type))


def pdf(objects: bytes) -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<<" + objects + b">>\nendobj\n%%EOF\n"


def packed(objects: bytes, filters: bytes = b"/FlateDecode", entry: bytes = b"/Filter ") -> bytes:
    """Return a PDF whose objects lie in an object stream."""
    return pdf(b"/Type /ObjStm " + entry + filters + b">>\nstream\n" + objects + b"\nendstream")


@pytest.mark.parametrize(
    "body",
    [
        pdf(b"/S /JavaScript /JS (app.alert(1))"),
        pdf(b"/S/Launch/F(cmd.exe)"),
        pdf(b"/S /J#61v#61Script"),
        pdf(b"/S /#4C#61unch"),
        pdf(b"/Subtype /RichMedia"),
        pdf(b"/S /ImportData"),
        packed(zlib.compress(b"<</S /JavaScript>>")),
        packed(zlib.compress(b"<</S /Java#53cript>>")),
        packed(b"<</S /JavaScript>>", b"", b""),
        packed(b"whatever", b"/LZWDecode"),
        packed(zlib.compress(b"0" * 3_000_000)),
        packed(zlib.compress(b"<<>>")) + b"/Encrypt 5 0 R",
    ],
)
def test_a_pdf_that_runs_something_or_hides_what_is_flagged(body: bytes) -> None:
    assert verdict(carrying(body)) == "ACTIVE_CONTENT"


@pytest.mark.parametrize(
    "body", [pdf(b"/Type /Catalog"), pdf(b"/S /JavaScripts"), pdf(b"/Encrypt 5 0 R"), packed(zlib.compress(b"<</Type /Page>>"))]
)
def test_a_pdf_that_runs_nothing_passes(body: bytes) -> None:
    assert verdict(carrying(body)) == "ok"


def test_a_pdf_of_object_streams_without_end_takes_no_time_without_end() -> None:
    assert verdict(carrying(b"%PDF-1.5\n" + b"/ObjStm stream\n" * 20_000)) == "ACTIVE_CONTENT"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"%PDF-1.4\n" + zipped({"a": b"a"}), "application/pdf"),
        (b"GIF89a" + zipped({"a": b"a"}), "image/gif"),
        (PNG + b"<script>alert(1)</script>", "image/png"),
        (b"\xff\xd8\xff\xe0<HTML >", "image/jpeg"),
        (b"%PDF-1.4\n<?php system(1)", "application/pdf"),
    ],
)
def test_a_body_of_two_types_at_once_is_refused(body: bytes, media_type: str) -> None:
    assert verdict(carrying(body, media_type)) == "HOSTILE"


@pytest.mark.parametrize("end", [b"PK\x05\x06", b"PK\x06\x07" + b"Q" * 16 + b"PK\x05\x06" + bytes(18), b"PK\x05\x06" + bytes(18)])
def test_the_mark_of_a_zip_alone_makes_no_zip(end: bytes) -> None:
    assert verdict(carrying(pdf(b"/Type /Catalog") + end)) == "ok"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b"<html/>", "application/pdf"), (b" %PDF-1.4", "application/pdf"), (b"MZ\x90\0", "image/png"), (b"\0binary", "text/plain")],
)
def test_a_body_of_another_type_than_it_declares_is_refused(body: bytes, media_type: str) -> None:
    assert verdict(carrying(body, media_type)) == "BAD_MEDIA_TYPE"


@pytest.mark.parametrize("begins", [b"MZ", b"\x7fELF", b"#!/bin/sh\n", b"%PDF-1.4", b"<html>"])
def test_a_dicom_file_that_is_a_program_too_is_refused(begins: bytes) -> None:
    assert verdict(begins + key_object_selection(DOCUMENT)[len(begins) :]) == "HOSTILE"


def test_a_dicom_file_that_is_a_tiff_too_is_one_of_those_that_the_standard_knows() -> None:
    assert verdict(b"II*\0" + key_object_selection(DOCUMENT)[4:]) == "ok"


@pytest.mark.parametrize("length", [b"\xff\xff", b"\xfe\xff", b"\x00\x80"])
def test_a_dicom_value_that_says_it_is_longer_than_the_file_is_refused(length: bytes) -> None:
    kos = key_object_selection(DOCUMENT)
    place = kos.index(b"\x10\x00\x10\x00PN") + 6
    assert verdict(kos[:place] + length + kos[place + 2 :]) == "BAD_FORMAT"


def test_a_dicom_file_cut_anywhere_is_refused_though_its_header_can_be_read() -> None:
    """Between two elements nothing tells that more should follow but what is then missing."""
    kos = key_object_selection(DOCUMENT)
    assert {only(kos[:end]).detail for end in range(len(kos)) if verdict(kos[:end]) == "ok"} == {NO_IMAGE}


@pytest.mark.parametrize(
    "elements",
    [
        b"\x08\x00\x05\x00CS\x02\x00A ",
        b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0",
        b"\x09\x00\x10\x00UN\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\x0a\0\0\0\x08\x00\x05\x00\x02\0\0\0A \xfe\xff\xdd\xe0\0\0\0\0",
        b"\xe0\x7f\x10\x00OB\0\0\x02\0\0\0ab" + bytes(6),
    ],
)
def test_a_dicom_file_is_whole_however_its_elements_are_written(elements: bytes) -> None:
    whole = bytes(128) + b"DICM" + elements
    require_whole(whole)
    last = len(whole.rstrip(b"\0")) - 1
    with pytest.raises(RefusedDocumentError):
        require_whole(whole[:last])


def test_a_sequence_that_is_written_as_a_text_is_refused() -> None:
    kos = key_object_selection(DOCUMENT)
    place = kos.index(b"\x10\x00\x24\x00SQ") + 4
    assert verdict(kos[:place] + b"UT" + kos[place + 2 :]) == "BAD_FORMAT"


def test_sequences_in_sequences_without_end_are_refused() -> None:
    nested = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    assert verdict(bytes(128) + b"DICM" + nested * 10_000) == "HOSTILE"


@pytest.mark.parametrize(
    ("number", "reason"),
    [("9" * 5_000, "SIZE_MISMATCH"), ("1e400", "BAD_FORMAT"), ("-1", "BAD_FORMAT"), ("1e-400", "BAD_FORMAT"), ("0.1", "BAD_FORMAT")],
)
def test_a_number_that_no_size_has_is_no_size(number: str, reason: str) -> None:
    text = as_json(document_reference(DOCUMENT, DOCUMENT.body, "application/pdf")).decode()
    size = f'"size": {len(DOCUMENT.body)}'
    assert size in text
    assert verdict(text.replace(size, f'"size": {number}').encode()) == reason


def test_a_version_of_five_thousand_digits_is_no_number() -> None:
    assert verdict(GOOD.replace(b'versionNumber value="1"', b'versionNumber value="%s"' % (b"9" * 5_000))) == "BAD_FORMAT"


def test_an_attribute_of_twenty_million_characters_is_refused() -> None:
    assert verdict(GOOD.replace(b"<realmCode", b'<realmCode a="%s"' % (b"F" * 20_000_000))) == "TOO_BIG"


def test_ten_thousand_attributes_of_one_name_are_refused() -> None:
    assert verdict(GOOD.replace(b"<realmCode", b"<realmCode " + b'a="" ' * 10_000)) == "BAD_FORMAT"


@pytest.mark.parametrize("place", [b"</recordTarget>", b"<nonXMLBody>", b"</ClinicalDocument>"])
def test_a_document_cut_short_is_refused_though_its_header_can_be_read(place: bytes) -> None:
    assert verdict(GOOD[: GOOD.index(place)]) == "BAD_FORMAT"


def test_a_message_cut_short_is_refused_though_its_batch_counts_right() -> None:
    message = hl7v2(DOCUMENT, GOOD)
    batch = b"BHS|^~\\&\r" + message[: len(message) // 2] + b"\rBTS|1\r"
    assert verdict(batch) == "BAD_BASE64"


def test_a_body_cut_short_is_no_base64() -> None:
    text = base64.b64encode(DOCUMENT.body)
    assert verdict(GOOD.replace(text, text[:9])) == "BAD_BASE64"


def test_an_encoding_that_lies_is_told() -> None:
    latin = GOOD.decode().encode("iso-8859-15")
    assert verdict(latin) == "BAD_ENCODING"
    assert only(GOOD.replace(b'"UTF-8"', b'"ISO-8859-15"')).traits.birth_name != "D'ALMEIDA-LEFÈVRE"


def test_a_zip_whose_directory_names_another_file_than_the_file_itself_is_refused() -> None:
    data = bytearray(xdm([(DOCUMENT, GOOD)]))
    place = data.rindex(b"DOC0001.XML")
    data[place : place + 11] = b"DOC0002.XML"
    assert verdict(bytes(data)) == "BAD_FORMAT"


def test_a_member_without_a_name_is_refused() -> None:
    """As Python reads a name that begins with a zero, and stumbles over it."""
    nameless = zipped({"z": b"y"}).replace(b"z", b"\0")
    assert verdict(nameless) == "HOSTILE"
    with BoundedReader() as reader:
        assert [document.verdict for document in reader.read(cda(DOCUMENT.but(body=nameless, media_type="a/b"))).documents] == ["HOSTILE"]


def test_members_that_overlap_are_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("IHE_XDM/SUBSET01/METADATA.XML", b"<a/>")
    data = target.getvalue()
    directory = data.index(b"PK\x01\x02")
    entry, end = data[directory : data.index(b"PK\x05\x06")], data[data.index(b"PK\x05\x06") :]
    twice = entry.replace(b"METADATA.XML", b"METADATB.XML")
    count = (2).to_bytes(2, "little")
    end = end[:8] + count + count + (2 * len(entry)).to_bytes(4, "little") + end[16:]
    assert verdict(data[:directory] + entry + twice + end) == "HOSTILE"


def test_one_hostile_item_of_a_lot_costs_that_item() -> None:
    with BoundedReader() as reader:
        for name, (reason, write) in ITEMS.items():
            assert {document.verdict for document in reader.read(write(DOCUMENT)).documents} == {reason}, name
            assert [document.verdict for document in reader.read(GOOD).documents] == ["ok"], f"after {name}"


def test_fhir_with_two_resources_of_one_address_is_refused() -> None:
    bundle = fhir_bundle(DOCUMENT, GOOD, "text/xml")
    bundle["entry"].append(dict(bundle["entry"][-1]))
    assert verdict(as_json(bundle)) == "BAD_FORMAT"
