"""Documents in HL7 v2: ORU^R01 and MDM^T02, T10, T04 with the CDA in OBX-5, and the flags that say who may see it.

Source: CI-SIS, volet "Transmission de documents CDA en HL7v2", 2.1.2; consent to feeding from PAM France, segment ZFA.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pipelines.documents.body import decode_base64
from pipelines.documents.cda import read_cda
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError, refused
from pipelines.documents.hl7v2_message import Message, Segment, split_messages
from pipelines.documents.ins import Ins, choose_ins, compared
from pipelines.documents.limits import DOCUMENTS_A_LOT, ENVELOPE_BYTES, require_few, require_size
from pipelines.documents.timestamps import birth_date
from pipelines.documents.visibility import HIDDEN_FROM_PATIENT, HIDDEN_FROM_PROFESSIONALS, HIDDEN_FROM_REPRESENTATIVES, hide

# Event: what ORC-1 and OBX-11 must then say; an ORU says it by ORC-1 alone.
_MEANT = {"MDM^T02": ("NW", "F"), "MDM^T10": ("RO", "C"), "MDM^T04": ("CA", "D")}
_BY_ORDER = dict(_MEANT.values())
_EVENTS = {"ORU^R01", *_MEANT}
# How HL7 v2, whose codes have 20 characters at most, spells the confidentiality codes.
_HIDING = {
    "MASQUE_PS": HIDDEN_FROM_PROFESSIONALS,
    "INVISIBLE_PATIENT": HIDDEN_FROM_PATIENT,
    "INVISIBLE_REP_LEGAUX": HIDDEN_FROM_REPRESENTATIVES,
}
_OTHER_FLAGS = {
    "CONNEXION_SECRETE",
    "MODIF_CONF_CODE",
    "DESTDMP",
    "DESTMSSANTEPS",
    "DESTMSSANTEPAT",
    "ACK_RECEPTION",
    "ACK_LECTURE_MSS",
}
_FEEDING = {"INO": "allowed", "IO": "opposed", "NA": "not asked"}
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_ESCAPED_BREAKS = re.compile(r"\\(?:\.br|X0D|X0A|X0D0A)\\", re.IGNORECASE)


def read_hl7v2(data: bytes) -> Iterator[IncomingDocument]:
    """Give each document of each message of a file; a message without one gives its reason.

    Raises: RefusedDocumentError where the file is no series of messages.
    """
    require_size(data, ENVELOPE_BYTES, "the file of messages")
    for message in split_messages(data):
        try:
            yield from _documents(message)
        except RefusedDocumentError as error:
            yield refused(DocumentFormat.HL7V2, error.fault)


def _documents(message: Message) -> Iterator[IncomingDocument]:
    event = message.event
    if event not in _EVENTS:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, f"{event}{_consent(message)}")
    carriers = list(_carriers(message))
    if not carriers:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, f"{event} without an OBX that carries a document")
    require_few(len(carriers), DOCUMENTS_A_LOT, "documents in a message")
    flags = _flags(message)
    hiding = [code for name, code in _HIDING.items() if flags.get(name) == "Y"]
    common = [*_patient_faults(message), *_flag_faults(flags)]
    for order, observation in carriers:
        try:
            document = _carried(observation)
        except RefusedDocumentError as error:
            yield refused(DocumentFormat.HL7V2, error.fault)
            continue
        faults = [
            *document.faults,
            *common,
            *_identity_faults(message, document),
            *_consistency_faults(message, order, observation, document),
        ]
        notes = [*document.notes, *(["the message deletes this document"] if observation.component(11) == "D" else [])]
        yield hide(replace(document, faults=tuple(faults), notes=tuple(notes)), hiding)


def _consent(message: Message) -> str:
    """Return what an admission says of the consent to feeding (ZFA-9), in words."""
    said = next((segment.component(9) for segment in message.named("ZFA")), None)
    return "" if said is None else f": feeding {_FEEDING.get(said, 'not told')}"


def _carriers(message: Message) -> Iterator[tuple[Segment | None, Segment]]:
    """Give each OBX that carries a document, with the ORC it stands under."""
    order = None
    for segment in message.segments:
        if segment.name == "ORC":
            order = segment
        elif segment.name == "OBX" and segment.component(2) == "ED" and _subtype(segment):
            yield order, segment


def _subtype(observation: Segment) -> str:
    """Return what kind of file OBX-5 carries (XML); the text of a mail that goes with a document has none."""
    return next(iter(observation.field(5).split("^", 3)[2:3]), "").strip()


def _carried(observation: Segment) -> IncomingDocument:
    """Read the CDA of OBX-5 (`^TEXT^XML^Base64^...`). Raises: RefusedDocumentError."""
    number = observation.component(1)
    where = f"OBX {number}" if _NUMBER.fullmatch(number) else "an OBX"
    parts = observation.field(5).split("^")
    if len(parts) < 5 or parts[3].upper() != "BASE64" or parts[2].upper() != "XML":
        raise RefusedDocumentError(Reason.BAD_FORMAT, f"{where} carries no CDA in Base64")
    data = decode_base64(_ESCAPED_BREAKS.sub("", parts[4]), where)
    return read_cda(data, DocumentFormat.HL7V2, f"{where}, its CDA")


def _patient_faults(message: Message) -> Iterator[Fault]:
    patients = message.named("PID")
    if len(patients) != 1:
        reason = Reason.MANY_PATIENTS if patients else Reason.INS_MISSING
        yield Fault(reason, f"the message has {len(patients)} PID")
    status = {parts[0] for patient in patients for parts in patient.repetitions(32)}
    if status and "VALI" not in status:
        yield Fault(Reason.INS_NOT_QUALIFIED, "PID-32 does not say that the identity is qualified (VALI)")


def _identity_faults(message: Message, document: IncomingDocument) -> Iterator[Fault]:
    """Say where the patient of the message is not the patient of the document."""
    for patient in message.named("PID"):
        ins, faults = choose_ins((_authority(parts), parts[0]) for parts in patient.repetitions(3))
        yield from faults
        if document.matricule and ins != Ins(document.matricule, document.matricule_authority or ""):
            yield Fault(Reason.INS_MISMATCH, "PID-3 is not the INS of the document")
        names = [parts[0] for parts in patient.repetitions(5) if len(parts) > 6 and parts[6] == "L"]
        traits = document.traits
        if names and traits.birth_name and compared(traits.birth_name) not in map(compared, names):
            yield Fault(Reason.INS_MISMATCH, "PID-5 is not the birth name of the document")
        if patient.component(8) in ("M", "F") and traits.sex and patient.component(8) != traits.sex:
            yield Fault(Reason.INS_MISMATCH, "PID-8 is not the sex of the document")
        yield from _birth_faults(patient.component(7), traits.birth_date)


def _birth_faults(born: str, told: str | None) -> Iterator[Fault]:
    if not born or not told:
        return
    try:
        if birth_date(born, "PID-7") != told:
            yield Fault(Reason.INS_MISMATCH, "PID-7 is not the birth date of the document")
    except RefusedDocumentError as error:
        yield error.fault


def _authority(parts: list[str]) -> str | None:
    """Return the OID of a CX's assigning authority (`name&OID&ISO`)."""
    authority = parts[3].split("&") if len(parts) > 3 else []
    return authority[1] if len(authority) > 1 else None


def _flags(message: Message) -> dict[str, str]:
    found = {}
    for observation in message.named("OBX"):
        name = observation.component(3)
        if name in _HIDING or name in _OTHER_FLAGS:
            found[name] = observation.component(5)
    return found


def _flag_faults(flags: dict[str, str]) -> Iterator[Fault]:
    if any(value not in ("Y", "N") for value in flags.values()):
        yield Fault(Reason.BAD_VISIBILITY, "a flag of visibility or routing is neither Y nor N")
    if flags.get("INVISIBLE_PATIENT") == flags.get("DESTMSSANTEPAT") == "Y":
        yield Fault(Reason.BAD_VISIBILITY, "INVISIBLE_PATIENT and DESTMSSANTEPAT exclude each other")


def _consistency_faults(message: Message, order: Segment | None, observation: Segment, document: IncomingDocument) -> Iterator[Fault]:
    """Say where the event, ORC-1, OBX-11, TXA-12 and TXA-13 do not tell the same story."""
    status, wanted = observation.component(11), order.component(1) if order else ""
    meant = _MEANT.get(message.event, (wanted, _BY_ORDER.get(wanted, "")))
    if wanted and (wanted, status) != meant:
        yield Fault(Reason.METADATA_MISMATCH, "the event, ORC-1 and OBX-11 do not agree")
    for notification in message.named("TXA"):
        if not _names(notification.component(12), document.unique_id):
            yield Fault(Reason.METADATA_MISMATCH, "TXA-12 is not the id of the document")
        parent = notification.component(13)
        if parent and not _names(parent, document.replaces):
            yield Fault(Reason.METADATA_MISMATCH, "TXA-13 is not the id of the document that this one replaces")


def _names(text: str, identifier: str | None) -> bool:
    """Say whether an entity identifier of HL7 v2 names a document: by its whole id, or by the root alone."""
    return identifier is not None and text in (identifier, identifier.partition("^")[0])
