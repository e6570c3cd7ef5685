"""A CDA held against the operator's copy of the XML schema, without a word of its content in what is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from pipelines.documents.safe_xml import Element
from pipelines.platform.errors import FinalError


class Schema:
    """A compiled schema. Raises: FinalError where the file, or one that it includes, cannot be read as one."""

    def __init__(self, file: Path) -> None:
        try:
            self._schema = etree.XMLSchema(etree.parse(file, etree.XMLParser(no_network=True)))
        except (OSError, etree.LxmlError) as error:
            raise FinalError(
                f"the schema {file.name} cannot be used: {type(error).__name__}; it is looked for beside what it includes"
            ) from None

    def faults(self, clinical: Element) -> Iterator[str]:
        """Say where a document breaks the schema: libxml2's own sentences quote it, so the kind of error and the place are told."""
        document = _alone(clinical)
        if not self._schema.validate(document):
            for entry in self._schema.error_log:
                yield f"line {entry.line}: {entry.type_name.removeprefix('SCHEMAV_').lower()}"


def _alone(clinical: Element) -> Element:
    """Return a document as the root of a tree: the schema knows nothing of a stylesheet around it."""
    return clinical if clinical.getparent() is None else etree.fromstring(etree.tostring(clinical, with_tail=False))
