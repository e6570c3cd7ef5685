"""XDM zips, as files and attached to secure mail: each entry of the set is held against its file."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from pipelines.documents.reader import read_documents
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import secure_mail, xdm, xds_entry, zipped
from pipelines.synthetic.medical_documents import MedicalDocument
from tests.document_builder import DOCUMENT, DOCUMENT_FACTS, PATIENT, PDF, SOMEBODY_ELSE, facts, only, verdict

CONTENT = cda(DOCUMENT)
SECOND = DOCUMENT.but(unique_id="1.2.250.1.999.1.8.1", series_id="1.2.250.1.999.1.8")


def but(old: str, new: str) -> bytes:
    """Return an XDM whose entry says one thing otherwise."""
    entry = xds_entry(DOCUMENT, CONTENT, 1)
    assert old in entry
    return xdm([(DOCUMENT, CONTENT)], entry.replace(old, new))


def test_the_document_of_a_zip_is_read_as_if_it_came_alone() -> None:
    document = only(xdm([(DOCUMENT, CONTENT)]))
    assert facts(document) == DOCUMENT_FACTS
    assert (document.format, document.verdict) == ("xdm", "ok")


def test_each_document_of_a_set_has_its_verdict() -> None:
    found = read_documents(xdm([(DOCUMENT, CONTENT), (SECOND, cda(SECOND.but(type_code="")))]))
    assert [(document.unique_id, document.verdict) for document in found] == [
        (DOCUMENT.unique_id, "ok"),
        (SECOND.unique_id, "BAD_TYPE_CODE"),
    ]


def test_names_are_matched_in_any_case() -> None:
    files = zipfile.ZipFile(BytesIO(xdm([(DOCUMENT, CONTENT)])))
    assert verdict(zipped({name.lower(): files.read(name) for name in files.namelist()})) == "ok"


def test_a_set_of_two_patients_is_refused_whole() -> None:
    other = SECOND.but(patient=SOMEBODY_ELSE)
    found = read_documents(xdm([(DOCUMENT, CONTENT), (other, cda(other))]))
    assert [document.verdict for document in found] == ["MANY_PATIENTS", "MANY_PATIENTS"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("DOC0001.XML", "DOC0009.XML", "DOCUMENT_MISSING"),
        (f"<Value>{len(CONTENT)}</Value>", "<Value>12</Value>", "SIZE_MISMATCH"),
        (f"<Value>{len(CONTENT)}</Value>", "<Value>big</Value>", "SIZE_MISMATCH"),
        (f'value="{DOCUMENT.unique_id}"', 'value="1.2.3"', "METADATA_MISMATCH"),
        (PATIENT.matricule, SOMEBODY_ELSE.matricule, "INS_MISMATCH"),
    ],
)
def test_what_the_entry_says_otherwise_is_refused(old: str, new: str, reason: str) -> None:
    assert verdict(but(old, new)) == reason


def replacing(document: MedicalDocument, target: str, *others: MedicalDocument) -> bytes:
    """Return a set whose first entry replaces a target, by an association."""
    pairs = [(written, cda(written)) for written in (document, *others)]
    entries = "".join(xds_entry(*pair, number) for number, pair in enumerate(pairs, start=1))
    kind = "urn:ihe:iti:2007:AssociationType:RPLC"
    return xdm(pairs, f'{entries}<Association id="a" associationType="{kind}" sourceObject="Document1" targetObject="{target}"/>')


def test_a_document_that_the_set_replaces_another_by_says_so_itself() -> None:
    elsewhere, second = "urn:uuid:12345678-abcd-1234-abcd-1234567890ab", SECOND.but(version=2, replaces="1.2.3")
    assert verdict(replacing(second, elsewhere)) == "ok"
    assert verdict(replacing(DOCUMENT, elsewhere)) == "METADATA_MISMATCH"
    assert read_documents(replacing(second, "Document2", DOCUMENT))[0].verdict == "METADATA_MISMATCH"
    assert read_documents(replacing(second.but(replaces=DOCUMENT.unique_id), "Document2", DOCUMENT))[0].verdict == "ok"


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("IHE_XDM/SUBSET01/DOC0002.XML", cda(SECOND), "METADATA_MISMATCH"),
        ("ihe_xdm/subset01/more/b.bin", cda(SECOND), "METADATA_MISMATCH"),
        ("IHE_XDM/SUBSET01/STYLE.XSL", b'<stylesheet xmlns="http://www.w3.org/1999/XSL/Transform"/>', "ok"),
        ("IHE_XDM/SUBSET01/DOC0001.PDF", PDF, "ok"),
        ("COPY.XML", cda(SECOND), "ok"),
    ],
)
def test_a_document_of_the_set_that_no_entry_describes_is_not_passed_over(name: str, content: bytes, wanted: str) -> None:
    files = zipfile.ZipFile(BytesIO(xdm([(DOCUMENT, CONTENT)])))
    assert verdict(zipped({**{held: files.read(held) for held in files.namelist()}, name: content})) == wanted


@pytest.mark.parametrize("pieces", ["<Value>1|DOC00</Value><Value>2|01.XML</Value>", "<Value>2|01.XML</Value><Value>1|DOC00</Value>"])
def test_a_long_place_of_a_file_may_come_in_pieces(pieces: str) -> None:
    assert verdict(but("<Value>DOC0001.XML</Value>", pieces)) == "ok"


def test_a_file_changed_on_its_way_is_refused() -> None:
    entry = xds_entry(DOCUMENT, CONTENT, 1)
    assert verdict(xdm([(DOCUMENT, CONTENT.replace(b"CL", b"SP"))], entry)) == "HASH_MISMATCH"


def test_the_signature_of_a_set_is_no_document() -> None:
    signature = (
        '<ExtrinsicObject id="s"><Classification classificationScheme="urn:uuid:f0306f51-f975-434e-a61c-c59651d33983" '
        'nodeRepresentation="E1762"/></ExtrinsicObject>'
    )
    assert verdict(xdm([(DOCUMENT, CONTENT)], xds_entry(DOCUMENT, CONTENT, 1) + signature)) == "ok"


def test_the_set_can_hide_a_document_from_its_patient() -> None:
    hidden = (
        '<Classification classificationScheme="urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f" nodeRepresentation="INVISIBLE_PATIENT"/>'
        "</ExtrinsicObject>"
    )
    assert only(but("</ExtrinsicObject>", hidden)).confidentiality == ("N", "INVISIBLE_PATIENT")


def test_a_zip_without_a_set_or_without_documents_holds_none() -> None:
    assert verdict(zipped({"report.pdf": PDF})) == "NO_DOCUMENT"
    assert verdict(xdm([], "")) == "NO_DOCUMENT"


def test_the_type_of_the_entry_is_that_of_the_document() -> None:
    scheme = "urn:uuid:f0306f51-f975-434e-a61c-c59651d33983"
    typed = '<Classification classificationScheme="{}" nodeRepresentation="{}"/></ExtrinsicObject>'
    told = [verdict(but("</ExtrinsicObject>", typed.format(scheme, code))) for code in ("11502-2", "18748-4")]
    assert told == ["ok", "METADATA_MISMATCH"]


def test_a_zip_of_two_sets_is_refused() -> None:
    assert verdict(zipped({f"IHE_XDM/SUBSET0{n}/METADATA.XML": b"<a/>" for n in (1, 2)})) == "BAD_FORMAT"


def test_an_empty_file_and_a_file_that_is_no_cda_are_refused() -> None:
    assert verdict(xdm([(DOCUMENT, b"")])) == "EMPTY_BODY"
    assert verdict(xdm([(DOCUMENT, PDF)])) == "BAD_FORMAT"


def test_a_damaged_zip_is_refused() -> None:
    assert verdict(xdm([(DOCUMENT, CONTENT)])[:-40]) == "BAD_FORMAT"


def test_the_document_of_a_message_is_read_as_if_it_came_alone() -> None:
    document = only(secure_mail(DOCUMENT, xdm([(DOCUMENT, CONTENT)])))
    assert facts(document) == DOCUMENT_FACTS
    assert (document.format, document.verdict) == ("mail", "ok")


def test_a_message_that_says_that_it_has_no_ins_is_refused() -> None:
    mail = secure_mail(DOCUMENT, xdm([(DOCUMENT, CONTENT)]))
    assert verdict(mail.replace(b"X-MSS-INS: O", b"X-MSS-INS: N")) == "INS_NOT_QUALIFIED"


def test_a_message_to_another_patient_than_that_of_its_document_is_refused() -> None:
    mail = secure_mail(DOCUMENT, xdm([(DOCUMENT, CONTENT)]))
    mine, other = (f"{patient.matricule}@patient.mssante.example".encode() for patient in (PATIENT, SOMEBODY_ELSE))
    assert verdict(mail.replace(mine, other)) == "INS_MISMATCH"
    assert verdict(mail.replace(mine, mine + b", " + other)) == "MANY_PATIENTS"
    assert verdict(mail.replace(mine, b"dpi@hopital.mssante.example")) == "ok"


def test_a_type_that_the_header_does_not_name_is_told() -> None:
    mail = secure_mail(DOCUMENT, xdm([(DOCUMENT, CONTENT)]))
    named, unnamed = (
        only(mail.replace(b"X-MSS-CODECDA: 11502-2", b"X-MSS-CODECDA: " + codes)) for codes in (b"18748-4,11502-2", b"18748-4")
    )
    assert (named.detail, unnamed.verdict) == ("", "ok")
    assert "X-MSS-CODECDA" in unnamed.detail


def test_a_report_that_gives_a_document_back_holds_none() -> None:
    mail = secure_mail(DOCUMENT, xdm([(DOCUMENT, CONTENT)]))
    assert verdict(mail.replace(b"multipart/mixed", b"multipart/report")) == "NO_DOCUMENT"


def test_a_message_with_two_zips_is_refused() -> None:
    mail = secure_mail(DOCUMENT, xdm([(DOCUMENT, CONTENT)])).decode()
    boundary = mail[mail.index('boundary="') + 10 :].partition('"')[0]
    attachment = mail.split(f"--{boundary}")[2]
    assert verdict(mail.replace(attachment, f"{attachment}--{boundary}{attachment}").encode()) == "BAD_FORMAT"


def test_a_message_without_a_zip_holds_no_document() -> None:
    assert verdict(secure_mail(DOCUMENT, PDF)) == "NO_DOCUMENT"
    assert verdict(b"From: a@b.example\r\nSubject: hello\r\n\r\nno document here\r\n") == "NO_DOCUMENT"
