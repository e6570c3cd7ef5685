"""What a feed asks of a CDA beyond what must be read of it, as its file declares it; `conformity.py` judges by it.

CI-SIS and the DMP say that one non-conformity refuses a document (EX_2.1-1071); a feed may begin by being warned.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator


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
