"""Judging a CDA by what its feed asks: business rules, the schema, Schematron rule sets; off, warned of, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from pipelines.documents.business_rules import broken_rules, claimed_templates
from pipelines.documents.cda import clinical_document, is_cda
from pipelines.documents.conformance import Conformance, Level
from pipelines.documents.document import Fault, IncomingDocument, Reason, RefusedDocumentError
from pipelines.documents.safe_xml import Element, parse_xml

Judge: TypeAlias = Callable[[Element], Iterator[str]]
# So many findings of one kind are told of one document: a form that is filled in wrong breaks a rule at each line.
FINDINGS_TOLD = 20


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
