"""What the profiles ask of a submission: what is missing is a fault where PDSm adds it, and told where only MHD has it.

Sources: ANS, PDSm 3.1 (ComprehensiveDocumentReference, SimplifiedPublish, ComprehensiveProvideDocumentBundle); IHE MHD 4.2, Comprehensive;
FHIR R4, DocumentReference (value sets of status and relatesTo.code).
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.documents.document import Fault, Reason
from pipelines.documents.fhir_resource import Resource, every, first, nodes

_ASKED = (
    "status",
    "date",
    "masterIdentifier.value",
    "custodian",
    "content.attachment.contentType",
    "content.attachment.title",
)
_ASKED_IN_BUNDLES = ("context.period.start", "content.attachment.size", "content.attachment.hash")
_TOLD = ("subject", "author")
_TOLD_IN_BUNDLES = (
    "category",
    "securityLabel",
    "content.format",
    "content.attachment.language",
    "content.attachment.creation",
    "context.facilityType",
    "context.practiceSetting",
    "context.sourcePatientInfo",
)
_RELATIONS = ("replaces", "transforms", "signs", "appends")


def judge_bundle(bundle: Resource) -> Iterator[Fault]:
    """Say what is wrong with a bundle: it is a transaction with one submission set."""
    if first(bundle, "type") not in (None, "transaction"):
        yield Fault(Reason.BAD_FORMAT, "the bundle is not a transaction")
    lists = [held for held in nodes(bundle, "entry.resource") if held.get("resourceType") == "List"]
    sets = [held for held in lists if first(held, "code.coding.code") in (None, "submissionset")]
    if len(sets) != 1:
        yield Fault(Reason.BAD_FORMAT, f"the bundle has {len(sets)} submission sets")


def judge_reference(reference: Resource, in_bundle: bool, what: str) -> tuple[list[Fault], list[str]]:
    """Return what is wrong with a DocumentReference, and what is odd."""
    faults = [Fault(Reason.BAD_FORMAT, f"{what} {wrong}") for wrong in _wrong(reference, in_bundle)]
    told = (*_TOLD, *(_TOLD_IN_BUNDLES if in_bundle else ()))
    lacking = [path for path in told if _lacks(reference, path)]
    return faults, [f"{what} lacks, by MHD: {', '.join(lacking)}"] if lacking else []


def _wrong(reference: Resource, in_bundle: bool) -> Iterator[str]:
    for path in (*_ASKED, *(_ASKED_IN_BUNDLES if in_bundle else ())):
        if _lacks(reference, path):
            yield f"lacks {path}"
    if first(reference, "status") not in (None, "current"):
        yield "is not current: only a current document is published"
    if len(list(nodes(reference, "content"))) > 1:
        yield "has several contents"
    if any(first(related, "code") not in _RELATIONS for related in nodes(reference, "relatesTo")):
        yield "has a relation that FHIR does not know"
    size = next(every(reference, "content.attachment.size"), None)
    if size is not None and not (str(size).isascii() and str(size).isdecimal()):
        yield "has a size that is no number"


def _lacks(reference: Resource, path: str) -> bool:
    return next(every(reference, path), None) is None
