"""Documents in HL7 v2: the message, its flags and its document must tell one story of one patient."""

from __future__ import annotations

from base64 import b64encode

import pytest

from pipelines.documents.reader import read_documents
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import hl7v2
from tests.document_builder import DOCUMENT, DOCUMENT_FACTS, PATIENT, SOMEBODY_ELSE, facts, only, verdict

CONTENT = cda(DOCUMENT)
REPLACEMENT = DOCUMENT.but(unique_id="1.2.250.1.999.1.7.2", version=2, replaces=DOCUMENT.unique_id)
GOOD = hl7v2(DOCUMENT, CONTENT)


def changed(old: str, new: str, data: bytes = GOOD) -> bytes:
    """Return the good message with one thing changed, which must be there."""
    assert old.encode() in data
    return data.replace(old.encode(), new.encode())


def test_the_document_of_a_message_is_read_as_if_it_came_alone() -> None:
    document = only(GOOD)
    assert facts(document) == DOCUMENT_FACTS
    assert (document.format, document.verdict) == ("hl7v2", "ok")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("charset", [("UNICODE UTF-8", "utf-8"), ("8859/15", "iso-8859-15")])
def test_segments_may_end_and_be_encoded_in_each_way(end: str, charset: tuple[str, str]) -> None:
    assert facts(only(hl7v2(DOCUMENT, CONTENT, charset=charset, end=end))) == DOCUMENT_FACTS


def test_a_message_in_another_encoding_than_it_says_is_refused() -> None:
    assert verdict(hl7v2(DOCUMENT, CONTENT, charset=("UNICODE UTF-8", "iso-8859-15"))) == "BAD_ENCODING"
    assert verdict(changed("UNICODE UTF-8", "ISO IR87")) == "BAD_ENCODING"


def test_a_frame_and_a_batch_around_messages_are_taken_off() -> None:
    assert verdict(b"\x0b" + GOOD + b"\x1c\r") == "ok"
    batch = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + GOOD + hl7v2(REPLACEMENT, cda(REPLACEMENT)) + b"BTS|2\rFTS|1\r"
    assert [document.unique_id for document in read_documents(batch)] == [DOCUMENT.unique_id, REPLACEMENT.unique_id]


def test_one_bad_message_of_a_batch_stops_no_other() -> None:
    assert [document.verdict for document in read_documents(changed("ED|", "TX|") + GOOD)] == ["NO_DOCUMENT", "ok"]


def test_base64_broken_into_lines_is_one_field() -> None:
    packed = b64encode(CONTENT).decode()
    lines = "\r\n".join(packed[start : start + 76] for start in range(0, len(packed), 76))
    assert facts(only(changed(packed, lines))) == DOCUMENT_FACTS
    assert facts(only(changed(packed, lines.replace("\r\n", "\\.br\\")))) == DOCUMENT_FACTS


def test_base64_without_its_padding_is_whole() -> None:
    content = CONTENT + b"\n" * (1 + -len(CONTENT) % 3)
    packed = b64encode(content).decode()
    assert packed.endswith("=")
    assert verdict(changed(packed, packed.rstrip("="), hl7v2(DOCUMENT, content))) == "ok"


@pytest.mark.parametrize("payload", [b"Document au format CDA", b"", b"%PDF-1.4"])
def test_a_payload_that_is_no_cda_is_refused(payload: bytes) -> None:
    assert verdict(hl7v2(DOCUMENT, payload)) == ("BAD_FORMAT" if payload else "EMPTY_BODY")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PATIENT.matricule, SOMEBODY_ELSE.matricule),
        ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9"),
        ("||19820314|", "||19830314|"),
        ("|F||||", "|M||||"),
        ("||D'ALMEIDA-LEFÈVRE^", "||N'GUYEN^"),
    ],
)
def test_the_patient_of_the_message_must_be_the_patient_of_the_document(old: str, new: str) -> None:
    assert verdict(changed(old, new)) == "INS_MISMATCH"


def test_accents_and_joints_of_a_name_are_no_difference() -> None:
    assert verdict(changed("||D'ALMEIDA-LEFÈVRE^", "||D ALMEIDA LEFEVRE^")) == "ok"


def test_an_identity_that_is_not_qualified_is_refused() -> None:
    assert verdict(changed("|VALI\r", "|PROV\r")) == "INS_NOT_QUALIFIED"


def test_a_message_of_two_patients_is_refused() -> None:
    pid = next(line for line in GOOD.decode().split("\r") if line.startswith("PID"))
    assert verdict(changed(pid, f"{pid}\r{pid}")) == "MANY_PATIENTS"


@pytest.mark.parametrize(
    ("event", "document"), [("MDM^T02", DOCUMENT), ("MDM^T10", REPLACEMENT), ("MDM^T04", REPLACEMENT), ("ORU^R01", REPLACEMENT)]
)
def test_every_event_is_taken(event: str, document: object) -> None:
    found = only(hl7v2(document, cda(document), event))  # type: ignore[arg-type]
    assert (found.verdict, found.unique_id) == ("ok", document.unique_id)  # type: ignore[attr-defined]
    assert ("deletes" in found.detail) == (event == "MDM^T04")


@pytest.mark.parametrize(
    ("event", "old", "new"),
    [
        ("ORU^R01", "ORC|NW", "ORC|CA"),
        ("ORU^R01", "||||||F\rOBX|2", "||||||C\rOBX|2"),
        ("MDM^T02", "ORC|NW", "ORC|RO"),
        ("MDM^T02", "|1.2.250.1.999.1.7.1||", "|1.2.3||"),
        ("MDM^T10", "|1.2.250.1.999.1.7.1||||AU", "|1.2.3||||AU"),
    ],
)
def test_event_order_result_and_ids_must_agree(event: str, old: str, new: str) -> None:
    document = REPLACEMENT if event == "MDM^T10" else DOCUMENT
    assert verdict(changed(old, new, hl7v2(document, cda(document), event))) == "METADATA_MISMATCH"


def test_the_flags_say_from_whom_a_document_is_hidden() -> None:
    assert only(hl7v2(DOCUMENT, CONTENT, flags={"INVISIBLE_PATIENT": "Y"})).confidentiality == ("N", "INVISIBLE_PATIENT")
    hidden = only(hl7v2(DOCUMENT, CONTENT, flags={"MASQUE_PS": "Y", "INVISIBLE_REP_LEGAUX": "Y"}))
    assert (hidden.confidentiality, hidden.verdict) == (("N", "MASQUE_PS", "INVISIBLE_REPRESENTANTS_LEGAUX"), "ok")


@pytest.mark.parametrize(
    "flags",
    [{"MASQUE_PS": "Y", "INVISIBLE_PATIENT": "Y"}, {"INVISIBLE_PATIENT": "Y", "DESTMSSANTEPAT": "Y"}, {"MASQUE_PS": "perhaps"}],
)
def test_flags_that_cannot_be_together_are_refused(flags: dict[str, str]) -> None:
    assert verdict(hl7v2(DOCUMENT, CONTENT, flags=flags)) == "BAD_VISIBILITY"


def test_two_forms_of_one_document_are_two_documents() -> None:
    observation = next(line for line in GOOD.decode().split("\r") if line.startswith("OBX|1|"))
    second = DOCUMENT.but(unique_id="1.2.250.1.999.1.7.9")
    other = observation.replace(b64encode(CONTENT).decode(), b64encode(cda(second)).decode())
    found = read_documents(changed(observation, f"{observation}\r{other}"))
    assert [document.unique_id for document in found] == [DOCUMENT.unique_id, second.unique_id]


def test_the_text_of_a_mail_beside_a_document_is_no_document() -> None:
    mail = "OBX|12|ED|CORPSMAIL_PS^Corps du mail^MetaDMPMSS||^TEXT^^Base64^Qm9uam91cg||||||F\r"
    assert verdict(GOOD + mail.encode()) == "ok"


@pytest.mark.parametrize(
    ("said", "told"), [("INO", "feeding allowed"), ("IO", "feeding opposed"), ("NA", "feeding not asked"), ("?", "feeding not told")]
)
def test_an_admission_tells_the_consent_to_feeding(said: str, told: str) -> None:
    admission = f"MSH|^~\\&|A|B|C|D|20260105||ADT^A01^ADT_A01|1|P|2.5|||||FRA|UNICODE UTF-8\rZFA|ACTIF|20260105|||||||{said}|20260105\r"
    document = only(admission.encode())
    assert (document.verdict, document.detail) == ("NO_DOCUMENT", f"ADT^A01: {told}")


def test_separators_of_no_french_profile_are_refused() -> None:
    assert verdict(changed("|^~\\&|", "|#~\\&|")) == "BAD_FORMAT"
