"""The one table of how long what is kept (`rules.toml`), checked whole when it is read."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.platform.errors import FinalError
from pipelines.platform.toml_file import read_toml

DEFAULT_FILE = Path(__file__).with_name("rules.toml")
Name = Annotated[str, Field(pattern=r"^[a-z_]+$")]


class _Rule(BaseModel):
    """What, where, why, and the source of the time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    what: str
    where: str
    why: str
    source: str


class _Timed(_Rule):
    """A rule with a time of its own."""

    days: int = Field(ge=30, le=3653)

    def before(self, as_of: datetime) -> datetime:
        """Return the instant before which things of this rule are deleted by a run of an instant."""
        return as_of - timedelta(days=self.days)


class ObjectRule(_Timed):
    """Versions of objects whose whole key matches."""

    how: Literal["objects"]
    bucket: Name
    prefix: str = ""
    keys: str
    held: Name | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a whole key must match."""
        return re.compile(self.keys)


class RowRule(_Timed):
    """Rows, by the statement of the rule's name, which a transaction deletes of so many things at once."""

    how: Literal["rows"]
    chunk: int = Field(ge=1, le=100_000)


class FileRule(_Timed):
    """Airflow's logs."""

    how: Literal["files"]


class AirflowRule(_Timed):
    """Airflow's own database."""

    how: Literal["airflow"]


class Elsewhere(_Rule):
    """What something else deletes."""

    how: Literal["elsewhere"]
    until: str


TimedRule = ObjectRule | RowRule | FileRule | AirflowRule
Rule = Annotated[TimedRule | Elsewhere, Field(discriminator="how")]


class RuleTable(BaseModel):
    """All rules, in the order of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _each_name_once(self) -> RuleTable:
        names = [rule.name for rule in self.rules]
        if len(set(names)) < len(names):
            raise ValueError("two rules have the same name")
        return self

    @property
    def timed(self) -> list[TimedRule]:
        """The rules by which `retention` deletes."""
        return [rule for rule in self.rules if not isinstance(rule, Elsewhere)]

    def named(self, name: str) -> TimedRule:
        """Return a rule by its name. Raises: FinalError if there is none that deletes."""
        for rule in self.timed:
            if rule.name == name:
                return rule
        raise FinalError(f"there is no rule {name} that deletes: rules.toml has {', '.join(rule.name for rule in self.timed)}")


def load_rules(file: Path = DEFAULT_FILE) -> RuleTable:
    """Return the rules. Raises: FinalError, naming each key at fault."""
    return read_toml(RuleTable, file)


def as_table(table: RuleTable) -> str:
    """Return the rules as the table of `docs/retention.md`."""
    lines = ["| rule | what | where | kept | why | source |", "|---|---|---|---|---|---|"]
    for rule in table.rules:
        kept = rule.until if isinstance(rule, Elsewhere) else f"{rule.days} days"
        lines.append(f"| `{rule.name}` | {rule.what} | {rule.where} | {kept} | {rule.why} | {rule.source} |")
    return "\n".join(lines)
