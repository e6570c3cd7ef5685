"""What a feed asks of a CDA beyond what must be read of it: business rules, the schema, Schematron rule sets; off, warned of, or refused.

CI-SIS and the DMP say that one non-conformity refuses a document (EX_2.1-1071); a feed may begin by being warned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

from pipelines.documents.business_rules import broken_rules, claimed_templates
from pipelines.documents.cda import clinical_document, is_cda
from pipelines.documents.document import Fault, IncomingDocument, Reason, RefusedDocumentError
from pipelines.documents.safe_xml import Element, parse_xml

Judge: TypeAlias = Callable[[Element], Iterator[str]]
# So many findings of one kind are told of one document: a form that is filled in wrong breaks a rule at each line.
FINDINGS_TOLD = 20


class Level(StrEnum):
    """What is done with what does not conform."""

    OFF = "off"
    WARN = "warn"
    REFUSE = "refuse"


class RuleSetFile(BaseModel):
    """A Schematron rule set, as `.sch` or compiled to XSLT already; with a `template`, for documents that claim it only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path
    template: str | None = None


class Conformance(BaseModel):
    """What a feed asks: the table `[conformance]` of its file.

    `schema_file` is the operator's copy of `CDA_extended.xsd`, which is not ours to pass on. It and the rule sets are read once by each
    process that reads documents.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: Level = Level.REFUSE
    # `schema` is a name that pydantic keeps for itself.
    xsd: Level = Level.OFF
    schematron: Level = Level.OFF
    schema_file: Path | None = None
    rule_sets: tuple[RuleSetFile, ...] = ()

    @model_validator(mode="after")
    def _has_what_it_asks(self) -> Conformance:
        if self.xsd is not Level.OFF and self.schema_file is None:
            raise ValueError("xsd is not off: name the operator's CDA_extended.xsd in schema_file")
        if self.schematron is not Level.OFF and not self.rule_sets:
            raise ValueError("schematron is not off: name the rule sets in rule_sets")
        return self


class Conformity:
    """Judges documents by what a feed asks; made once a process. Raises: FinalError where a schema or a rule set cannot be used."""

    def __init__(self, asked: Conformance) -> None:
        self.judges: list[tuple[Level, str, Judge]] = []
        if asked.rules is not Level.OFF:
            self.judges.append((asked.rules, "rule", broken_rules))
        if asked.xsd is not Level.OFF and asked.schema_file is not None:
            from pipelines.documents.schema import Schema

            self.judges.append((asked.xsd, "schema", Schema(asked.schema_file).faults))
        if asked.schematron is not Level.OFF:
            from pipelines.documents.schematron import RuleSet

            for named in asked.rule_sets:
                self.judges.append((asked.schematron, named.file.stem, _of_template(named.template, RuleSet(named.file).failed)))

    def judge(self, document: IncomingDocument) -> IncomingDocument:
        """Return a document with what it does not conform to: faults where that refuses it, notes where it is warned of."""
        clinical = _clinical(document) if self.judges else None
        if clinical is None:
            return document
        faults, notes = list(document.faults), list(document.notes)
        for level, name, found in self.judges:
            for number, finding in enumerate(found(clinical)):
                if number == FINDINGS_TOLD:
                    notes.append(f"{name}: more than {FINDINGS_TOLD} findings")
                    break
                if level is Level.REFUSE:
                    faults.append(Fault(Reason.NON_CONFORMANT, f"{name}: {finding}"))
                else:
                    notes.append(f"{name}: {finding}")
        return replace(document, faults=tuple(faults), notes=tuple(notes))


def _of_template(template: str | None, judge: Judge) -> Judge:
    """Return a judge that is silent on documents which do not claim a template."""
    if template is None:
        return judge
    return lambda clinical: judge(clinical) if template in claimed_templates(clinical) else iter(())


def _clinical(document: IncomingDocument) -> Element | None:
    """Return the CDA that a document is; None where it is none."""
    content = document.content
    if not content or not content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<"):
        return None
    try:
        root = parse_xml(content, "the document")
        return clinical_document(root, "the document") if is_cda(root) else None
    except RefusedDocumentError:
        return None
