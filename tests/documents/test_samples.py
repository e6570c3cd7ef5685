"""Published examples, read where they lie: each is parsed or refused for the right reason, its facts found by another way."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from pathlib import Path

import pytest
from lxml import etree

from pipelines.documents.document import DocumentFormat, IncomingDocument
from pipelines.documents.reader import read_documents
from tests.conftest import PROJECT
from tests.document_builder import only

SAMPLES = PROJECT.parent / "shared" / "samples"
NAMES = {"h": "urn:hl7-org:v3"}
PATIENT = "h:recordTarget/h:patientRole"
# What is not `ok`: a real authority with a wrong key; no birth date, sex and first name in the header; no document at all.
VERDICTS = {
    "cda/CSE-MDE_2023.01.xml": "INS_INVALID",
    "dicom/kos.dcm": "INS_INCOMPLETE",
    "hl7v2/consent/feeding_allowed.er7": "NO_DOCUMENT",
    "hl7v2/consent/feeding_opposed.er7": "NO_DOCUMENT",
    "hl7v2/mdm/init_placeholder_payload.er7": "BAD_FORMAT",
    "hl7v2/mdm/replace_ack.er7": "NO_DOCUMENT",
}
FILES = sorted(file for file in SAMPLES.rglob("*.*") if file.suffix != ".md") if SAMPLES.is_dir() else []

pytestmark = pytest.mark.skipif(not FILES, reason="the published examples are not beside the project (shared/samples)")


def _name(file: Path) -> str:
    return file.relative_to(SAMPLES).as_posix()


def _carried_cda(file: Path) -> bytes:
    """Take the CDA out of OBX-5 by hand."""
    segment = next(line for line in file.read_bytes().splitlines() if line.startswith(b"OBX|1|"))
    packed = segment.split(b"|")[5].split(b"^")[4]
    return b64decode(packed + b"=" * (-len(packed) % 4))


def _expected(data: bytes) -> dict[str, object]:
    """Find by XPath what a CDA says."""
    root = etree.fromstring(data)
    clinical = root if root.tag.endswith("ClinicalDocument") else root.xpath("//h:ClinicalDocument", namespaces=NAMES)[0]

    def text(path: str) -> str | None:
        return clinical.xpath(f"string({path})", namespaces=NAMES).strip() or None

    def identifier(path: str) -> str | None:
        return "^".join(part for part in (text(f"{path}/@root"), text(f"{path}/@extension")) if part) or None

    ins = f"{PATIENT}/h:id[starts-with(@root, '1.2.250.1.213.1.4.')]"
    version, packed = text("h:versionNumber/@value"), text("h:component/h:nonXMLBody/h:text")
    moment = text("h:effectiveTime/@value") or ""
    return {
        "unique_id": identifier("h:id"),
        "series_id": identifier("h:setId"),
        "version": int(version) if version else None,
        "type_code": text("h:code/@code"),
        "type_system": text("h:code/@codeSystem"),
        "digits": moment,
        "author_organization": text("h:author/h:assignedAuthor/h:representedOrganization/h:id/@extension"),
        "matricule": text(f"{ins}/@extension"),
        "matricule_authority": text(f"{ins}/@root"),
        "birth_name": text(f"{PATIENT}/h:patient/h:name/h:family[@qualifier='BR']"),
        "first_names": text(f"{PATIENT}/h:patient/h:name/h:given[not(@qualifier)]"),
        "sex": text(f"{PATIENT}/h:patient/h:administrativeGenderCode/@code"),
        "birth_digits": text(f"{PATIENT}/h:patient/h:birthTime/@value"),
        "birthplace": text(f"{PATIENT}//h:birthplace//h:county"),
        "confidentiality": text("h:confidentialityCode/@code"),
        "replaces": identifier("h:relatedDocument[@typeCode='RPLC']/h:parentDocument/h:id"),
        "body_sha256": hashlib.sha256(b64decode(packed) if packed else data).hexdigest(),
    }


def _found(document: IncomingDocument) -> dict[str, object]:
    created = document.created or ""
    return {
        "unique_id": document.unique_id,
        "series_id": document.series_id,
        "version": document.version,
        "type_code": document.type_code,
        "type_system": document.type_system,
        "digits": created[:10].replace("-", "") + created[10:].replace("T", "").replace(":", ""),
        "author_organization": document.author_organization,
        "matricule": document.matricule,
        "matricule_authority": document.matricule_authority,
        "birth_name": document.traits.birth_name,
        "first_names": document.traits.first_names,
        "sex": document.traits.sex,
        "birth_digits": (document.traits.birth_date or "").replace("-", ""),
        "birthplace": document.traits.birthplace,
        "confidentiality": document.confidentiality[0],
        "replaces": document.replaces,
        "body_sha256": document.body_sha256,
    }


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_every_sample_gets_the_verdict_that_it_deserves(file: Path) -> None:
    document = only(file.read_bytes())
    assert (document.format, document.verdict) == (DocumentFormat(_name(file).split("/")[0]), VERDICTS.get(_name(file), "ok"))


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name == "cda"], ids=_name)
def test_every_fact_of_a_cda_is_the_one_that_xpath_finds(file: Path) -> None:
    assert _found(only(file.read_bytes())) == _expected(file.read_bytes())


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name in ("mdm", "oru") and _name(file) not in VERDICTS], ids=_name)
def test_every_fact_of_a_cda_in_a_message_is_the_one_that_xpath_finds(file: Path) -> None:
    assert _found(only(file.read_bytes())) == _expected(_carried_cda(file))


def test_the_messages_say_who_may_not_see_a_document_and_which_one_is_deleted() -> None:
    init, delete = (only((SAMPLES / "hl7v2" / "mdm" / f"{name}.er7").read_bytes()) for name in ("init", "delete"))
    assert init.confidentiality == ("N", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")
    assert "deletes" in delete.detail


def test_the_consent_to_feeding_is_told() -> None:
    said = [only(file.read_bytes()).detail for file in FILES if file.parent.name == "consent"]
    assert said == ["ADT^A01: feeding allowed", "ADT^A01: feeding opposed"]


def test_no_detail_of_any_sample_holds_a_word_of_its_patient() -> None:
    for file in FILES:
        for document in read_documents(file.read_bytes()):
            words = [document.matricule, document.traits.birth_name, *(document.traits.first_names or "").split()]
            assert [word for word in words if word and word.lower() in document.detail.lower()] == [], file.name
