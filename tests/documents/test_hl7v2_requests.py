"""What a message of HL7 v2 asks: to add, replace, delete, show or hide; where to; and what an admission says of the consent to feeding."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace

import pytest

from pipelines.documents.document import Action
from pipelines.documents.reader import read_documents
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import cx, hl7v2
from tests.document_builder import DOCUMENT, PATIENT, only, verdict

CONTENT = cda(DOCUMENT)
REPLACEMENT = DOCUMENT.but(unique_id="1.2.250.1.999.1.7.2", version=2, replaces=DOCUMENT.unique_id)
GOOD = hl7v2(DOCUMENT, CONTENT)
EXTENDED = cda(DOCUMENT).replace(b'<id root="1.2.250.1.999.1.7.1"/>', b'<id root="1.2.250.1.999.1" extension="7.1"/>')


@pytest.mark.parametrize(
    ("data", "action"),
    [
        (GOOD, Action.ADD),
        (hl7v2(REPLACEMENT, cda(REPLACEMENT), "MDM^T10"), Action.ADD),
        (hl7v2(REPLACEMENT, cda(REPLACEMENT), "MDM^T04"), Action.DELETE),
        (hl7v2(DOCUMENT, CONTENT, flags={"MODIF_CONF_CODE": "Y"}), Action.CHANGE_VISIBILITY),
        (GOOD.replace(b"MODIF_CONF_CODE^MODIF_CONF_CODE^MetaDMPMSS||N", b"MODIF_CONFIDENTIALITYCODE||Y"), Action.CHANGE_VISIBILITY),
    ],
)
def test_a_message_says_what_it_asks(data: bytes, action: Action) -> None:
    document = only(data)
    assert (document.action, document.verdict) == (action, "ok")


def test_each_group_of_a_message_asks_for_itself() -> None:
    second = REPLACEMENT.but(unique_id="1.2.250.1.999.1.7.9")
    segments = [line for line in hl7v2(second, cda(second)).split(b"\r") if line.startswith((b"ORC", b"OBR", b"OBX|1|"))]
    group = b"\r".join(segments).replace(b"ORC|RO", b"ORC|CA").replace(b"||||||C", b"||||||D") + b"\r"
    first, deleted = read_documents(GOOD + group)
    assert [(first.action, first.verdict), (deleted.action, deleted.verdict)] == [(Action.ADD, "ok"), (Action.DELETE, "ok")]


def test_a_version_that_replaced_another_is_hidden_too_though_its_document_says_so_for_ever() -> None:
    document = only(hl7v2(REPLACEMENT, cda(REPLACEMENT), "MDM^T10", flags={"MODIF_CONF_CODE": "Y", "INVISIBLE_PATIENT": "Y"}))
    assert (document.action, document.replaces) == (Action.CHANGE_VISIBILITY, DOCUMENT.unique_id)
    assert document.confidentiality == ("N", "INVISIBLE_PATIENT")


def test_a_message_that_replaces_a_document_needs_one_that_does() -> None:
    assert verdict(hl7v2(DOCUMENT, CONTENT, "MDM^T10")) == "METADATA_MISMATCH"


@pytest.mark.parametrize(
    ("event", "status", "wanted"),
    [
        ("MDM^T02", "F", "ok"),
        ("MDM^T04", "D", "ok"),
        ("ORU^R01", "F", "ok"),
        ("MDM^T04", "F", "METADATA_MISMATCH"),
        ("MDM^T02", "D", "METADATA_MISMATCH"),
        ("ORU^R01", "D", "METADATA_MISMATCH"),
        ("ORU^R01", "C", "METADATA_MISMATCH"),
    ],
)
def test_without_an_order_the_event_and_the_status_still_agree(event: str, status: str, wanted: str) -> None:
    written = DOCUMENT if status != "C" else REPLACEMENT
    lines = hl7v2(written, cda(written), event).split(b"\r")
    stated = [re.sub(rb"\|[FCD]$", b"|" + status.encode(), line) for line in lines if not line.startswith(b"ORC")]
    assert verdict(b"\r".join(stated)) == wanted


@pytest.mark.parametrize("name", ["INVISIBLE_REP_LEGAUX", "INVISIBLE_REPRESENTANTS_LEGAUX", "INVISIBLE_REPRENSANTS_LEGAUX"])
def test_a_flag_that_hides_is_known_in_each_spelling_that_the_volet_has_had(name: str) -> None:
    hidden = GOOD.replace(b"INVISIBLE_REP_LEGAUX^INVISIBLE_REP_LEGAUX^MetaDMPMSS||N", f"{name}^^MetaDMPMSS||Y".encode())
    assert only(hidden).confidentiality == ("N", "INVISIBLE_REPRESENTANTS_LEGAUX")


@pytest.mark.parametrize(
    ("born", "flags", "wanted"),
    [
        ("20080106", {"CONNEXION_SECRETE": "Y"}, "BAD_VISIBILITY"),
        ("2008", {"CONNEXION_SECRETE": "Y"}, "BAD_VISIBILITY"),
        ("20080105", {"CONNEXION_SECRETE": "Y"}, "ok"),
        ("20080106", {"CONNEXION_SECRETE": "Y", "INVISIBLE_REP_LEGAUX": "Y"}, "ok"),
        ("20080106", {"INVISIBLE_REP_LEGAUX": "Y"}, "ok"),
        ("20080106", {}, "ok"),
    ],
)
def test_nothing_of_a_minor_under_secret_connection_shows_to_the_representatives(born: str, flags: dict[str, str], wanted: str) -> None:
    written = DOCUMENT.but(patient=replace(PATIENT, birth_date=born))
    assert verdict(hl7v2(written, cda(written), flags=flags)) == wanted


def test_a_message_says_where_its_document_is_to_go() -> None:
    assert only(GOOD).destinations == {"DMP"}
    elsewhere = only(hl7v2(DOCUMENT, CONTENT, flags={"DESTDMP": "N", "DESTMSSANTEPS": "Y", "DESTMSSANTEPAT": "Y"}))
    assert elsewhere.destinations == {"PROFESSIONALS", "PATIENT"}
    assert only(CONTENT).destinations is None


def test_each_document_tells_which_message_of_the_file_it_came_in() -> None:
    assert [document.lot for document in read_documents(GOOD + GOOD)] == [0, 1]


def test_a_message_with_other_separators_stops_no_other() -> None:
    found = read_documents(GOOD.replace(b"MSH|^~\\&|", b"MSH|$~!&|") + GOOD)
    assert [(document.lot, document.verdict) for document in found] == [(0, "BAD_FORMAT"), (1, "ok")]


def test_a_document_that_is_not_said_to_be_base64_is_refused_and_not_overlooked() -> None:
    assert verdict(GOOD.replace(b"^TEXT^XML^Base64^", b"")) == "BAD_FORMAT"
    assert verdict(GOOD.replace(b"^TEXT^XML^Base64^", b"^TEXT^XML^A^")) == "BAD_FORMAT"


def test_the_type_of_a_message_is_that_of_its_document() -> None:
    assert verdict(GOOD.replace(b"OBX|1|ED|11502-2^", b"OBX|1|ED|18748-4^")) == "METADATA_MISMATCH"


@pytest.mark.parametrize("told", ["7.1^^1.2.250.1.999.1^ISO", "1.2.250.1.999.1.7.1", "1.2.250.1.999.1.7.1^LABO"])
def test_an_id_with_an_extension_is_named_in_each_of_the_ways_that_senders_use(told: str) -> None:
    message = hl7v2(DOCUMENT, EXTENDED, "MDM^T02").replace(b"|1.2.250.1.999.1.7.1||", f"|{told}||".encode())
    assert verdict(message) == "ok"


@pytest.mark.parametrize("told", ["7.1", "1.2.250.1.999.1", "7.2^^1.2.250.1.999.1^ISO"])
def test_a_part_of_an_id_names_nothing(told: str) -> None:
    message = hl7v2(DOCUMENT, EXTENDED, "MDM^T02").replace(b"|1.2.250.1.999.1.7.1||", f"|{told}||".encode())
    assert verdict(message) == "METADATA_MISMATCH"


def test_a_field_that_goes_on_in_a_segment_of_its_own_is_one_field() -> None:
    packed = b64encode(CONTENT)
    assert verdict(GOOD.replace(packed, packed[:400] + b"\rADD|" + packed[400:])) == "ok"


@pytest.mark.parametrize("written", ["D\\X27\\ALMEIDA-LEF\\XC3A8\\VRE", "\\H\\D'ALMEIDA-LEFÈVRE\\N\\", "D\\R\\ALMEIDA"])
def test_escapes_of_a_name_are_undone_before_names_are_compared(written: str) -> None:
    message = GOOD.decode().replace("||D'ALMEIDA-LEFÈVRE^", f"||{written}^").encode()
    assert verdict(message) == ("INS_MISMATCH" if written.endswith("\\R\\ALMEIDA") else "ok")


def admission(said: str = "IO", pid: str | None = None) -> bytes:
    """Return an admission (PAM France) that tells the consent to feeding."""
    name = f"{PATIENT.birth_name}^ANNE^{PATIENT.first_names}^^^^L"
    place = f"1 rue Inventée^^PARIS^^75001^FRA^H~^^^^^^BDL^^{PATIENT.birthplace}"
    patient = pid if pid is not None else f"PID|||{cx(PATIENT)}||{name}||{PATIENT.birth_date}|{PATIENT.sex}|||{place}{'|' * 21}VALI\r"
    header = "MSH|^~\\&|GAM|CHU|DPI|CHU|20260105||ADT^A01^ADT_A01|1|P|2.5|||||FRA|UNICODE UTF-8\r"
    return f"{header}{patient}ZFA|ACTIF|20260105|||||||{said}|20260105\r".encode()


@pytest.mark.parametrize(("said", "feeding"), [("INO", True), ("IO", False)])
def test_an_admission_says_who_consents_or_opposes(said: str, feeding: bool) -> None:
    document = only(admission(said))
    assert (document.action, document.feeding, document.faults) == (Action.CONSENT, feeding, ())
    assert (document.matricule, document.traits.birth_name, document.traits.first_names) == (
        PATIENT.matricule,
        PATIENT.birth_name,
        PATIENT.first_names,
    )
    assert (document.traits.sex, document.traits.birth_date, document.traits.birthplace) == ("F", "1982-03-14", "75056")
    assert document.verdict == "NO_DOCUMENT"


def test_an_admission_tells_when_it_was_said_or_is_refused() -> None:
    event = admission().replace(b"\rPID", b"\rEVN||202601050830\rPID")
    assert (only(admission()).created, only(event).created) == ("2026-01-05", "2026-01-05T08:30")
    assert verdict(admission().replace(b"|20260105||ADT", b"|||ADT")) == "BAD_DATE"


@pytest.mark.parametrize("said", ["NA", ""])
def test_an_admission_that_was_not_asked_consents_to_nothing(said: str) -> None:
    document = only(admission(said))
    assert (document.action, document.feeding) == (Action.ADD, None)


def test_the_consent_of_somebody_without_a_qualified_ins_is_told_as_wrong() -> None:
    unknown = only(admission(pid="PID|||000003^^^CHU&1.2.3&ISO^PI||DUPONT^JEAN^JEAN^^^^L\r"))
    doubtful = only(admission().replace(b"VALI", b"PROV"))
    assert [[str(fault.reason) for fault in document.faults] for document in (unknown, doubtful)] == [
        ["INS_MISSING"],
        ["INS_NOT_QUALIFIED"],
    ]
    assert unknown.verdict == doubtful.verdict == "NO_DOCUMENT"
