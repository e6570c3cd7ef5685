"""FHIR R4 resources, from JSON or from XML, as plain dictionaries: strict where two readers could see two things.

XML becomes what JSON would have been, except that nothing is converted: every value is a text, every element a list or one value;
`first` and `every` hide the difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias
from urllib.parse import unquote

from pipelines.documents.document import Reason, RefusedDocumentError
from pipelines.documents.limits import NESTING
from pipelines.documents.safe_xml import Element

NAMESPACE = "{http://hl7.org/fhir}"
Resource: TypeAlias = dict[str, Any]

_WRAPPERS = ("resource", "contained")


def from_json(data: bytes) -> Resource:
    """Return the resource of a JSON text.

    Raises: RefusedDocumentError (BAD_ENCODING, BAD_FORMAT, or HOSTILE where a name stands twice or the nesting is too deep).
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedDocumentError(Reason.BAD_ENCODING, "the FHIR resource is not in UTF-8") from None
    try:
        resource = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant, parse_int=str, parse_float=str)
    except RecursionError:
        raise RefusedDocumentError(Reason.HOSTILE, "the FHIR resource is nested too deep") from None
    except ValueError:
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the FHIR resource is not JSON") from None
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise RefusedDocumentError(Reason.BAD_FORMAT, "the JSON is no FHIR resource")
    _require_shallow(resource)
    return resource


def _require_shallow(resource: Resource) -> None:
    level: list[Any] = [resource]
    for _ in range(NESTING):
        level = [item for held in level for item in (held.values() if isinstance(held, dict) else held) if isinstance(item, dict | list)]
        if not level:
            return
    raise RefusedDocumentError(Reason.HOSTILE, "the FHIR resource is nested too deep")


def _without_repeats(pairs: list[tuple[str, Any]]) -> Resource:
    resource = dict(pairs)
    if len(resource) != len(pairs):
        raise RefusedDocumentError(Reason.HOSTILE, "the FHIR resource gives a name twice in one object")
    return resource


def _no_constant(_: str) -> None:
    raise ValueError


def is_fhir(root: Element) -> bool:
    """Say whether a parsed XML document is a FHIR resource."""
    return isinstance(root.tag, str) and root.tag.startswith(NAMESPACE)


def from_xml(root: Element) -> Resource:
    """Return the resource of an XML document. Raises: RefusedDocumentError (HOSTILE) where it is nested too deep."""
    return {"resourceType": root.tag.removeprefix(NAMESPACE), **_element(root, 0)}


def _element(element: Element, depth: int) -> Resource:
    if depth > NESTING:
        raise RefusedDocumentError(Reason.HOSTILE, "the FHIR resource is nested too deep")
    found: Resource = {name: element.get(name) for name in ("id", "url") if element.get(name)}
    for child in element:
        if isinstance(child.tag, str) and child.tag.startswith(NAMESPACE):
            name = child.tag.removeprefix(NAMESPACE)
            found.setdefault(name, [])
            if isinstance(found[name], list):
                found[name].append(_value(child, name, depth))
    return found


def _value(child: Element, name: str, depth: int) -> Any:
    if name in _WRAPPERS and len(child) == 1 and isinstance(child[0].tag, str):
        return {"resourceType": child[0].tag.removeprefix(NAMESPACE), **_element(child[0], depth + 2)}
    value = child.get("value")
    return value if value is not None and not len(child) else _element(child, depth + 1)


def every(resource: Any, path: str) -> Iterator[Any]:
    """Give every value at `a.b.c`, whatever on the way is one value or a list."""
    name, _, rest = path.partition(".")
    value = resource.get(name) if isinstance(resource, dict) else None
    for item in value if isinstance(value, list) else [value]:
        if item is not None:
            if rest:
                yield from every(item, rest)
            else:
                yield item


def nodes(resource: Any, path: str) -> Iterator[Resource]:
    """Give every value at a path that is an object."""
    return (item for item in every(resource, path) if isinstance(item, dict))


def first(resource: Any, path: str) -> str | None:
    """Return the first text at a path, stripped; None where there is none."""
    found = (item.strip() for item in every(resource, path) if isinstance(item, str))
    return next((text for text in found if text), None)


def extension(resource: Any, ending: str) -> Iterator[Resource]:
    """Give the extensions, at any depth, whose address ends so: profiles have moved from one address to another."""
    for found in nodes(resource, "extension"):
        if (first(found, "url") or "").endswith(ending):
            yield found
        yield from extension(found, ending)


def bare(identifier: str | None) -> str | None:
    """Return an OID or a UUID without the `urn:oid:` or `urn:uuid:` that FHIR puts before it."""
    for prefix in ("urn:oid:", "urn:uuid:"):
        if identifier and identifier.startswith(prefix):
            return identifier.removeprefix(prefix)
    return identifier


def searched(reference: str | None) -> tuple[str | None, str | None]:
    """Return (system, value) of a reference by identifier (`Patient?identifier=system|value`); (None, None) of any other."""
    _, found, asked = (reference or "").partition("?identifier=")
    system, separator, value = unquote(asked).partition("|")
    return (system, value) if found and separator and value else (None, None)
