"""CDA R2 by the French rules (CI-SIS): level 1 and level 3, alone or inside the stylesheet that displays it.

The stylesheet is never executed, and nothing that a document points to is fetched. Source: CI-SIS, structuration minimale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from pipelines.documents.body import decode_base64, require_media_type, sha256
from pipelines.documents.document import DocumentFormat, Fault, IncomingDocument, Reason, RefusedDocumentError, Traits
from pipelines.documents.document_types import judge_type
from pipelines.documents.identifiers import instance_id
from pipelines.documents.ins import Ins, birthplace_of, choose_ins, judge_ins
from pipelines.documents.safe_xml import Element, parse_xml, text_of
from pipelines.documents.software import software_named
from pipelines.documents.timestamps import birth_date, hl7_time
from pipelines.documents.visibility import LEVELS

NAMESPACE = "{urn:hl7-org:v3}"
ROOT = f"{NAMESPACE}ClinicalDocument"
STYLESHEETS = ("{http://www.w3.org/1999/XSL/Transform}stylesheet", "{http://www.w3.org/1999/XSL/Transform}transform")
SELF_DISPLAYING = "application/xslt+xml"
STRUCTURED = "text/xml"

_STRUCTURES = "1.2.250.1.71.4.2.2"
_SEXES = {"M": "M", "F": "F", "U": "U", "UN": "U"}
Value = TypeVar("Value")


class _Header:
    """The header of a CDA, and what is found wrong while it is read."""

    def __init__(self, clinical: Element, what: str) -> None:
        self.clinical, self.what, self.faults = clinical, what, list[Fault]()

    def elements(self, path: str) -> list[Element]:
        """Return the elements at `a/b/c` under the document."""
        found: list[Element] = self.clinical.findall("/".join(f"{NAMESPACE}{step}" for step in path.split("/")))
        return found

    def first(self, path: str) -> Element | None:
        """Return the first of them."""
        return next(iter(self.elements(path)), None)

    def attribute(self, path: str, name: str) -> str | None:
        """Return an attribute of the first of them, stripped; None where it is missing, empty or said to be null."""
        return _attribute(self.first(path), name)

    def refuse(self, reason: Reason, where: str) -> None:
        """Note that something is wrong."""
        self.faults.append(Fault(reason, f"{self.what}: {where}"))

    def attempt(self, read: Callable[[], Value]) -> Value | None:
        """Return what can be read, None where it is refused: the reason is noted."""
        try:
            return read()
        except RefusedDocumentError as error:
            self.faults.append(error.fault)
            return None


def read_cda(data: bytes, fmt: DocumentFormat = DocumentFormat.CDA, what: str = "the CDA") -> IncomingDocument:
    """Read a CDA from its bytes; what is wrong with what it says is in its faults.

    Raises: RefusedDocumentError where the bytes are no CDA at all, or are hostile.
    """
    return read_cda_tree(parse_xml(data, what), data, fmt, what)


def read_cda_tree(root: Element, data: bytes, fmt: DocumentFormat = DocumentFormat.CDA, what: str = "the CDA") -> IncomingDocument:
    """Read a CDA that is parsed already; `data` are its bytes. Raises: RefusedDocumentError where it is no CDA."""
    header = _Header(clinical_document(root, what), what)
    unique_id = _identifier(header, "id")
    if unique_id is None:
        header.refuse(Reason.BAD_FORMAT, "no unique id that is an OID or a UUID")
    type_code, type_system = header.attribute("code", "code"), header.attribute("code", "codeSystem")
    type_faults, type_notes = judge_type(type_code, type_system, what)
    header.faults += type_faults
    ins, traits, notes = _patient(header)
    media_type, body_hash = _body(header, data, self_displaying=root.tag in STYLESHEETS)
    return IncomingDocument(
        format=fmt,
        unique_id=unique_id,
        series_id=_identifier(header, "setId"),
        version=_version(header),
        type_code=type_code,
        type_system=type_system,
        created=_created(header),
        author_organization=_author_organization(header),
        matricule=ins.matricule if ins else None,
        matricule_authority=ins.authority if ins else None,
        traits=traits,
        confidentiality=_confidentiality(header),
        replaces=_replaces(header),
        media_type=media_type,
        body_sha256=body_hash,
        faults=tuple(header.faults),
        notes=(*type_notes, *notes),
        content=data,
        software=_software(header),
    )


def is_cda(root: Element) -> bool:
    """Say whether a parsed document is a CDA, or a stylesheet (which may hold one)."""
    return root.tag == ROOT or root.tag in STYLESHEETS


def clinical_document(root: Element, what: str) -> Element:
    """Return the one CDA: the root itself, or what its stylesheet displays. Raises: RefusedDocumentError (BAD_FORMAT)."""
    if root.tag == ROOT:
        return root
    held = list(root.iter(ROOT)) if root.tag in STYLESHEETS else []
    if not held:
        raise RefusedDocumentError(Reason.BAD_FORMAT, f"{what} is XML, but no CDA")
    if len(held) > 1:
        raise RefusedDocumentError(Reason.BAD_FORMAT, f"{what} is a stylesheet that holds several documents")
    return held[0]


def _attribute(element: Element | None, name: str) -> str | None:
    if element is None or element.get("nullFlavor"):
        return None
    return (element.get(name) or "").strip() or None


def _instance_id(element: Element | None) -> str | None:
    return instance_id(_attribute(element, "root"), _attribute(element, "extension"))


def _identifier(header: _Header, path: str) -> str | None:
    return _instance_id(header.first(path))


def _version(header: _Header) -> int | None:
    value = header.attribute("versionNumber", "value")
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        header.refuse(Reason.BAD_FORMAT, "the version number is no number")
        return None
    return int(value)


def _created(header: _Header) -> str | None:
    value = header.attribute("effectiveTime", "value")
    if value is None:
        header.refuse(Reason.BAD_DATE, "no date")
        return None
    return header.attempt(lambda: hl7_time(value, f"{header.what}: its date"))


def _author_organization(header: _Header) -> str | None:
    """Return the identifier of the first author's organisation that gives one (FINESS, SIRET, RPPS), the national one first."""
    for organization in header.elements("author/assignedAuthor/representedOrganization"):
        ids = organization.findall(f"{NAMESPACE}id")
        for identifier in sorted(ids, key=lambda element: element.get("root") != _STRUCTURES):
            found = _attribute(identifier, "extension") or _attribute(identifier, "root")
            if found:
                return found
    return None


def _software(header: _Header) -> str | None:
    """Return what the first device among the authors calls itself."""
    device = "author/assignedAuthor/assignedAuthoringDevice"
    parts = [header.first(f"{device}/{name}") for name in ("manufacturerModelName", "softwareName")]
    return software_named(*(None if part is None else part.text for part in parts))


def _replaces(header: _Header) -> str | None:
    """Return the id of the version that this one replaces: the only relation that changes what a record shows."""
    replaced = [related for related in header.elements("relatedDocument") if related.get("typeCode") == "RPLC"]
    parents = [_instance_id(related.find(f"{NAMESPACE}parentDocument/{NAMESPACE}id")) for related in replaced]
    if len(parents) > 1:
        header.refuse(Reason.BAD_FORMAT, "it replaces several documents")
    if None in parents:
        header.refuse(Reason.BAD_FORMAT, "it replaces a document that it does not identify")
    return parents[0] if parents else None


def _confidentiality(header: _Header) -> tuple[str, ...]:
    code = header.attribute("confidentialityCode", "code")
    if code not in LEVELS:
        header.refuse(Reason.BAD_VISIBILITY, "the confidentiality code is none of N, R, V")
    return (code,) if code else ()


def _patient(header: _Header) -> tuple[Ins | None, Traits, list[str]]:
    """Return the patient's INS and traits, and what is odd with them."""
    if len(header.elements("recordTarget")) > 1:
        header.refuse(Reason.MANY_PATIENTS, "several patients")
    role = header.first("recordTarget/patientRole")
    if role is None:
        header.refuse(Reason.INS_MISSING, "no patient")
        return None, Traits(), []
    ids = role.findall(f"{NAMESPACE}id")
    ins, faults = choose_ins((_attribute(element, "root"), _attribute(element, "extension")) for element in ids)
    traits = _traits(header, role.find(f"{NAMESPACE}patient"))
    missing, notes = judge_ins(ins, traits, f"{header.what}: the patient")
    header.faults += faults + missing
    return ins, traits, notes


def _traits(header: _Header, patient: Element | None) -> Traits:
    if patient is None:
        return Traits()
    birth = _attribute(patient.find(f"{NAMESPACE}birthTime"), "value")
    place = patient.find(f"{NAMESPACE}birthplace/{NAMESPACE}place/{NAMESPACE}addr/{NAMESPACE}county")
    return Traits(
        birth_name=_joined(patient, "family", lambda qualifiers: "BR" in qualifiers),
        first_names=_joined(patient, "given", lambda qualifiers: not qualifiers),
        sex=_SEXES.get(_attribute(patient.find(f"{NAMESPACE}administrativeGenderCode"), "code") or ""),
        birth_date=header.attempt(lambda: birth_date(birth, f"{header.what}: the birth date")) if birth else None,
        birthplace=birthplace_of(text_of(place)),
    )


def _joined(patient: Element, part: str, wanted: Callable[[list[str]], bool]) -> str | None:
    """Join the parts of a name with the wanted qualifiers, as civil status lists first names; the first name that has any."""
    for name in patient.iterfind(f"{NAMESPACE}name"):
        if found := " ".join(_texts(name.iterfind(f"{NAMESPACE}{part}"), wanted)):
            return found
    return None


def _texts(parts: Iterator[Element], wanted: Callable[[list[str]], bool]) -> Iterator[str]:
    for part in parts:
        text = text_of(part)
        if text and not part.get("nullFlavor") and wanted((part.get("qualifier") or "").split()):
            yield text


def _body(header: _Header, data: bytes, self_displaying: bool) -> tuple[str | None, str | None]:
    """Return the media type and SHA-256 of the body: what level 1 carries, or the whole of a structured document."""
    text = header.first("component/nonXMLBody/text")
    if text is None:
        if header.first("component/structuredBody") is None:
            header.refuse(Reason.EMPTY_BODY, "no body")
            return None, None
        return (SELF_DISPLAYING if self_displaying else STRUCTURED), sha256(data)
    media_type = (_attribute(text, "mediaType") or "").lower() or None
    body = header.attempt(lambda: _carried(text, media_type, f"{header.what}: its body"))
    return media_type, sha256(body) if body is not None else None


def _carried(text: Element, media_type: str | None, where: str) -> bytes:
    """Return the decoded body of level 1. Raises: RefusedDocumentError (BAD_FORMAT, BAD_BASE64, BAD_MEDIA_TYPE, EMPTY_BODY)."""
    if len(text) or text.get("compression") or text.get("representation") != "B64":
        raise RefusedDocumentError(Reason.BAD_FORMAT, f"{where} is not carried in Base64")
    if media_type is None:
        raise RefusedDocumentError(Reason.BAD_MEDIA_TYPE, f"{where} has no media type")
    body = decode_base64(text.text or "", where)
    require_media_type(body, media_type, where)
    return body
