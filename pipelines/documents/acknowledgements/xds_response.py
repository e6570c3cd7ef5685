"""The answer to a submission set in the words of XDS: `rs:RegistryResponse` (ebRS 3.0), as ITI-41 gives it.

Sources: IHE ITI TF-3, 4.2.4 (statuses, error codes); OASIS ebRS 3.0, chapter 2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lxml import etree

from pipelines.documents.acknowledgements.outcome import Acknowledgement, Answer, Outcome, Reception
from pipelines.documents.safe_xml import Element

MEDIA_TYPE = "application/xml"
_RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
_STATUSES = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:"
_PARTIAL = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
_SEVERITIES = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:"
_TOLD = {Answer.REFUSED: "Error", Answer.WAITING: "Warning"}


def acknowledge_xds(reception: Reception, outcomes: Sequence[Outcome]) -> Acknowledgement:
    """Return the RegistryResponse: an error for each refused document, a warning for each that waits; `location` is the unique id."""
    root = etree.Element(f"{{{_RS}}}RegistryResponse", nsmap={"rs": _RS}, status=_status(outcomes))
    told = [outcome for outcome in outcomes if outcome.answer in _TOLD]
    if told:
        worst = "Error" if any(outcome.answer is Answer.REFUSED for outcome in told) else "Warning"
        errors = etree.SubElement(root, f"{{{_RS}}}RegistryErrorList", highestSeverity=_SEVERITIES + worst)
        for outcome in told:
            _error(errors, outcome)
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    digest = hashlib.sha256(reception.content + content).hexdigest()[:16]
    return Acknowledgement(f"registry-response-{digest}.xml", MEDIA_TYPE, content)


def _status(outcomes: Sequence[Outcome]) -> str:
    refused = sum(outcome.answer is Answer.REFUSED for outcome in outcomes)
    if refused == 0:
        return f"{_STATUSES}Success"
    return _PARTIAL if refused < len(outcomes) else f"{_STATUSES}Failure"


def _error(errors: Element, outcome: Outcome) -> None:
    told = outcome.told
    context = ". ".join(part for part in (f"{outcome.code}: {told.text}", told.action, outcome.detail) if part)
    error = etree.SubElement(
        errors,
        f"{{{_RS}}}RegistryError",
        codeContext=context,
        errorCode=told.xds,
        severity=_SEVERITIES + _TOLD[outcome.answer],
    )
    if outcome.unique_id:
        error.set("location", outcome.unique_id)
