"""The answer to a FHIR submission: a transaction-response Bundle where a bundle is taken, else an OperationOutcome.

JSON is answered in JSON, XML in XML. A refused submission is an OperationOutcome, which a server would send with the status 422.
Sources: FHIR R4, http.html#transaction-response and OperationOutcome; ANS, PDSm 3.1 (entries answered in their order).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from pipelines.documents.acknowledgements.outcome import Acknowledgement, Answer, Outcome, Reception, refusals
from pipelines.documents.document import RefusedDocumentError
from pipelines.documents.fhir_resource import NAMESPACE, Resource, first, from_json, from_xml, nodes
from pipelines.documents.safe_xml import Element, parse_xml

_SEVERITIES = {Answer.ACCEPTED: "information", Answer.WAITING: "warning", Answer.REFUSED: "error"}
_CHANGED = "200 OK"
# What may be the id of a resource: OIDs and UUIDs may.
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_HTTP = {Answer.ACCEPTED: "201 Created", Answer.WAITING: "202 Accepted"}


def acknowledge_fhir(reception: Reception, outcomes: Sequence[Outcome]) -> Acknowledgement:
    """Return the answer to a submission: stored whole, or not at all."""
    in_xml = reception.content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    submitted = _submitted(reception.content, in_xml)
    entries = list(nodes(submitted, "entry"))
    if refusals(outcomes) or not entries:
        answer = _operation_outcome(outcomes)
    else:
        answer = {"resourceType": "Bundle", "type": "transaction-response", "timestamp": reception.decided_at.isoformat()}
        answer["entry"] = list(_entries(entries, outcomes))
    content = _xml(answer) if in_xml else json.dumps(answer, ensure_ascii=False).encode()
    digest = hashlib.sha256(reception.content + content).hexdigest()[:16]
    ending = "xml" if in_xml else "json"
    return Acknowledgement(f"fhir-response-{digest}.{ending}", f"application/fhir+{ending}", content)


def _submitted(content: bytes, in_xml: bool) -> Resource:
    """Return the resource that was received; an empty one where it cannot be read."""
    try:
        return from_xml(parse_xml(content, "the submission")) if in_xml else from_json(content)
    except RefusedDocumentError:
        return {}


def _entries(entries: Sequence[Resource], outcomes: Sequence[Outcome]) -> Iterator[Resource]:
    """Give what became of each entry, in the order of the submission; a document is at the address that its unique id makes."""
    documents = iter(outcomes)
    for entry in entries:
        document = first(entry, "resource.resourceType") == "DocumentReference"
        outcome = next(documents, None) if document else None
        if outcome is None:
            yield {"response": {"status": _HTTP[Answer.ACCEPTED] if first(entry, "request.method") in (None, "POST") else _CHANGED}}
            continue
        response: Resource = {"status": _HTTP[outcome.answer]}
        if outcome.unique_id and _ID.fullmatch(outcome.unique_id):
            response["location"] = f"DocumentReference/{outcome.unique_id}"
        yield {"response": {**response, "outcome": _operation_outcome([outcome])}}


def _operation_outcome(outcomes: Sequence[Outcome]) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": [_issue(outcome) for outcome in outcomes]}


def _issue(outcome: Outcome) -> Resource:
    told = outcome.told
    issue: Resource = {
        "severity": _SEVERITIES[outcome.answer],
        "code": told.fhir,
        "details": {"coding": [{"code": str(outcome.told_code)}], "text": f"{told.text}. {told.action}."},
    }
    diagnostics = ": ".join(part for part in (outcome.unique_id, outcome.detail) if part)
    return {**issue, "diagnostics": diagnostics} if diagnostics else issue


def _xml(resource: Resource) -> bytes:
    root = etree.Element(f"{NAMESPACE}{resource['resourceType']}", nsmap={None: NAMESPACE.strip("{}")})
    _fill(root, resource)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _fill(element: Element, resource: Resource) -> None:
    for name, value in resource.items():
        if name != "resourceType":
            for item in value if isinstance(value, list) else [value]:
                _add(element, name, item)


def _add(element: Element, name: str, item: Any) -> None:
    child = etree.SubElement(element, f"{NAMESPACE}{name}")
    if not isinstance(item, dict):
        child.set("value", str(item))
        return
    if kind := item.get("resourceType"):
        child = etree.SubElement(child, f"{NAMESPACE}{kind}")
    _fill(child, item)
