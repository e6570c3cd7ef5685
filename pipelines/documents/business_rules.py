"""Rules of the French CDA header that reading it does not need, and that its recipients do.

Source: CI-SIS, "Structuration minimale de documents de santé" (template 1.2.250.1.213.1.1.1.1); for self-displaying ones, DMP EX_2.1-1115.
Each rule is one function; its sentence is what the sender reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pipelines.documents.cda import NAMESPACE, STYLESHEETS
from pipelines.documents.safe_xml import Element, text_of

HEALTH_DOCUMENT_FR, STRUCTURATION_MINIMALE = "2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1"
LEVEL_1 = "1.3.6.1.4.1.19376.1.2.20"
CONFIDENTIALITIES = "2.16.840.1.113883.5.25"
MEDIA_TYPES = {"application/pdf", "image/jpeg", "image/tiff", "text/plain", "text/rtf", "application/rtf"}

_DATED_WITH_OFFSET = re.compile(r"\d{12}(?:\d\d(?:\.\d+)?)?[+-]\d{4}", re.ASCII)
_VERSION = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_SCRIPTED = re.compile(r"\s*(?:javascript|vbscript):", re.IGNORECASE)
_OUTSIDE = re.compile(r"\s*(?:https?:|ftp:|file:|//)", re.IGNORECASE)
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_LOADING = {"src", "background", "data", "action", "formaction", "codebase"}

Rule = tuple[str, Callable[[Element], bool]]


def broken_rules(clinical: Element) -> Iterator[str]:
    """Give the sentence of each rule that a `ClinicalDocument` breaks."""
    return (sentence for sentence, holds in _RULES if not holds(clinical))


def claimed_templates(clinical: Element) -> set[str]:
    """Return the roots of the templates that a document claims to conform to."""
    return {found.get("root", "") for found in _all(clinical, "templateId")}


def _all(element: Element, path: str) -> list[Element]:
    found: list[Element] = element.findall("/".join(f"{NAMESPACE}{step}" for step in path.split("/")))
    return found


def _value(element: Element, path: str, name: str) -> str:
    """Return an attribute of the first element at a path, empty where it is missing."""
    return next((str(found.get(name) or "") for found in _all(element, path)), "")


def _once(path: str) -> Callable[[Element], bool]:
    return lambda clinical: len(_all(clinical, path)) == 1


def _some(path: str) -> Callable[[Element], bool]:
    return lambda clinical: bool(_all(clinical, path))


def _is(path: str, name: str, value: str) -> Callable[[Element], bool]:
    return lambda clinical: _value(clinical, path, name) == value


def _matches(path: str, name: str, pattern: re.Pattern[str]) -> Callable[[Element], bool]:
    return lambda clinical: pattern.fullmatch(_value(clinical, path, name)) is not None


def _claims(*templates: str) -> Callable[[Element], bool]:
    return lambda clinical: claimed_templates(clinical).issuperset(templates)


def _claims_level_1(clinical: Element) -> bool:
    return not _all(clinical, "component/nonXMLBody") or _claims(LEVEL_1)(clinical)


def _body_may_be_shown(clinical: Element) -> bool:
    return all(text.get("mediaType") in MEDIA_TYPES for text in _all(clinical, "component/nonXMLBody/text"))


def _every(path: str, inner: str) -> Callable[[Element], bool]:
    return lambda clinical: all(_all(found, inner) for found in _all(clinical, path))


def _shows_itself_alone(clinical: Element) -> bool:
    """Say whether the stylesheet around a document, where there is one, runs nothing and loads nothing from outside."""
    root = clinical.getroottree().getroot()
    if root.tag not in STYLESHEETS:
        return True
    return not any(_reaches_out(element) for element in root.iter() if not _is_within(element, clinical))


def _is_within(element: Element, clinical: Element) -> bool:
    return isinstance(element.tag, str) and element.tag.startswith(NAMESPACE) and element is not clinical


def _reaches_out(element: Element) -> bool:
    if not isinstance(element.tag, str):
        return False
    name = element.tag.rpartition("}")[2].lower()
    if name == "script" or element.tag in (f"{_XSL}import", f"{_XSL}include"):
        return True
    return any(_attribute_reaches_out(name, str(key).lower(), value) for key, value in element.items())


def _attribute_reaches_out(element: str, name: str, value: str) -> bool:
    if _SCRIPTED.match(value) or re.fullmatch(r"on[a-z]+", name):
        return True
    loads = name in _LOADING or (name == "href" and element == "link")
    return loads and _OUTSIDE.match(value) is not None


_RULES: tuple[Rule, ...] = (
    ("realmCode is not FR", _is("realmCode", "code", "FR")),
    ("typeId is not 2.16.840.1.113883.1.3, POCD_HD000040", _is("typeId", "extension", "POCD_HD000040")),
    ("the templates of a French health document are not claimed", _claims(HEALTH_DOCUMENT_FR, STRUCTURATION_MINIMALE)),
    ("a document of level 1 does not claim its template", _claims_level_1),
    ("there is not one id", _once("id")),
    ("there is no title", lambda clinical: any(map(text_of, _all(clinical, "title")))),
    ("the date has no time with its offset", _matches("effectiveTime", "value", _DATED_WITH_OFFSET)),
    ("the confidentiality code is not of its system", _is("confidentialityCode", "codeSystem", CONFIDENTIALITIES)),
    ("the language is not fr-FR", _is("languageCode", "code", "fr-FR")),
    ("there is not one setId", _once("setId")),
    ("the version is not a number from 1 on", _matches("versionNumber", "value", _VERSION)),
    ("there is not one patient", _once("recordTarget/patientRole")),
    ("there is no author", _some("author")),
    ("an author has no identifier", _every("author", "assignedAuthor/id")),
    ("there is not one custodian with its identifier", _once("custodian/assignedCustodian/representedCustodianOrganization/id")),
    ("there is not one legal authenticator", _once("legalAuthenticator")),
    ("the legal authenticator has not signed (signatureCode S)", _is("legalAuthenticator/signatureCode", "code", "S")),
    ("no act is documented", _some("documentationOf/serviceEvent")),
    ("the act that is documented has no date", _some("documentationOf/serviceEvent/effectiveTime")),
    ("the act that is documented has no performer", _some("documentationOf/serviceEvent/performer")),
    ("there is not one encounter", _once("componentOf/encompassingEncounter")),
    ("the body is of a type that is not shown (PDF, JPEG, TIFF, text, RTF)", _body_may_be_shown),
    ("its stylesheet runs a script or loads from outside (EX_2.1-1115)", _shows_itself_alone),
)
