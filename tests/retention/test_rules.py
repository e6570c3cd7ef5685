"""The table of rules is whole, each thing has one rule, and people read what holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.platform.errors import FinalError
from pipelines.retention.rules import ObjectRule, RowRule, RuleTable, as_table, load_rules

HOME = Path(__file__).resolve().parents[2]
OBJECTS = {
    "registry/deliveries/CPAM/2022-01-03-full/assures-0001.parquet": "deliveries",
    "registry/deliveries/CPAM/2022-01-03-full/manifest.json": "deliveries",
    "registry/deliveries/CPAM/2022-01-03-full/report.json": None,
    "registry/digests/CPAM/2022-01-03-full/0123.parquet": None,
    "print/PRINCIPAL/lots/12/letters.pdf.zst.age": "lots",
    "print/PRINCIPAL/announcements/2022-01-31.json": "announcements",
    "exchanges/oppositions/WEB/taken/0001.jsonl": "opposition_files",
    "exchanges/oppositions/WEB/answers/0001.jsonl": "answers",
    "exchanges/oppositions/WEB/inbox/0001.jsonl": None,
    "exchanges/bounces/taken/0001.eml": "bounces",
    "exchanges/printers/PRINCIPAL/deposits/taken/0001.csv": "inbound_files",
    "exchanges/printers/PRINCIPAL/deposits/answers/0001.csv": "answers",
    "exchanges/deaths/taken/deces-2022-m01.txt": "inbound_files",
    "exchanges/systems/ACCOUNTS/outbound/0000000001/records.parquet": "outbound_files",
    "exchanges/systems/ACCOUNTS/acknowledgements/taken/0001.csv": "inbound_files",
    "exchanges/life_events/FRAUD/taken/0001.jsonl": "inbound_files",
    "exchanges/documents/hospital/answers/0001.ack": "answers",
    "exchanges/documents/hospital/inbox/0001.hl7": None,
    "exchanges/documents/hospital/parked/0001/0001.hl7": None,
    "exchanges/documents/hospital/quarantine/0001/taken/0001.hl7": None,
    "exchanges/documents/hospital/inbox/answers/0001.hl7": None,
    "exchanges/life_events/FRAUD/inbox/taken/0001.jsonl": None,
    "reports/2022-01-31/report.html": "reports",
    "audit/heads/00000001.json": None,
    "documents/0123/4567": None,
}


@pytest.fixture(scope="module")
def table() -> RuleTable:
    return load_rules()


@pytest.mark.parametrize(("thing", "rule"), OBJECTS.items(), ids=OBJECTS)
def test_an_object_falls_under_one_rule_or_none(table: RuleTable, thing: str, rule: str | None) -> None:
    bucket, _, key = thing.partition("/")
    found = [
        one.name
        for one in table.timed
        if isinstance(one, ObjectRule) and one.bucket == bucket and key.startswith(one.prefix) and one.pattern.fullmatch(key)
    ]
    assert found == ([rule] if rule else [])


def test_people_read_the_rules_that_hold(table: RuleTable) -> None:
    assert as_table(table) in (HOME / "docs" / "retention.md").read_text()


def test_every_rule_has_its_statement_and_no_statement_is_left_over(table: RuleTable) -> None:
    needed = {one.name for one in table.timed if isinstance(one, RowRule)}
    needed |= {one.held for one in table.timed if isinstance(one, ObjectRule) and one.held}
    assert {file.stem for file in (HOME / "sql" / "retention").glob("*.sql")} == needed | {"put_hold", "lift_hold", "holds"}


def test_an_unknown_rule_is_told_with_those_there_are(table: RuleTable) -> None:
    with pytest.raises(FinalError, match="there is no rule spool that deletes"):
        table.named("spool")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("days = 396|days = 3", "days"),
        ('how = "rows"|how = "burn"', "how"),
        ('name = "lots"|name = "bounces"', "same name"),
        ('why = "volumes are compared with invoices"|', "why"),
    ],
)
def test_a_table_that_cannot_be_used_names_what_is_wrong(tmp_path: Path, change: str, told: str) -> None:
    old, _, new = change.partition("|")
    text = (HOME / "pipelines" / "retention" / "rules.toml").read_text()
    assert old in text
    (tmp_path / "rules.toml").write_text(text.replace(old, new))
    with pytest.raises(FinalError, match=told):
        load_rules(tmp_path / "rules.toml")
