"""What is read of a CDA, and what makes one refused."""

from __future__ import annotations

import hashlib

import pytest

from pipelines.documents.document import Traits
from pipelines.synthetic.cda_writer import cda, section, self_displaying
from tests.document_builder import DOCUMENT, DOCUMENT_FACTS, PATIENT, PDF, facts, only, verdict

RESULT = section("Résultats", "Rien à signaler")
GOOD = cda(DOCUMENT)


def changed(old: str, new: str, data: bytes = GOOD) -> bytes:
    """Return the good CDA with one thing changed, which must be there."""
    assert data.decode().count(old) >= 1
    return data.decode().replace(old, new).encode()


def test_every_fact_of_level_1_is_read() -> None:
    document = only(GOOD)
    assert facts(document) == DOCUMENT_FACTS
    assert (document.series_id, document.version, document.confidentiality) == ("1.2.250.1.999.1.7", 1, ("N",))
    assert (document.verdict, document.detail, document.replaces) == ("ok", "", None)


def test_the_body_of_level_1_is_what_base64_holds() -> None:
    document = only(GOOD)
    assert (document.media_type, document.body_sha256) == ("application/pdf", hashlib.sha256(PDF).hexdigest())


def test_the_body_of_level_3_is_the_document() -> None:
    data = cda(DOCUMENT, RESULT)
    document = only(data)
    assert (document.verdict, document.media_type, document.body_sha256) == ("ok", "text/xml", hashlib.sha256(data).hexdigest())


def test_a_stylesheet_gives_the_document_that_it_displays() -> None:
    document = only(self_displaying(DOCUMENT, RESULT))
    assert facts(document) == DOCUMENT_FACTS
    assert (document.verdict, document.media_type) == ("ok", "application/xslt+xml")


def test_a_stylesheet_with_two_documents_is_none() -> None:
    sheet = self_displaying(DOCUMENT, RESULT).decode()
    inner = sheet[sheet.index("<ClinicalDocument") : sheet.index("</d:Contenu>")]
    assert verdict(sheet.replace("</d:Contenu>", f"{inner}</d:Contenu>").encode()) == "BAD_FORMAT"


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-15", "UTF-16", "windows-1252"])
def test_the_declared_encoding_is_the_one_used(encoding: str) -> None:
    assert facts(only(cda(DOCUMENT, encoding=encoding))) == DOCUMENT_FACTS


def test_a_byte_order_mark_changes_nothing() -> None:
    assert facts(only(b"\xef\xbb\xbf" + GOOD)) == DOCUMENT_FACTS


def test_bytes_of_another_encoding_than_the_declared_one_are_refused() -> None:
    assert verdict(GOOD.decode().encode("iso-8859-15")) == "BAD_ENCODING"


def test_a_replacement_names_the_version_that_it_replaces() -> None:
    document = only(cda(DOCUMENT.but(version=2, unique_id="1.2.3.4", replaces="1.2.250.1.999.1.7.1")))
    assert (document.version, document.replaces) == (2, "1.2.250.1.999.1.7.1")


def test_an_appended_document_replaces_nothing() -> None:
    assert only(changed('"RPLC"', '"APND"', cda(DOCUMENT.but(replaces="1.2.3")))).replaces is None


def test_an_id_with_an_extension_is_told_whole() -> None:
    assert only(changed('<id root="1.2.250.1.999.1.7.1"/>', '<id root="1.2.3" extension="A-7"/>')).unique_id == "1.2.3^A-7"


@pytest.mark.parametrize(
    ("digits", "told"),
    [
        ("20260105", "2026-01-05"),
        ("202601050830+0100", "2026-01-05T08:30+01:00"),
        ("20260105083015", "2026-01-05T08:30:15"),
        ("20260105083015.250-0400", "2026-01-05T08:30:15-04:00"),
    ],
)
def test_a_date_keeps_its_precision_and_its_offset(digits: str, told: str) -> None:
    document = only(changed('<effectiveTime value="20260105083015+0100"/>\n<conf', f'<effectiveTime value="{digits}"/>\n<conf'))
    assert (document.created, document.verdict) == (told, "ok")


@pytest.mark.parametrize("digits", ["20260230", "2026010525", "yesterday", "20260105083015+2500", "", "2026-01-05"])
def test_a_date_that_does_not_exist_is_refused(digits: str) -> None:
    assert (
        verdict(changed('<effectiveTime value="20260105083015+0100"/>\n<conf', f'<effectiveTime value="{digits}"/>\n<conf')) == "BAD_DATE"
    )


@pytest.mark.parametrize(
    ("digits", "told"),
    [
        ("1982", "1982"),
        ("198203", "1982-03"),
        ("19820314", "1982-03-14"),
        ("19820314120000", "1982-03-14"),
        ("19820000", "1982"),
        ("19820300", "1982-03"),
        ("19823100", "1982"),
    ],
)
def test_a_birth_date_is_told_as_far_as_it_is_known(digits: str, told: str) -> None:
    document = only(changed('birthTime value="19820314"', f'birthTime value="{digits}"'))
    assert (document.traits.birth_date, document.verdict) == (told, "ok")


def test_a_comment_inside_a_name_does_not_cut_it() -> None:
    assert only(changed('"BR">D\'ALMEIDA-LEFÈVRE', '"BR">MAR<!-- -->TIN')).traits.birth_name == "MARTIN"


def test_a_processing_instruction_or_a_cdata_section_inside_a_name_does_not_cut_it() -> None:
    assert only(changed('"BR">D\'ALMEIDA-LEFÈVRE', '"BR">M<?x y?>AR<![CDATA[TIN]]>')).traits.birth_name == "MARTIN"


def test_markup_inside_a_name_is_no_name() -> None:
    assert verdict(changed('"BR">D\'ALMEIDA-LEFÈVRE', '"BR">MAR<b>GOT</b>TIN')) == "INS_INCOMPLETE"


def test_the_name_of_use_is_never_taken_for_the_birth_name() -> None:
    document = only(changed('<family qualifier="BR">D\'ALMEIDA-LEFÈVRE</family>', ""))
    assert (document.traits.birth_name, document.verdict) == (None, "INS_INCOMPLETE")


@pytest.mark.parametrize(
    "part",
    [
        "<given>ANNE MARIE-LOUISE</given>",
        '<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>',
        '<birthTime value="19820314"/>',
        "<county>75056</county>",
    ],
)
def test_an_identity_that_lacks_a_trait_is_refused(part: str) -> None:
    assert verdict(changed(part, "")) == "INS_INCOMPLETE"


def test_a_birthplace_that_is_a_label_is_none() -> None:
    assert verdict(changed("<county>75056</county>", "<county>PARIS</county>")) == "INS_INCOMPLETE"


def test_a_patient_of_corsica_or_born_abroad_has_a_birthplace() -> None:
    told = [only(changed("<county>75056", f"<county>{code}")).traits.birthplace for code in ("2A004", "2b033", "99351")]
    assert told == ["2A004", "2B033", "99351"]


def test_a_patient_without_ins_is_refused() -> None:
    assert verdict(changed(f'<id root="1.2.250.1.213.1.4.8" extension="{PATIENT.matricule}"/>', "")) == "INS_MISSING"


def test_the_old_ins_c_is_no_ins() -> None:
    assert verdict(changed("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.2")) == "INS_MISSING"


def test_a_wrong_key_is_refused_from_a_real_authority_and_told_of_a_test_one() -> None:
    wrong = PATIENT.matricule[:13] + f"{(int(PATIENT.matricule[13:]) % 97) + 1:02d}"
    assert verdict(changed(PATIENT.matricule, wrong)) == "INS_INVALID"
    test = only(changed(f'4.8" extension="{PATIENT.matricule}', f'4.10" extension="{wrong}'))
    assert (test.verdict, "wrong key" in test.detail) == ("ok", True)


def test_a_matricule_of_corsica_is_told_as_registers_write_it() -> None:
    document = only(changed(PATIENT.matricule, "2 84 05 2a 321 025 52"))
    assert (document.matricule, document.verdict) == ("284052A32102552", "ok")


def test_a_matricule_without_its_key_is_none() -> None:
    assert verdict(changed(PATIENT.matricule, PATIENT.matricule[:13])) == "INS_INVALID"


def test_two_numbers_of_one_patient_are_never_chosen_from() -> None:
    mine = f'<id root="1.2.250.1.213.1.4.8" extension="{PATIENT.matricule}"/>'
    assert verdict(changed(mine, f'{mine}<id root="1.2.250.1.213.1.4.8" extension="284058832102532"/>')) == "INS_MISMATCH"
    assert verdict(changed(mine, f'{mine}<id root="1.2.250.1.213.1.4.10" extension="{PATIENT.matricule}"/>')) == "INS_MISMATCH"


def test_a_nir_goes_before_the_provisional_number_that_it_replaces() -> None:
    mine = f'<id root="1.2.250.1.213.1.4.8" extension="{PATIENT.matricule}"/>'
    document = only(changed(mine, f'<id root="1.2.250.1.213.1.4.9" extension="784058832102576"/>{mine}'))
    assert (document.matricule, document.verdict) == (PATIENT.matricule, "ok")


def test_two_patients_in_one_document_are_refused() -> None:
    target = GOOD.decode()[GOOD.decode().index("<recordTarget>") : GOOD.decode().index("</recordTarget>") + len("</recordTarget>")]
    assert verdict(changed(target, target * 2)) == "MANY_PATIENTS"


def test_a_document_without_type_or_id_is_refused() -> None:
    assert verdict(changed('code="11502-2" ', "")) == "BAD_TYPE_CODE"
    assert verdict(changed('<id root="1.2.250.1.999.1.7.1"/>', '<id root="7"/>')) == "BAD_FORMAT"


def test_a_confidentiality_that_is_none_is_refused() -> None:
    assert verdict(cda(DOCUMENT.but(confidentiality="X"))) == "BAD_VISIBILITY"


def test_a_document_without_series_is_its_own_beginning() -> None:
    document = only(changed('<setId root="1.2.250.1.999.1.7"/>', ""))
    assert (document.series_id, document.verdict) == (None, "ok")


def test_base64_in_lines_or_without_its_padding_is_the_same_body() -> None:
    padded = cda(DOCUMENT.but(body=PDF + b"\n\n"))
    assert verdict(cda(DOCUMENT.but(body=PDF * 20), line=76)) == "ok"
    assert only(changed("Cgo=</text>", "Cgo</text>", padded)).body_sha256 == only(padded).body_sha256


@pytest.mark.parametrize("packed", ["JVBE*Ri0x", "JVBERi0xL", "JVBE=Ri0x", "%PDF-1.4"])
def test_what_is_not_base64_is_refused(packed: str) -> None:
    good = GOOD.decode()
    body = good[good.index('B64">') + 5 : good.index("</text>")]
    assert verdict(changed(body, packed)) == "BAD_BASE64"


def test_an_empty_body_is_refused() -> None:
    assert verdict(cda(DOCUMENT.but(body=b""))) == "EMPTY_BODY"
    assert verdict(cda(DOCUMENT).split(b"<component>")[0] + b"</ClinicalDocument>") == "EMPTY_BODY"


@pytest.mark.parametrize(
    ("media_type", "body"), [("application/pdf", b"<html>no</html>"), ("image/png", b"GIF89a"), ("text/plain", b"a\0b")]
)
def test_a_body_of_another_type_than_declared_is_refused(media_type: str, body: bytes) -> None:
    assert verdict(cda(DOCUMENT.but(media_type=media_type, body=body))) == "BAD_MEDIA_TYPE"


def test_bytes_before_the_header_of_a_pdf_are_refused() -> None:
    assert verdict(cda(DOCUMENT.but(body=b"GIF89a" + PDF))) == "BAD_MEDIA_TYPE"


@pytest.mark.parametrize("action", [b"/S /JavaScript /JS (app.alert(1))", b"/S /Launch /F (cmd.exe)", b"/Subtype /RichMedia"])
def test_a_pdf_that_runs_something_is_refused(action: bytes) -> None:
    assert verdict(cda(DOCUMENT.but(body=b"%PDF-1.4\n1 0 obj << " + action + b" >> endobj\n%%EOF\n"))) == "ACTIVE_CONTENT"


def test_a_body_that_is_elsewhere_is_not_fetched() -> None:
    good = GOOD.decode()
    body = good[good.index('B64">') + 5 : good.index("</text>")]
    assert verdict(changed(body, '<reference value="http://elsewhere.example/a.pdf"/>')) == "BAD_FORMAT"


def test_a_truncated_document_is_refused() -> None:
    assert verdict(GOOD[: len(GOOD) // 2]) == "BAD_FORMAT"


def test_everything_that_is_wrong_is_told_at_once() -> None:
    document = only(changed("<county>75056</county>", "").replace(b'"11502-2"', b'""'))
    assert [fault.reason for fault in document.faults] == ["BAD_TYPE_CODE", "INS_INCOMPLETE"]
    assert document.traits == Traits("D'ALMEIDA-LEFÈVRE", "ANNE MARIE-LOUISE", "F", "1982-03-14", None)


def test_the_national_number_of_an_organisation_goes_before_its_others() -> None:
    national = '<id root="1.2.250.1.71.4.2.2" extension="1750803447"/>'
    others = '<id nullFlavor="UNK"/><id root="1.2.3" extension="LABO"/>'
    assert only(changed(national, others + national)).author_organization == "1750803447"
    assert only(changed(national, others)).author_organization == "LABO"


def test_the_custodian_is_not_taken_for_the_author() -> None:
    organization = b'<id root="1.2.250.1.71.4.2.2" extension="1750803447"/>'
    without = GOOD.replace(organization, b"", 1)
    assert organization in without
    assert (only(without).author_organization, verdict(without)) == (None, "ok")


def test_an_author_whose_organisation_has_no_number_gives_way_to_the_next() -> None:
    good = GOOD.decode()
    author = good[good.index("<author>") : good.index("</author>") + len("</author>")]
    nameless = author.replace('<id root="1.2.250.1.71.4.2.2" extension="1750803447"/>', '<id nullFlavor="NI"/>')
    assert only(changed(author, nameless + author)).author_organization == "1750803447"


def test_the_first_name_that_has_the_part_is_the_one() -> None:
    other = '<name use="P"><family qualifier="BR">AUTRE</family><given>AUTRE</given></name>'
    document = only(changed("</name>\n<administrativeGenderCode", f"</name>{other}\n<administrativeGenderCode"))
    assert (document.traits.birth_name, document.traits.first_names) == ("D'ALMEIDA-LEFÈVRE", "ANNE MARIE-LOUISE")


def test_a_document_replaces_one_document() -> None:
    related = '<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3.{}"/></parentDocument></relatedDocument>'
    before = "<component>"
    assert only(changed(before, related.format(1) + before)).replaces == "1.2.3.1"
    assert verdict(changed(before, related.format(1) + related.format(2) + before)) == "BAD_FORMAT"
