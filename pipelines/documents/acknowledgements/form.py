"""The forms of an answer: read with each declaration of a feed, hence apart from what makes the answers."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """How a feed is answered. Only a table can answer a batch of several files (`acknowledge_csv`)."""

    HL7V2 = "HL7V2"
    ZAM = "ZAM"
    XDS = "XDS"
    FHIR = "FHIR"
    MAIL = "MAIL"
    CSV = "CSV"
