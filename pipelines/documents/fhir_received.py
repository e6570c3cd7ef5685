"""The resources that came together, found by the ways in which they refer to each other; nothing is fetched.

Source: FHIR R4, bundle.html#references.
"""

from __future__ import annotations

from pipelines.documents.document import Reason, RefusedDocumentError
from pipelines.documents.fhir_profile import judge_bundle
from pipelines.documents.fhir_resource import Resource, first, nodes
from pipelines.documents.limits import RESOURCES_A_BUNDLE, require_few


class Received:
    """The resources that came together, found by the ways in which they refer to each other."""

    def __init__(self, resource: Resource) -> None:
        self.is_bundle = resource["resourceType"] == "Bundle"
        self.faults = list(judge_bundle(resource)) if self.is_bundle else []
        entries = list(nodes(resource, "entry")) if self.is_bundle else [{"resource": resource}]
        require_few(len(entries), RESOURCES_A_BUNDLE, "entries in the bundle")
        self.resources: list[Resource] = []
        self.by_reference: dict[str, Resource] = {}
        for entry in entries:
            for held in nodes(entry, "resource"):
                self.resources.append(held)
                for name in _names(entry, held):
                    if self.by_reference.setdefault(name, held) is not held:
                        raise RefusedDocumentError(Reason.BAD_FORMAT, "two resources of the bundle have one address")

    def of_type(self, kind: str) -> list[Resource]:
        """Return the resources of a type."""
        return [resource for resource in self.resources if resource.get("resourceType") == kind]

    def find(self, holder: Resource, reference: str | None) -> Resource | None:
        """Return what a resource refers to: contained in it (`#id`), or beside it."""
        if not reference:
            return None
        if reference.startswith("#"):
            return next((held for held in nodes(holder, "contained") if first(held, "id") == reference[1:]), None)
        return self.by_reference.get(reference)


def _names(entry: Resource, held: Resource) -> set[str]:
    """Return the addresses of a resource: its full URL, and `Type/id`, the id taken from a RESTful URL where it has none itself."""
    address = first(entry, "fullUrl")
    identifier = first(held, "id") or (address.rpartition("/")[2] if address and address.startswith("http") else None)
    return {name for name in (address, f"{held.get('resourceType')}/{identifier}" if identifier else None) if name}
