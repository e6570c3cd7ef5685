"""Who may see a document: its own confidentiality code, and those of its envelope that hide it (JDV_J08).

Source: DMP rules, parameter `cumul-invisible_patient-masque_ps`: a document is not hidden from its patient and from professionals at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipelines.documents.document import Fault, IncomingDocument, Reason

HIDDEN_FROM_PROFESSIONALS, HIDDEN_FROM_PATIENT = "MASQUE_PS", "INVISIBLE_PATIENT"
HIDDEN_FROM_REPRESENTATIVES = "INVISIBLE_REPRESENTANTS_LEGAUX"


LEVELS = ("N", "R", "V")
_KNOWN = {*LEVELS, HIDDEN_FROM_PROFESSIONALS, HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES}


def hide(document: IncomingDocument, codes: Iterable[str]) -> IncomingDocument:
    """Return a document with the codes of its envelope added; BAD_VISIBILITY where one is unknown, or where they exclude each other."""
    hiding = tuple(codes)
    confidentiality = tuple(dict.fromkeys((*document.confidentiality, *hiding)))
    faults = [*document.faults]
    if not _KNOWN.issuperset(hiding):
        faults.append(Fault(Reason.BAD_VISIBILITY, "the envelope has a confidentiality code that JDV_J08 has not"))
    if {HIDDEN_FROM_PROFESSIONALS, HIDDEN_FROM_PATIENT} <= set(confidentiality):
        faults.append(Fault(Reason.BAD_VISIBILITY, f"{HIDDEN_FROM_PROFESSIONALS} and {HIDDEN_FROM_PATIENT} exclude each other"))
    return replace(document, confidentiality=confidentiality, faults=tuple(faults))
