"""Answers in HL7 v2: ACK for each message, and the French business acknowledgement ZAM^Z01 for those that ask for one.

Both are written in the sender's encoding and with its separators; segments end with CR, as the standard has it.
Sources: HL7 v2.5 chapter 2 (MSA, ERR, batches); CI-SIS, volet "Transmission de documents CDA en HL7v2", 2.1.2.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from pipelines.documents.acknowledgements.outcome import Acknowledgement, Answer, Answerer, Outcome, Reception, first_refusal, refusals
from pipelines.documents.document import RefusedDocumentError
from pipelines.documents.hl7v2 import carriers, flags_of
from pipelines.documents.hl7v2_message import charset_of, is_batch, read_message, split_messages

MEDIA_TYPE = "application/hl7-v2"
_PARIS = ZoneInfo("Europe/Paris")
# Four different marks, or five since HL7 v2.7.
_MARKS = re.compile(rb"(?:([!-/:-@\[-`{-~])(?!.*\1)){4,5}")
_EVENT = re.compile(rb"[A-Z0-9]{1,4}")
_REJECTED = ("200", "201", "202", "203")
_CONDITIONS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "200": "Unsupported message type",
    "207": "Application error",
}
_PROFILE = b"2.1^CISIS_CDA_HL7_V2"
# The volet names the tables 0357 and 0533 by their symbolic names.
_CONDITION, _APPLICATION, _DMP = "messageErrorCondition", "applicationErrorCondition", "DMP_ERROR_CODE"


class _Writer:
    """Writes an answer to one message: its separators, its encoding, and the fields of its MSH by their number."""

    def __init__(self, header: bytes, reception: Reception, answerer: Answerer) -> None:
        self.separator = header[3:4] or b"|"
        self.fields = [b"", self.separator, *header.split(self.separator)[1:]]
        self.encoding_characters = self.field(2) if _MARKS.fullmatch(self.field(2)) else b"^~\\&"
        self.charset = charset_of(self.field(18)) or "utf-8"
        self.date = reception.decided_at.astimezone(_PARIS).strftime("%Y%m%d%H%M%S%z")
        self.answerer = answerer

    def field(self, number: int) -> bytes:
        """Return a field of the MSH as it was received."""
        return self.fields[number] if number < len(self.fields) else b""

    def component(self, number: int, place: int) -> bytes:
        """Return a component of a field of the MSH that is letters and digits only, empty otherwise."""
        parts = self.field(number).split(self.encoding_characters[:1])
        part = parts[place - 1] if place <= len(parts) else b""
        return part if _EVENT.fullmatch(part) else b""

    def text(self, text: str) -> bytes:
        """Return a text in the sender's encoding, its separators escaped."""
        marks = {self.separator: "F"} | dict(zip(_each(self.encoding_characters), "SRET", strict=False))
        escape = self.encoding_characters[2:3].decode("latin-1") or "\\"
        escapes = {mark.decode("latin-1"): f"{escape}{letter}{escape}" for mark, letter in marks.items() if mark.strip()}
        return self.encoded("".join(escapes.get(letter, letter) for letter in " ".join(text.split())))

    def encoded(self, text: str) -> bytes:
        """Return a text in the sender's encoding; a letter that it has not loses its accent."""
        try:
            return text.encode(self.charset)
        except UnicodeEncodeError:
            return unicodedata.normalize("NFKD", text).encode(self.charset, "ignore")

    def coded(self, code: str, text: str, system: str) -> bytes:
        """Return a coded element."""
        return self.encoding_characters[:1].join([code.encode(), self.text(text), system.encode()])

    def segment(self, *fields: bytes) -> bytes:
        """Return a segment."""
        return self.separator.join(fields).rstrip(self.separator) + b"\r"

    def header(self, kind: bytes, control_id: bytes, version: bytes, profile: bytes = b"") -> bytes:
        """Return the MSH of an answer: the parties change places; what the sender declares of processing and encoding is kept."""
        us = [self.field(5) or self.text(self.answerer.application), self.field(6) or self.text(self.answerer.facility)]
        them = [self.field(3), self.field(4)]
        declared = self.field(18) if charset_of(self.field(18)) else b"UNICODE UTF-8"
        country = self.field(17) or b"FRA"
        begins = [b"MSH", self.encoding_characters, *us, *them, self.date.encode(), b"", kind, control_id, self.field(11) or b"P", version]
        return self.segment(*begins, b"", b"", b"", b"", country, declared, b"", b"", profile)


def acknowledge_hl7v2(reception: Reception, outcomes: Sequence[Outcome], answerer: Answerer) -> Acknowledgement | None:
    """Return the ACK of each message of a file, in a batch where they came in one; None where none is to be answered.

    MSA-1 is AA where every document is accepted or waits, AR where the message itself is rejected, AE otherwise; each refused document
    has its ERR. An ACK is never answered, nor is a message whose MSH-16 asks for no answer.
    """
    answers = []
    for lines, decided in _answered(reception, outcomes):
        writer = _Writer(lines[0], reception, answerer)
        if _wanted(writer, decided):
            answers.append(_ack(writer, lines, decided))
    return _file(reception, answers, "ack", answerer)


def wants_no_ack(reception: Reception, outcomes: Sequence[Outcome], answerer: Answerer) -> bool:
    """Say whether a file is messages none of which may be answered."""
    wanted = [_wanted(_Writer(lines[0], reception, answerer), decided) for lines, decided in _answered(reception, outcomes)]
    return bool(wanted) and not any(wanted)


def acknowledge_zam(reception: Reception, outcomes: Sequence[Outcome], answerer: Answerer) -> Acknowledgement | None:
    """Return the ZAM^Z01 of each message that asks for one (OBX ACK_RECEPTION = Y) and on which all is decided; None where there is none.

    A document that waits is not told yet: call again once it is settled.
    """
    answers = []
    for lines, decided in _answered(reception, outcomes):
        if any(outcome.answer is Answer.WAITING for outcome in decided):
            continue
        try:
            asked = flags_of(read_message(lines)).get("ACK_RECEPTION") == "Y"
        except RefusedDocumentError:
            asked = False
        if asked:
            answers.append(_zam(_Writer(lines[0], reception, answerer), lines, decided))
    return _file(reception, answers, "zam", answerer)


def _answered(reception: Reception, outcomes: Sequence[Outcome]) -> Iterable[tuple[list[bytes], list[Outcome]]]:
    """Give each message of a file with the outcomes of its documents; a file refused whole gives its one outcome to each."""
    by_lot: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_lot.setdefault(outcome.lot, []).append(outcome)
    whole = list(outcomes) if len(outcomes) == 1 else []
    for lot, lines in enumerate(_messages(reception.content)):
        if decided := by_lot.get(lot, whole):
            yield lines, decided


def _messages(content: bytes) -> Iterable[list[bytes]]:
    try:
        yield from split_messages(content)
    except RefusedDocumentError:
        return


def _wanted(writer: _Writer, decided: Sequence[Outcome]) -> bool:
    refused = bool(refusals(decided))
    asked = {b"NE": False, b"ER": refused, b"SU": not refused}.get(writer.field(16), True)
    return asked and writer.component(9, 1) != b"ACK"


def _ack(writer: _Writer, lines: list[bytes], decided: Sequence[Outcome]) -> bytes:
    refused = refusals(decided)
    rejected = any(outcome.told.condition in _REJECTED for outcome in refused)
    status = b"AA" if not refused else b"AR" if rejected else b"AE"
    component = writer.encoding_characters[:1]
    kind = component.join(part for part in (b"ACK", writer.component(9, 2), b"ACK") if part)
    control_id = _control_id(b"ACK", lines, status, decided)
    places = _places(lines) if len(decided) > 1 else []
    errors = [_error(writer, outcome, places[number] if number < len(places) else None) for number, outcome in _numbered(decided)]
    return b"".join(
        [writer.header(kind, control_id, writer.field(12)), writer.segment(b"MSA", status, writer.field(10)), *errors],
    )


def _numbered(decided: Sequence[Outcome]) -> Iterable[tuple[int, Outcome]]:
    """Give what is refused, with its place among the documents of the message."""
    return ((number, outcome) for number, outcome in enumerate(decided) if outcome.answer is Answer.REFUSED)


def _places(lines: list[bytes]) -> list[int]:
    """Return which OBX of a message, counted from 1, carry its documents."""
    try:
        message = read_message(lines)
        observations = [id(segment) for segment in message.named("OBX")]
        return [observations.index(id(segment)) + 1 for _, segment in carriers(message)]
    except RefusedDocumentError:
        return []


def _error(writer: _Writer, outcome: Outcome, place: int | None) -> bytes:
    """Return the ERR of one refused document: the condition, our code, where it is wrong, and what to do."""
    told, component = outcome.told, writer.encoding_characters[:1]
    location = component.join([b"OBX", str(place).encode(), b"5"]) if place else b""
    condition = writer.coded(told.condition, _CONDITIONS[told.condition], _CONDITION)
    code = writer.coded(told.hl7, f"{told.text} ({outcome.code})", _APPLICATION)
    return writer.segment(b"ERR", b"", location, condition, b"E", code, b"", writer.text(outcome.detail), writer.text(told.action))


def _zam(writer: _Writer, lines: list[bytes], decided: Sequence[Outcome]) -> bytes:
    refused = refusals(decided)
    component = writer.encoding_characters[:1]
    result = component.join([b"N" if refused else b"Y", b"", b"expandedYes-NoIndicator"])
    control_id = _control_id(b"ZAM", lines, result, decided)
    observation = writer.coded("ACK_RECEPTION_DMP", "Accusé de réception DMP", "AckMetierZAM")
    segments = [
        writer.header(component.join([b"ZAM", b"Z01", b"ZAM_Z01"]), control_id, b"2.6", _PROFILE.replace(b"^", component)),
        writer.segment(b"EVN", b"", writer.date.encode()),
        writer.segment(b"OBX", b"1", b"CWE", observation, writer.field(10), result, b"", b"", b"", b"", b"", b"F"),
    ]
    if refused:
        outcome = first_refusal(decided)
        code, _, label = (outcome.told.dmp or f"{outcome.code}^{outcome.told.text}").partition("^")
        condition = writer.coded("207", _CONDITIONS["207"], _CONDITION)
        segments.append(writer.segment(b"ERR", b"", b"", condition, b"E", writer.coded(code, label, _DMP)))
    return b"".join(segments)


def _control_id(kind: bytes, lines: list[bytes], status: bytes, decided: Sequence[Outcome]) -> bytes:
    """Return an identifier of 20 characters that is the same for the same answer to the same message, and for no other."""
    digest = hashlib.sha256(b"\0".join([kind, *lines, status, *(outcome.code.encode() for outcome in refusals(decided))]))
    return digest.hexdigest()[:20].upper().encode()


def _each(characters: bytes) -> list[bytes]:
    return [characters[place : place + 1] for place in range(len(characters))]


def _file(reception: Reception, answers: Sequence[bytes], kind: str, answerer: Answerer) -> Acknowledgement | None:
    """Return the answers as one file, within the segments of a batch where the messages came in one."""
    if not answers:
        return None
    content = b"".join(answers)
    if is_batch(reception.content):
        head = _Writer(answers[0].partition(b"\r")[0], reception, answerer)
        parties = [head.field(number) for number in (3, 4, 5, 6)]
        reference = hashlib.sha256(content).hexdigest()[:20].upper().encode()
        begins = head.segment(b"BHS", head.encoding_characters, *parties, head.date.encode(), b"", b"", b"", reference)
        content = begins + content + head.segment(b"BTS", str(len(answers)).encode())
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Acknowledgement(f"{kind}-{digest}.hl7", MEDIA_TYPE, content)
