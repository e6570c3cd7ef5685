"""What strangers send to harm a parser is refused, and does nothing."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest

from pipelines.documents import fhir, limits, safe_xml
from pipelines.documents import hl7v2 as hl7v2_module
from pipelines.documents import xdm as xdm_module
from pipelines.synthetic.cda_writer import cda, section, self_displaying
from pipelines.synthetic.document_envelopes import as_json, fhir_bundle, hl7v2, key_object_selection, xdm, zipped
from tests.document_builder import DOCUMENT, only, verdict

GOOD = cda(DOCUMENT)
BEGINS = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def after_declaration(text: str, data: bytes = GOOD) -> bytes:
    """Return a CDA with something between its XML declaration and its root."""
    return data.replace(BEGINS, BEGINS + text.encode())


def test_a_document_type_is_refused_though_it_declares_nothing() -> None:
    assert verdict(after_declaration("<!DOCTYPE ClinicalDocument>")) == "HOSTILE"


def test_a_document_type_in_a_broken_document_is_told_first() -> None:
    assert verdict(after_declaration("<!DOCTYPE ClinicalDocument>")[:-20]) == "HOSTILE"


def test_no_entity_brings_a_file_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    data = after_declaration(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>').replace(b"ANNE MARIE-LOUISE", b"&x;")
    assert (only(data).verdict, "SECRET" in repr(only(data))) == ("HOSTILE", False)


def test_entities_that_multiply_are_refused() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    data = after_declaration(f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]>').replace(b"ANNE MARIE-LOUISE", b"&l9;")
    assert verdict(data) == "HOSTILE"


def test_a_document_type_in_another_encoding_is_refused_too() -> None:
    assert verdict(cda(DOCUMENT, encoding="UTF-16").decode("utf-16").replace("?>\n", "?>\n<!DOCTYPE a>", 1).encode("utf-16")) == "HOSTILE"


def test_an_inclusion_is_refused_and_not_made(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    data = GOOD.replace(b"<county>", f"<county>{include}".encode())
    assert (only(data).verdict, "SECRET" in repr(only(data))) == ("HOSTILE", False)


def test_nesting_without_end_is_refused() -> None:
    data = cda(DOCUMENT, section("a", "b")).replace(b"<structuredBody>", b"<structuredBody>" + b"<a>" * 400 + b"</a>" * 400)
    assert verdict(data) == "HOSTILE"


def test_an_encoding_that_hides_markup_is_refused() -> None:
    assert verdict(GOOD.replace(b'encoding="UTF-8"', b'encoding="UTF-7"')) in ("BAD_ENCODING", "BAD_FORMAT")


def test_the_stylesheet_is_never_run(tmp_path: Path) -> None:
    target = tmp_path / "written"
    sheet = self_displaying(DOCUMENT, section("a", "b")).replace(
        b"<html/>", f'<e:document xmlns:e="http://exslt.org/common" href="{target.as_uri()}">x</e:document>'.encode()
    )
    assert (verdict(sheet), target.exists()) == ("ok", False)


def test_a_document_above_the_limit_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_xml, "DOCUMENT_BYTES", len(GOOD) - 1)
    assert verdict(GOOD) == "TOO_BIG"


LARGE = cda(DOCUMENT.but(body=DOCUMENT.body + b" " * ((limits.DOCUMENT_BYTES - len(GOOD)) * 3 // 4 - 100)))


def test_the_largest_document_is_parsed_though_its_body_is_one_long_text() -> None:
    assert verdict(LARGE) == "ok"


def test_no_document_type_comes_in_a_large_document() -> None:
    laughs = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]>'
    assert verdict(after_declaration(laughs, LARGE)) == "HOSTILE"


@pytest.mark.parametrize("encoding", ["UTF-7", "UTF-32", "UTF-16", "cp037"])
def test_no_large_document_hides_one_in_its_encoding(encoding: str) -> None:
    laughs = LARGE.decode().replace('"UTF-8"', f'"{encoding}"').replace("?>\n", "?>\n<!DOCTYPE a>", 1)
    declaration, _, rest = laughs[: len(laughs) // 2].partition("<!")
    encoded = declaration.encode() + b"+ADwAIQ-" + rest.encode() if encoding == "UTF-7" else (declaration + "<!" + rest).encode(encoding)
    assert verdict(encoded) in ("BAD_ENCODING", "NO_DOCUMENT")


@pytest.mark.parametrize("name", ["../escaped.xml", "/absolute.xml", "a/../../b.xml", "C:/b.xml", "a\\..\\b.xml"])
def test_a_name_that_leads_out_of_the_zip_is_refused(name: str) -> None:
    assert verdict(_with_member(name, b"x")) == "HOSTILE"


def test_a_link_in_a_zip_is_refused() -> None:
    member = zipfile.ZipInfo("link")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert verdict(_with_member(member, b"/etc/passwd")) == "HOSTILE"


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(xdm([(DOCUMENT, GOOD)]))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    assert verdict(bytes(data)) == "HOSTILE"


def test_two_members_of_one_name_are_refused() -> None:
    assert verdict(_with_member("ihe_xdm/subset01/doc0001.xml", GOOD)) == "HOSTILE"


def test_a_zip_in_a_zip_is_refused() -> None:
    assert verdict(_with_member("inner.zip", zipped({"a": b"b"}))) == "HOSTILE"
    assert verdict(xdm([(DOCUMENT, zipped({"a": b"b"}))])) == "HOSTILE"


def test_a_member_that_inflates_too_much_is_refused() -> None:
    assert verdict(_with_member("zeros", b"\0" * 5_000_000)) == "HOSTILE"


def test_a_zip_of_too_many_members_or_bytes_is_refused() -> None:
    assert verdict(zipped({str(n): b"" for n in range(limits.ZIP_MEMBERS + 1)})) == "TOO_BIG"
    data = bytearray(zipped({"a": b"x"}))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (limits.ZIP_BYTES + 1).to_bytes(4, "little")
    assert verdict(bytes(data)) == "TOO_BIG"


def test_a_member_that_holds_more_than_the_directory_says_is_refused() -> None:
    good = bytearray(xdm([(DOCUMENT, GOOD)]))
    directory = good.rindex(b"PK\x01\x02")
    good[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    assert verdict(bytes(good)) != "ok"


def test_a_lot_of_too_many_documents_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (xdm_module, fhir, hl7v2_module):
        monkeypatch.setattr(module, "DOCUMENTS_A_LOT", 0)
    assert verdict(xdm([(DOCUMENT, GOOD)])) == "TOO_BIG"
    assert verdict(hl7v2(DOCUMENT, GOOD)) == "TOO_BIG"
    assert verdict(as_json(fhir_bundle(DOCUMENT, GOOD, "text/xml"))) == "TOO_BIG"


def test_a_name_given_twice_in_json_is_refused() -> None:
    text = as_json(fhir_bundle(DOCUMENT, GOOD, "text/xml")).decode()
    assert verdict(text.replace('"status": "current"', '"status": "current", "status": "superseded"').encode()) == "HOSTILE"


def test_json_nested_without_end_is_refused() -> None:
    assert verdict(b'{"resourceType":"Bundle","a":' + b"[" * 100_000) == "HOSTILE"
    assert verdict(b'{"resourceType":"Bundle","a":' + b"[" * 300 + b"]" * 300 + b"}") == "HOSTILE"
    assert verdict(json.dumps({"resourceType": "Bundle"}).encode()[:-1] + b',"x":NaN}') == "BAD_FORMAT"


def test_a_compressed_dicom_file_is_not_inflated() -> None:
    kos = key_object_selection(DOCUMENT)
    assert verdict(kos.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99\0")) == "HOSTILE"


def test_lengths_that_lie_in_a_dicom_file_are_refused() -> None:
    kos = key_object_selection(DOCUMENT)
    place = kos.index(b"\x10\x00\x10\x00PN") + 6
    assert verdict(kos[:place] + b"\xff\xff" + kos[place + 2 :]) != "ok"


def test_a_wrong_payload_in_a_message_is_refused_like_a_file() -> None:
    assert verdict(hl7v2(DOCUMENT, after_declaration("<!DOCTYPE a>"))) == "HOSTILE"


def _with_member(member: str | zipfile.ZipInfo, content: bytes) -> bytes:
    """Return a good XDM with one member more."""
    target = io.BytesIO(xdm([(DOCUMENT, GOOD)]))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return target.getvalue()
