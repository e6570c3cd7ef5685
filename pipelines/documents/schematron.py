"""Schematron rule sets of the operator, compiled once, run by Saxon on documents whose XML was parsed safely before.

A `.sch` is compiled by the ISO skeleton that lxml carries, whose XSLT 1 output Saxon runs as XSLT 2, which is what the national rule sets
are written in. A `.xsl` is taken as compiled already (it writes SVRL, ISO/IEC 19757-3). Rule sets are trusted as code is: they may read the
files that they name, such as value sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import saxonche
from lxml import etree, isoschematron

from pipelines.documents.safe_xml import Element
from pipelines.platform.errors import FinalError

_SKELETON = Path(isoschematron.__file__).parent / "resources" / "xsl" / "iso-schematron-xslt1"
_STEPS = ("iso_dsdl_include.xsl", "iso_abstract_expand.xsl", "iso_svrl_for_xslt1.xsl")
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LONGEST = 200
# How Saxon words XPath's FODC0002, whose code it does not hand on: a file that the rule set names is not there.
_NOT_THERE = "I/O error"


class RuleSet:
    """One compiled rule set. Raises: FinalError where it cannot be compiled."""

    def __init__(self, file: Path) -> None:
        self.name, self._saxon = file.name, saxonche.PySaxonProcessor(license=False)
        # Saxon 13.1 breaks off on national rule sets when it optimises them ("Bad parent pointer"); they run as fast without.
        self._saxon.set_configuration_property("http://saxon.sf.net/feature/optimizationLevel", "0")
        compiler = self._saxon.new_xslt30_processor()
        try:
            sheet = self._compiled(file, compiler) if file.suffix == ".sch" else etree.parse(file).getroot()
            _quote_nothing(sheet)
            self._rules = compiler.compile_stylesheet(stylesheet_node=self._parsed(sheet, file))
        except (saxonche.PySaxonApiError, etree.LxmlError, OSError) as error:
            raise FinalError(f"the rule set {file.name} cannot be compiled: {error}") from None

    def _compiled(self, file: Path, compiler: Any) -> Element:
        """Return the stylesheet that a rule set becomes."""
        rules = self._saxon.parse_xml(xml_file_name=str(file.absolute()))
        for step in _STEPS:
            made = compiler.compile_stylesheet(stylesheet_file=str(_SKELETON / step))
            sheet = etree.fromstring(made.transform_to_string(xdm_node=rules).encode())
            # The last step takes rules in the first XPath only, and hands on what it is given.
            sheet.attrib.pop("queryBinding", None)
            rules = self._parsed(sheet, file)
        sheet.set("version", "2.0")
        return sheet

    def _parsed(self, root: Element, file: Path) -> Any:
        """Hand a document to Saxon as one that stands where the rule set does: what it names is found beside it."""
        root.set(_BASE, file.absolute().as_uri())
        return self._saxon.parse_xml(xml_text=etree.tostring(root, encoding="unicode"))

    def failed(self, clinical: Element) -> Iterator[str]:
        """Give the sentence of each rule that a document breaks, as the rule set words it; none of the document's words.

        Raises: FinalError where a file that the rule set names is missing.
        """
        try:
            text = etree.tostring(clinical, encoding="unicode", with_tail=False)
            report = self._rules.transform_to_string(xdm_node=self._saxon.parse_xml(xml_text=text))
        except saxonche.PySaxonApiError as error:
            if _NOT_THERE in str(error):
                raise FinalError(f"the rule set {self.name} names a file that is not there: {error}") from None
            yield "its rules cannot be applied to this document"
            return
        for broken in etree.fromstring(report.encode()).iter(f"{_SVRL}failed-assert"):
            yield " ".join("".join(broken.itertext()).split())[:_LONGEST] or "a rule without words"


def _quote_nothing(sheet: Element) -> None:
    """Let the sentences of a stylesheet say what the rule is, without what the document has in that place."""
    for sentence in sheet.iter(f"{_SVRL}text"):
        for quoted in list(sentence.iter(f"{_XSL}*")):
            if quoted.tag != f"{_XSL}text":
                before, parent = quoted.getprevious(), quoted.getparent()
                kept = f"…{quoted.tail or ''}"
                if before is None:
                    parent.text = (parent.text or "") + kept
                else:
                    before.tail = (before.tail or "") + kept
                parent.remove(quoted)
