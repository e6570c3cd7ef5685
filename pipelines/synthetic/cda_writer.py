"""CDA R2 as French software writes it: level 1 around a body, level 3 with sections, and the stylesheet that displays itself."""

from __future__ import annotations

import base64
import textwrap
from xml.sax.saxutils import escape, quoteattr

from pipelines.synthetic.medical_documents import LOINC, MedicalDocument

CONFIDENTIALITY = "2.16.840.1.113883.5.25"
_LEVEL_1 = '<templateId root="1.3.6.1.4.1.19376.1.2.20"/>'
_AUTHOR = '<id root="1.2.250.1.71.4.2.1" extension="801234567897"/>'
_PRACTITIONER = "<assignedPerson><name><given>Camille</given><family>SOIGNANT</family></name></assignedPerson>"


def cda(document: MedicalDocument, sections: str | None = None, encoding: str = "UTF-8", line: int = 0) -> bytes:
    """Return a CDA: level 1 with the document's body in Base64 (broken into lines of `line` characters), or level 3 with `sections`."""
    body = f"<structuredBody>{sections}</structuredBody>" if sections is not None else _level_1(document, line)
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{_clinical(document, body, sections is None)}'.encode(encoding)


def section(title: str, text: str) -> str:
    """Return one section of a structured body."""
    return (
        '<component><section><code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/>'
        f"<title>{escape(title)}</title><text>{escape(text)}</text></section></component>"
    )


def self_displaying(document: MedicalDocument, sections: str) -> bytes:
    """Return a stylesheet that holds the CDA which it displays."""
    clinical = _clinical(document, f"<structuredBody>{sections}</structuredBody>", level_1=False)
    sheet = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="#"?>\n'
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:d="urn:asip-sante:ci-sis">'
        f'<d:Contenu>{clinical}</d:Contenu><xsl:template match="/"><html/></xsl:template></xsl:stylesheet>'
    )
    return sheet.encode()


def _level_1(document: MedicalDocument, line: int) -> str:
    packed = base64.b64encode(document.body).decode()
    if line:
        packed = "\n".join(textwrap.wrap(packed, line))
    return f'<nonXMLBody><text mediaType={quoteattr(document.media_type)} representation="B64">{packed}</text></nonXMLBody>'


def _clinical(document: MedicalDocument, body: str, level_1: bool) -> str:
    created = document.created.strftime("%Y%m%d%H%M%S%z")
    parent = (
        f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{document.replaces}"/></parentDocument></relatedDocument>'
        if document.replaces
        else ""
    )
    organization = f'<id root="1.2.250.1.71.4.2.2" extension="{document.finess}"/><name>ETABLISSEMENT INVENTE</name>'
    author = f"<assignedAuthor>{_AUTHOR}{_PRACTITIONER}<representedOrganization>{organization}</representedOrganization></assignedAuthor>"
    signer = f"<assignedEntity>{_AUTHOR}{_PRACTITIONER}</assignedEntity>"
    return f"""<ClinicalDocument xmlns="urn:hl7-org:v3">
<realmCode code="FR"/>
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.2.8.2.1"/>
<templateId root="1.2.250.1.213.1.1.1.1"/>
{_LEVEL_1 if level_1 else ""}
<id root="{document.unique_id}"/>
<code code={quoteattr(document.type_code)} codeSystem="{LOINC}" displayName={quoteattr(document.title)}/>
<title>{escape(document.title)}</title>
<effectiveTime value="{created}"/>
<confidentialityCode code="{document.confidentiality}" codeSystem="{CONFIDENTIALITY}"/>
<languageCode code="fr-FR"/>
<setId root="{document.series_id}"/>
<versionNumber value="{document.version}"/>
{_patient(document)}
<author><time value="{created}"/>{author}</author>
<custodian><assignedCustodian><representedCustodianOrganization>{organization}</representedCustodianOrganization></assignedCustodian></custodian>
<legalAuthenticator><time value="{created}"/><signatureCode code="S"/>{signer}</legalAuthenticator>
<documentationOf><serviceEvent><effectiveTime><low value="{created}"/></effectiveTime>
<performer typeCode="PRF">{signer}</performer></serviceEvent></documentationOf>
{parent}
<componentOf><encompassingEncounter><effectiveTime><low value="{created}"/></effectiveTime></encompassingEncounter></componentOf>
<component>{body}</component>
</ClinicalDocument>"""


def _patient(document: MedicalDocument) -> str:
    patient = document.patient
    name = escape(patient.birth_name)
    return f"""<recordTarget><patientRole>
<id root="{patient.authority}" extension="{patient.matricule}"/>
<id root="1.2.250.1.999.2" extension="IPP-{document.unique_id.rpartition(".")[2]}"/>
<patient><name><family qualifier="BR">{name}</family><family qualifier="CL">{name}</family>
<given>{escape(patient.first_names)}</given><given qualifier="BR">{escape(patient.first_names.split()[0])}</given></name>
<administrativeGenderCode code="{patient.sex}" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="{patient.birth_date}"/>
<birthplace><place><addr><county>{patient.birthplace}</county></addr></place></birthplace>
</patient></patientRole></recordTarget>"""
