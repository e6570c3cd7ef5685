"""A feed refuses what does not conform, or is warned of it, or does not look."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.documents.conformance import Conformance, Level, RuleSetFile
from pipelines.documents.conformity import Conformity
from pipelines.documents.document import IncomingDocument
from pipelines.platform.errors import FinalError
from pipelines.synthetic.cda_writer import cda, section, self_displaying
from tests.document_builder import DOCUMENT, only

GOOD = cda(DOCUMENT)
# What a rule set and a schema of the operator may look like: the least of each.
SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3" elementFormDefault="qualified">
<xs:element name="ClinicalDocument"><xs:complexType><xs:sequence>
<xs:element name="realmCode"/><xs:any processContents="skip" maxOccurs="unbounded"/>
</xs:sequence></xs:complexType></xs:element></xs:schema>"""
RULES = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<ns prefix="cda" uri="urn:hl7-org:v3"/><include href="titles.sch"/></schema>"""
INCLUDED = """<pattern xmlns="http://purl.oclc.org/dsdl/schematron" id="titles">
<rule context="cda:title"><assert test="every $word in tokenize(., ' ') satisfies string-length($word) &gt; 1">
Un titre a des mots entiers, pas <value-of select="."/> ; <name/> .</assert></rule>
<rule context="cda:languageCode"><assert test="@code = doc('languages.xml')//code">La langue est connue.</assert></rule></pattern>"""
LANGUAGES = "<codes><code>fr-FR</code></codes>"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    for name, content in (("rules.sch", RULES), ("titles.sch", INCLUDED), ("languages.xml", LANGUAGES), ("cda.xsd", SCHEMA)):
        (tmp_path / name).write_text(content)
    return tmp_path


def judged(data: bytes, **asked: object) -> IncomingDocument:
    return Conformity(Conformance.model_validate({"rules": Level.OFF, **asked})).judge(only(data))


def schematron(rules: Path, level: Level, template: str | None = None) -> dict[str, object]:
    return {"schematron": level, "rule_sets": (RuleSetFile(file=rules / "rules.sch", template=template),)}


@pytest.mark.parametrize("data", [GOOD, cda(DOCUMENT, section("a", "b")), self_displaying(DOCUMENT, section("a", "b"))])
def test_a_document_as_the_specification_wants_it_conforms(data: bytes) -> None:
    document = judged(data, rules=Level.REFUSE)
    assert (document.verdict, document.notes) == ("ok", ())


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('realmCode code="FR"', 'realmCode code="BE"', "realmCode"),
        ("POCD_HD000040", "POCD", "typeId"),
        ('root="1.2.250.1.213.1.1.1.1"', 'root="1.2.3"', "templates"),
        ('root="1.3.6.1.4.1.19376.1.2.20"', 'root="1.2.3"', "level 1"),
        ("CR d'examens biologiques</title>", "</title>", "title"),
        ('effectiveTime value="20260105083015+0100"', 'effectiveTime value="20260105"', "offset"),
        ("fr-FR", "en-US", "language"),
        ('<setId root="1.2.250.1.999.1.7"/>', "", "setId"),
        ('<versionNumber value="1"/>', '<versionNumber value="0"/>', "version"),
        ('signatureCode code="S"', 'signatureCode code="X"', "signatureCode S"),
        ("encompassingEncounter>", "encounter>", "encounter"),
        ("2.16.840.1.113883.5.25", "1.2.3", "confidentiality"),
    ],
)
def test_each_rule_of_the_header_refuses_what_breaks_it(right: str, wrong: str, sentence: str) -> None:
    data = GOOD.decode().replace(right, wrong)
    document = judged(data.encode(), rules=Level.REFUSE)
    assert [fault.reason for fault in document.faults] == ["NON_CONFORMANT"]
    assert sentence in document.detail


@pytest.mark.parametrize(
    "wrong",
    ['<script>alert("x")</script>', '<img src="https://somewhere.example/a.png"/>', '<a href="javascript:x()"/>', '<b onclick="x()"/>'],
)
def test_a_stylesheet_that_runs_or_loads_something_is_refused(wrong: str) -> None:
    data = self_displaying(DOCUMENT, section("a", "b")).replace(b"<html/>", f"<html>{wrong}</html>".encode())
    assert judged(data, rules=Level.REFUSE).verdict == "NON_CONFORMANT"


def test_a_warning_lets_the_document_through_and_is_told() -> None:
    document = judged(GOOD.replace(b"fr-FR", b"en-US"), rules=Level.WARN)
    assert (document.verdict, document.notes) == ("ok", ("rule: the language is not fr-FR",))


def test_what_is_off_is_not_looked_at() -> None:
    assert judged(GOOD.replace(b"fr-FR", b"en-US")).notes == ()


def test_what_is_no_cda_is_not_held_against_rules_of_the_cda() -> None:
    assert Conformity(Conformance()).judge(only(b"hello")) == only(b"hello")


def test_the_operators_schema_refuses_what_it_does_not_know(rules: Path) -> None:
    asked = {"xsd": Level.REFUSE, "schema_file": rules / "cda.xsd"}
    assert judged(GOOD, **asked).verdict == "ok"
    document = judged(GOOD.replace(b'<realmCode code="FR"/>', b""), **asked)
    assert (document.verdict, "MARIE" in document.detail) == ("NON_CONFORMANT", False)
    assert judged(self_displaying(DOCUMENT, section("a", "b")), **asked).verdict == "ok"


def test_the_operators_rule_set_says_what_is_broken_without_quoting_it(rules: Path) -> None:
    assert judged(GOOD, **schematron(rules, Level.REFUSE)).verdict == "ok"
    document = judged(GOOD.replace(b"CR d'examens", b"X examens"), **schematron(rules, Level.REFUSE))
    assert document.detail == "rules: Un titre a des mots entiers, pas … ; … ."
    assert document.verdict == "NON_CONFORMANT"


def test_a_rule_set_reads_the_value_sets_that_lie_beside_it(rules: Path) -> None:
    document = judged(GOOD.replace(b"fr-FR", b"en-US"), **schematron(rules, Level.WARN))
    assert document.notes == ("rules: La langue est connue.",)


def test_a_rule_set_of_a_template_is_for_documents_that_claim_it(rules: Path) -> None:
    wrong = GOOD.replace(b"fr-FR", b"en-US")
    assert judged(wrong, **schematron(rules, Level.REFUSE, "1.2.250.1.213.1.1.1.55")).verdict == "ok"
    assert judged(wrong, **schematron(rules, Level.REFUSE, "1.2.250.1.213.1.1.1.1")).verdict == "NON_CONFORMANT"


def test_a_rule_set_that_names_a_missing_file_stops_the_feed_and_refuses_nobody(rules: Path) -> None:
    (rules / "languages.xml").unlink()
    with pytest.raises(FinalError, match=r"rules\.sch names a file that is not there"):
        judged(GOOD, **schematron(rules, Level.REFUSE))


@pytest.mark.parametrize("broken", ["rules.sch", "cda.xsd"])
def test_a_schema_or_a_rule_set_that_is_none_is_told_before_any_document(rules: Path, broken: str) -> None:
    (rules / broken).write_text("<x>")
    with pytest.raises(FinalError, match=broken):
        judged(GOOD, xsd=Level.WARN, schema_file=rules / "cda.xsd", **schematron(rules, Level.WARN))


@pytest.mark.parametrize("asked", [{"xsd": "refuse"}, {"schematron": "warn"}, {"rules": "sometimes"}, {"schema": "warn"}])
def test_a_feed_that_asks_for_what_it_does_not_name_is_refused(asked: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Conformance.model_validate(asked)
