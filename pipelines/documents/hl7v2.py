"""Documents in HL7 v2: ORU^R01 and MDM^T02, T10, T04 with the CDA in OBX-5, and the flags that say who may see it.

Source: CI-SIS, volet "Transmission de documents CDA en HL7v2", 2.1.2; consent to feeding from PAM France, segment ZFA.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pipelines.documents.body import decode_base64
from pipelines.documents.cda import read_cda
from pipelines.documents.document import Action, DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError, refused
from pipelines.documents.hl7v2_message import Message, Segment, read_message, split_messages
from pipelines.documents.hl7v2_patient import identity_faults, patient_faults, read_patient
from pipelines.documents.ins import judge_ins
from pipelines.documents.limits import DOCUMENTS_A_LOT, ENVELOPE_BYTES, require_few, require_size
from pipelines.documents.software import software_named
from pipelines.documents.timestamps import hl7_time, is_minor
from pipelines.documents.visibility import HIDDEN_FROM_PATIENT, HIDDEN_FROM_PROFESSIONALS, HIDDEN_FROM_REPRESENTATIVES, hide

# Event: what OBX-11, and ORC-1 where there is one, must then say; an ORU says it by ORC-1 alone.
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
# How versions of the volet before 2.0 spelt the flags.
_FORMER_NAMES = {
    "INVISIBLE_REPRESENTANTS_LEGAUX": "INVISIBLE_REP_LEGAUX",
    "INVISIBLE_REPRENSANTS_LEGAUX": "INVISIBLE_REP_LEGAUX",
    "MODIF_CONFIDENTIALITYCODE": "MODIF_CONF_CODE",
}
_PLACES = {"DESTDMP": "DMP", "DESTMSSANTEPS": "PROFESSIONALS", "DESTMSSANTEPAT": "PATIENT"}
_FEEDING = {"INO": "allowed", "IO": "opposed", "NA": "not asked"}
_CONSENTS = {"INO": True, "IO": False}
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_ESCAPED_BREAKS = re.compile(r"\\(?:\.br|X0D|X0A|X0D0A)\\", re.IGNORECASE)


def read_hl7v2(data: bytes) -> Iterator[IncomingDocument]:
    """Give each document of each message of a file; a message without one gives its reason.

    Raises: RefusedDocumentError where the file is no series of messages.
    """
    require_size(data, ENVELOPE_BYTES, "the file of messages")
    for lot, lines in enumerate(split_messages(data)):
        try:
            for document in _documents(read_message(lines)):
                yield replace(document, lot=lot)
        except RefusedDocumentError as error:
            yield replace(refused(DocumentFormat.HL7V2, error.fault), lot=lot)


def _documents(message: Message) -> Iterator[IncomingDocument]:
    event = message.event
    if event not in _EVENTS:
        yield _without_document(message)
        return
    carrying = list(carriers(message))
    if not carrying:
        raise RefusedDocumentError(Reason.NO_DOCUMENT, f"{event} without an OBX that carries a document")
    require_few(len(carrying), DOCUMENTS_A_LOT, "documents in a message")
    flags = flags_of(message)
    hiding = [code for name, code in _HIDING.items() if flags.get(name) == "Y"]
    common = [*patient_faults(message), *_flag_faults(flags)]
    for order, observation in carrying:
        try:
            document = _carried(observation)
        except RefusedDocumentError as error:
            yield refused(DocumentFormat.HL7V2, error.fault)
            continue
        faults = [
            *document.faults,
            *common,
            *identity_faults(message, document),
            *_secret_faults(message, flags, document),
            *_consistency_faults(message, order, observation, document),
        ]
        action = _action(observation, flags)
        notes = [*document.notes, *(["the message deletes this document"] if action is Action.DELETE else [])]
        asked = replace(
            document,
            faults=tuple(faults),
            notes=tuple(notes),
            action=action,
            destinations=_destinations(flags),
            software=_software(message),
        )
        yield hide(asked, hiding)


def _action(observation: Segment, flags: dict[str, str]) -> Action:
    if observation.component(11) == "D":
        return Action.DELETE
    return Action.CHANGE_VISIBILITY if flags.get("MODIF_CONF_CODE") == "Y" else Action.ADD


def _software(message: Message) -> str | None:
    """Return what the sending program calls itself: SFT-3 with its version (SFT-2), else MSH-3."""
    for segment in message.named("SFT"):
        return software_named(segment.component(3), segment.component(2))
    return software_named(message.header.component(3))


def _destinations(flags: dict[str, str]) -> frozenset[str] | None:
    """Return where a document is to go; None where the message does not say whether into the record."""
    if "DESTDMP" not in flags:
        return None
    return frozenset(place for name, place in _PLACES.items() if flags.get(name) == "Y")


def _without_document(message: Message) -> IncomingDocument:
    """Return what a message without a document is told as: of an admission, whose it is and what it says of feeding (ZFA-9)."""
    said = next((segment.component(9) for segment in message.named("ZFA")), None)
    told = message.event if said is None else f"{message.event}: feeding {_FEEDING.get(said, 'not told')}"
    patients = message.named("PID")
    if said not in _CONSENTS or len(patients) != 1:
        return refused(DocumentFormat.HL7V2, Fault(Reason.NO_DOCUMENT, told))
    ins, traits, faults = read_patient(patients[0])
    missing, notes = judge_ins(ins, traits, "PID")
    return IncomingDocument(
        format=DocumentFormat.HL7V2,
        matricule=ins.matricule if ins else None,
        matricule_authority=ins.authority if ins else None,
        traits=traits,
        created=_said_at(message),
        action=Action.CONSENT,
        feeding=_CONSENTS[said],
        faults=(*faults, *missing, *patient_faults(message)),
        notes=(told, *notes),
    )


def _said_at(message: Message) -> str:
    """Return when an event was told: EVN-2, else MSH-7. Raises: RefusedDocumentError (BAD_DATE)."""
    told = next((segment.component(2) for segment in message.named("EVN")), "")
    return hl7_time(told or message.header.component(7), "the time of the admission")


def carriers(message: Message) -> Iterator[tuple[Segment | None, Segment]]:
    """Give each OBX that carries a document, with the ORC it stands under."""
    order = None
    for segment in message.segments:
        if segment.name == "ORC":
            order = segment
        elif segment.name == "OBX" and segment.component(2) == "ED" and _carries(segment):
            yield order, segment


def _carries(observation: Segment) -> bool:
    """Say whether OBX-5 carries a file: one that says of which kind (XML), or a text without parts; that of a mail says no kind."""
    parts = observation.field(5).split("^", 3)
    return bool(parts[0].strip() if len(parts) == 1 else "".join(parts[2:3]).strip())


def _carried(observation: Segment) -> IncomingDocument:
    """Read the CDA of OBX-5 (`^TEXT^XML^Base64^...`). Raises: RefusedDocumentError."""
    number = observation.component(1)
    where = f"OBX {number}" if _NUMBER.fullmatch(number) else "an OBX"
    parts = observation.field(5).split("^")
    if len(parts) < 5 or parts[3].upper() != "BASE64" or parts[2].upper() != "XML":
        raise RefusedDocumentError(Reason.BAD_FORMAT, f"{where} carries no CDA in Base64")
    packed = _ESCAPED_BREAKS.sub("", parts[4]) if "\\" in parts[4] else parts[4]
    data = decode_base64(packed, where)
    return read_cda(data, DocumentFormat.HL7V2, f"{where}, its CDA")


def flags_of(message: Message) -> dict[str, str]:
    """Return what the flags of visibility, routing and acknowledgement of a message say, by name."""
    found = {}
    for observation in message.named("OBX"):
        told = observation.component(3)
        name = _FORMER_NAMES.get(told, told)
        if name in _HIDING or name in _OTHER_FLAGS:
            found[name] = observation.component(5)
    return found


def _flag_faults(flags: dict[str, str]) -> Iterator[Fault]:
    if any(value not in ("Y", "N") for value in flags.values()):
        yield Fault(Reason.BAD_VISIBILITY, "a flag of visibility or routing is neither Y nor N")
    if flags.get("INVISIBLE_PATIENT") == flags.get("DESTMSSANTEPAT") == "Y":
        yield Fault(Reason.BAD_VISIBILITY, "INVISIBLE_PATIENT and DESTMSSANTEPAT exclude each other")


def _secret_faults(message: Message, flags: dict[str, str], document: IncomingDocument) -> Iterator[Fault]:
    """Refuse what a minor under secret connection would show to the legal representatives (DMP, EX_2.1-1050)."""
    if flags.get("CONNEXION_SECRETE") != "Y" or flags.get("INVISIBLE_REP_LEGAUX") == "Y":
        return
    try:
        day = hl7_time(message.header.component(7), "MSH-7")[:10]
    except RefusedDocumentError as error:
        yield error.fault
        return
    if document.traits.birth_date and is_minor(document.traits.birth_date, day):
        yield Fault(Reason.BAD_VISIBILITY, "CONNEXION_SECRETE of a minor without INVISIBLE_REP_LEGAUX")


def _consistency_faults(message: Message, order: Segment | None, observation: Segment, document: IncomingDocument) -> Iterator[Fault]:
    """Say where the event, ORC-1, OBX-11, TXA-12 and TXA-13 do not tell the same story."""
    status = observation.component(11)
    if not _agree(message.event, order.component(1) if order else "", status):
        yield Fault(Reason.METADATA_MISMATCH, "the event, ORC-1 and OBX-11 do not agree")
    if observation.component(3) not in ("", document.type_code):
        yield Fault(Reason.METADATA_MISMATCH, "OBX-3 is not the type of the document")
    if status == "C" and document.replaces is None:
        yield Fault(Reason.METADATA_MISMATCH, "OBX-11 replaces a document, and the document replaces none")
    for notification in message.named("TXA"):
        if not _names(notification, 12, document.unique_id):
            yield Fault(Reason.METADATA_MISMATCH, "TXA-12 is not the id of the document")
        if notification.component(13) and not _names(notification, 13, document.replaces):
            yield Fault(Reason.METADATA_MISMATCH, "TXA-13 is not the id of the document that this one replaces")


def _agree(event: str, order: str, status: str) -> bool:
    """Say whether ORC-1 and OBX-11 mean the same; without an ORC, only an event can say that a document is replaced or deleted."""
    if event in _MEANT:
        ordered, stated = _MEANT[event]
        return status == stated and order in ("", ordered)
    return status == _BY_ORDER.get(order) if order else status not in ("C", "D")


def _names(notification: Segment, number: int, identifier: str | None) -> bool:
    """Say whether an entity identifier names a document: `root`, or `extension^^root^ISO`; the examples also write `root.extension`."""
    entity, namespace, authority = (notification.component(number, place) for place in (1, 2, 3))
    written = {entity, f"{authority}^{entity}", f"{entity}^{namespace}"}
    return identifier is not None and (identifier in written or identifier.replace("^", ".") == entity)
