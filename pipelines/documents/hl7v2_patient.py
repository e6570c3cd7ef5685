"""Whose a message of HL7 v2 is: PID, and whether it is the patient of the document that the message carries.

Sources: CI-SIS, volet "Transmission de documents CDA en HL7v2"; PAM France (PID-5, PID-11, PID-32).
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.documents.document import Fault, IncomingDocument, Reason, RefusedDocumentError, Traits
from pipelines.documents.hl7v2_message import Message, Segment
from pipelines.documents.ins import Ins, birthplace_of, choose_ins, compared
from pipelines.documents.timestamps import birth_date

_SEXES = {"M": "M", "F": "F", "U": "U", "A": "U", "O": "U"}


def read_patient(patient: Segment) -> tuple[Ins | None, Traits, list[Fault]]:
    """Return the INS and the traits of a PID, and what is wrong with them.

    Of a name of type L, component 2 is the first first name and 3 all of them; the address of type BDL holds the code of the birthplace.
    """
    ins, faults = choose_ins((_authority(parts), parts[0]) for parts in patient.repetitions(3))
    name = next((parts for parts in patient.repetitions(5) if _at(parts, 7) == "L"), [])
    places = (birthplace_of(_at(parts, 9)) for parts in patient.repetitions(11) if _at(parts, 7) == "BDL")
    born = None
    try:
        born = birth_date(patient.component(7), "PID-7") if patient.component(7) else None
    except RefusedDocumentError as error:
        faults.append(error.fault)
    traits = Traits(
        birth_name=_at(name, 1) or None,
        first_names=_at(name, 3) or _at(name, 2) or None,
        sex=_SEXES.get(patient.component(8)),
        birth_date=born,
        birthplace=next((code for code in places if code), None),
    )
    return ins, traits, faults


def _at(parts: list[str], place: int) -> str:
    return parts[place - 1].strip() if place <= len(parts) else ""


def patient_faults(message: Message) -> Iterator[Fault]:
    """Say where a message is not of one patient, or of one whose identity is not qualified."""
    patients = message.named("PID")
    if len(patients) != 1:
        reason = Reason.MANY_PATIENTS if patients else Reason.INS_MISSING
        yield Fault(reason, f"the message has {len(patients)} PID")
    status = {parts[0] for patient in patients for parts in patient.repetitions(32)}
    if status and "VALI" not in status:
        yield Fault(Reason.INS_NOT_QUALIFIED, "PID-32 does not say that the identity is qualified (VALI)")


def identity_faults(message: Message, document: IncomingDocument) -> Iterator[Fault]:
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
