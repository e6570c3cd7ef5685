"""ACK: for each message, read back by hl7apy, which knows nothing of how it was written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message
from hl7apy.parser import parse_message

from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import hl7v2
from tests.answer_builder import answer, answered
from tests.document_builder import DOCUMENT, PATIENT

GOOD = hl7v2(DOCUMENT, cda(DOCUMENT))
LATIN = hl7v2(DOCUMENT, cda(DOCUMENT), charset=("8859/15", "iso-8859-15"))


def read(content: bytes, encoding: str = "utf-8") -> Message:
    """Read a message as strictly as hl7apy can."""
    message = parse_message(content.decode(encoding), validation_level=VALIDATION_LEVEL.STRICT, find_groups=False)
    assert message.validate()
    return message


def field(content: bytes, segment: str, number: int) -> list[str]:
    """Return a field of each segment of that name."""
    found = [line.split("|") for line in content.decode().split("\r") if line.startswith(segment)]
    return [parts[number - (segment == "MSH")] if number < len(parts) + (segment == "MSH") else "" for parts in found]


def test_an_accepted_message_gets_aa_with_its_own_control_id() -> None:
    ack = read(answer("HL7V2", GOOD))
    assert ack.msa.msa_1.value == "AA"
    assert ack.msa.msa_2.value == DOCUMENT.unique_id[-15:]
    assert ack.msh.msh_9.value == "ACK^R01^ACK"


def test_the_parties_change_places_and_what_the_sender_declares_is_kept() -> None:
    content = answer("HL7V2", GOOD)
    assert [field(content, "MSH", number) for number in (3, 4, 5, 6)] == [["PFI"], ["DMP"], ["LOGICIEL"], [DOCUMENT.finess]]
    assert [field(content, "MSH", number) for number in (11, 12, 17, 18)] == [["P"], ["2.5"], ["FRA"], ["UNICODE UTF-8"]]


def test_the_date_is_that_of_the_decision_in_paris() -> None:
    assert field(answer("HL7V2", GOOD), "MSH", 7) == ["20260105103000+0100"]


def test_a_refused_document_gets_ae_and_an_error_that_says_why_and_what_to_do() -> None:
    ack = read(answer("HL7V2", GOOD, "PERSON_UNKNOWN"))
    assert ack.msa.msa_1.value == "AE"
    assert ack.err.err_3.err_3_1.value == "207"
    assert ack.err.err_5.err_5_1.value == "902"
    assert "PERSON_UNKNOWN" in ack.err.err_5.err_5_2.value
    assert "INSi" in ack.err.err_8.value


def test_a_message_of_a_type_that_is_not_taken_gets_ar() -> None:
    content = answer("HL7V2", GOOD.replace(b"ORU^R01^ORU_R01", b"ADT^A03^ADT_A03"))
    assert (field(content, "MSA", 1), field(content, "ERR", 3)) == (["AR"], ["200^Unsupported message type^messageErrorCondition"])


def test_a_document_that_waits_is_no_error() -> None:
    assert field(answer("HL7V2", GOOD, "AWAITING_ORIGINAL"), "MSA", 1) == ["AA"]


def test_the_answer_is_in_the_encoding_of_the_message() -> None:
    ack = read(answer("HL7V2", LATIN, "PERSON_UNKNOWN"), "iso-8859-15")
    assert "Vérifiez" in ack.err.err_8.value
    assert ack.msh.msh_18.value == "8859/15"


def test_an_encoding_that_is_not_taken_is_answered_in_utf8() -> None:
    content = answer("HL7V2", GOOD.replace(b"UNICODE UTF-8", b"ISO IR87"))
    assert field(content, "MSH", 18) == ["UNICODE UTF-8"]
    assert "employé" in content.decode()


def test_the_answer_has_the_separators_of_the_message() -> None:
    content = answer("HL7V2", GOOD.replace(b"MSH|^~\\&|", b"MSH|$~!&|"))
    assert content.startswith(b"MSH|$~!&|PFI|DMP|")
    assert b"102$Data type error$messageErrorCondition" in content
    # The detail quotes the separators that were awaited: what is one here is escaped.
    assert b"(!F!^!R!\\!T!)" in content


@pytest.mark.parametrize("marks", ["^\u02dc\\&", "^^\\&", "^~\\", "AB12"])
def test_separators_that_are_none_are_answered_with_those_of_the_standard(marks: str) -> None:
    content = answer("HL7V2", GOOD.replace(b"MSH|^~\\&|", f"MSH|{marks}|".encode()))
    assert read(content).msa.msa_1.value == "AE"


def test_a_text_with_separators_is_escaped() -> None:
    content = answer("HL7V2", GOOD.replace(b"ORU^R01^ORU_R01", b"ADT^A03^ADT_A03"))
    assert field(content, "ERR", 7) == ["ADT\\S\\A03"]
    assert read(content).err.err_7.value in ("ADT\\S\\A03", "ADT^A03")


def test_each_message_of_a_file_gets_its_own_answer() -> None:
    other = GOOD.replace(b"|P|2.5|", b"|T|2.5|")
    content = answer("HL7V2", GOOD + other, "ok", "NOT_OPENED_YET")
    assert field(content, "MSA", 1) == ["AA", "AE"]
    assert len(set(field(content, "MSH", 10))) == 2


def test_a_message_that_cannot_be_read_stops_no_other() -> None:
    content = answer("HL7V2", GOOD.replace(b"MSH|^~\\&|", b"MSH|$~!&|") + GOOD)
    assert field(content, "MSA", 1) == ["AE", "AA"]


def test_a_batch_is_answered_by_a_batch() -> None:
    content = answer("HL7V2", b"BHS|^~\\&|A\r" + GOOD + GOOD + b"BTS|2\r")
    assert [line[:3] for line in content.decode().split("\r")] == ["BHS", "MSH", "MSA", "MSH", "MSA", "BTS", ""]
    assert field(content, "BTS", 1) == ["2"]
    assert content.startswith(b"BHS|^~\\&|PFI|DMP|LOGICIEL|")


def test_the_error_says_which_of_several_documents_it_is_about() -> None:
    first = next(line for line in GOOD.split(b"\r") if line.startswith(b"OBX|1|"))
    content = answer("HL7V2", GOOD.replace(first, first + b"\r" + first), "ok", "BAD_VERSION")
    assert field(content, "ERR", 2) == ["OBX^2^5"]


@pytest.mark.parametrize("codes", [("ok",), ("ALREADY_STORED",)])
def test_a_repeated_delivery_gets_the_same_bytes(codes: tuple[str]) -> None:
    assert answer("HL7V2", GOOD, *codes) == answer("HL7V2", GOOD, "ok")


def test_another_decision_on_the_same_message_is_another_message() -> None:
    ids = {field(answer("HL7V2", GOOD, code), "MSH", 10)[0] for code in ("ok", "CLOSED", "OPPOSED")}
    assert len(ids) == 3


@pytest.mark.parametrize(("asked", "codes"), [("NE", ("ok",)), ("ER", ("ok",)), ("SU", ("CLOSED",))])
def test_a_message_that_asks_for_no_answer_gets_none(asked: str, codes: tuple[str]) -> None:
    assert answered("HL7V2", GOOD.replace(b"|2.5|||||FRA", f"|2.5||||{asked}|FRA".encode()), *codes) is None


def test_an_acknowledgement_is_never_answered() -> None:
    assert answered("HL7V2", answer("HL7V2", GOOD)) is None


def zam(content: bytes) -> Callable[[str, int], list[str]]:
    """Return a reader of the fields of a ZAM."""
    return lambda segment, number: field(content, segment, number)


ASKING = hl7v2(DOCUMENT, cda(DOCUMENT), flags={"ACK_RECEPTION": "Y"})


def test_a_business_acknowledgement_names_the_message_and_says_yes() -> None:
    message = zam(answer("ZAM", ASKING))
    assert message("MSH", 9) == ["ZAM^Z01^ZAM_Z01"]
    assert message("MSH", 12) == ["2.6"]
    assert message("MSH", 21) == ["2.1^CISIS_CDA_HL7_V2"]
    assert message("OBX", 3) == ["ACK_RECEPTION_DMP^Accusé de réception DMP^AckMetierZAM"]
    assert message("OBX", 4) == [DOCUMENT.unique_id[-15:]]
    assert message("OBX", 5) == ["Y^^expandedYes-NoIndicator"]
    assert message("OBX", 11) == ["F"]
    assert message("ERR", 5) == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("CLOSED", "DMPClosed^DMP fermé^DMP_ERROR_CODE"),
        ("OPPOSED", "OPPOSED^La personne s'est opposée à l'ouverture de son espace santé^DMP_ERROR_CODE"),
    ],
)
def test_a_business_acknowledgement_says_no_with_the_code_of_the_record(code: str, told: str) -> None:
    message = zam(answer("ZAM", ASKING, code))
    assert message("OBX", 5) == ["N^^expandedYes-NoIndicator"]
    assert (message("ERR", 3), message("ERR", 5)) == (["207^Application error^messageErrorCondition"], [told])


def test_a_business_acknowledgement_is_valid_hl7() -> None:
    assert read(answer("ZAM", ASKING, "CLOSED")).msh.msh_9.msh_9_2.value == "Z01"


def test_a_business_acknowledgement_comes_only_to_those_who_ask_and_once_all_is_decided() -> None:
    assert answered("ZAM", GOOD) is None
    assert answered("ZAM", ASKING, "AWAITING_ORIGINAL") is None


@pytest.mark.parametrize("form", ["HL7V2", "ZAM"])
def test_no_answer_says_who_the_patient_is(form: str) -> None:
    content = answer(form, ASKING.replace(b"||19820314|", b"||19830314|"))
    words = (PATIENT.matricule, PATIENT.birth_name, *PATIENT.first_names.split(), "1983")
    assert [word for word in words if word in content.decode()] == []
