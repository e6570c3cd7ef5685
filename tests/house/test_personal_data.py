"""docs/personal_data.md names every column that may say something about people, and who may read it is as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

KINDS = {"identifier", "identity", "contact", "record", "staff"}
SEEN_BY_WHO_COUNTS = {"staff"}
OUTSIDE_THE_REGISTRY = {"record", "staff"}
ROW = re.compile(r"^\| `(?P<table>[a-z_]+\.[a-z_]+)` \| (?P<columns>(?:`[a-z_0-9]+`(?:, )?)+) \| (?P<next>[^|]+) \|", re.MULTILINE)
# What can hold words; and dates of the registry, which may be those of a birth.
TELLING_COLUMNS = """
select a.attrelid::regclass::text as place, a.attname as column_name
from pg_attribute as a
inner join pg_class as c on a.attrelid = c.oid
where
  c.relnamespace::regnamespace::text <> all(array['information_schema', 'public']) and c.relnamespace::regnamespace::text !~ '^pg_'
  and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
  and (
    format_type(a.atttypid, null) in ('text', 'bytea', 'json', 'jsonb', 'character varying', 'text[]')
    or (a.atttypid = 'date'::regtype and c.relnamespace::regnamespace::text = 'registry')
  )
"""
READABLE = """
select has_column_privilege(:role, a.attrelid, a.attnum, 'select')
from pg_attribute as a
where a.attrelid = cast(:place as regclass) and a.attname = :column_name
"""
Column = tuple[str, str]


@pytest.fixture(scope="module")
def page(home: Path) -> str:
    return (home / "docs" / "personal_data.md").read_text()


def _columns(text: str) -> list[tuple[Column, str]]:
    found = []
    for row in ROW.finditer(text):
        found += [((row["table"], column), row["next"].strip()) for column in re.findall(r"`(\w+)`", row["columns"])]
    return found


@pytest.fixture(scope="module")
def personal(page: str) -> dict[Column, str]:
    """The columns that tell who somebody is, with their kind."""
    return dict(_columns(page.partition("## What other words there are")[0]))


@pytest.fixture(scope="module")
def telling(owner: sa.Engine) -> set[Column]:
    with owner.begin() as connection:
        return {(row.place, row.column_name) for row in connection.execute(sa.text(TELLING_COLUMNS))}


def test_every_column_that_can_tell_something_is_declared(page: str, telling: set[Column]) -> None:
    declared = [column for column, _ in _columns(page)]
    assert sorted(telling - set(declared)) == [], "a new column: say in docs/personal_data.md what it tells about people"
    assert sorted(set(declared) - telling) == [], "a column that is gone, or cannot hold words"
    assert len(declared) == len(set(declared)), "a column is declared twice"


def test_kinds_are_those_of_the_page(personal: dict[Column, str]) -> None:
    assert set(personal.values()) == KINDS


def test_identifiers_identities_and_contacts_lie_in_the_registry_alone(personal: dict[Column, str]) -> None:
    """The digest of an address that bounced is no address."""
    elsewhere = {column for column, kind in personal.items() if kind not in OUTSIDE_THE_REGISTRY and not column[0].startswith("registry.")}
    assert elsewhere == {("campaign.dead_address", "digest")}


def test_one_table_holds_the_matricules_of_known_people(personal: dict[Column, str]) -> None:
    """What else names a matricule is about representatives whom the registry may not know yet."""
    identifiers = {column for column, kind in personal.items() if kind == "identifier"}
    assert {column for _, column in identifiers} - {"matricule"} == {"awaited_matricule", "representative_1", "representative_2"}
    assert {table for table, column in identifiers if column == "matricule"} == {"registry.identifier", "registry.named_representative"}


def test_who_counts_sees_nobody(owner: sa.Engine, personal: dict[Column, str]) -> None:
    with owner.begin() as connection:
        seen = [
            column
            for column, kind in personal.items()
            if kind not in SEEN_BY_WHO_COUNTS
            and connection.execute(
                sa.text(READABLE), {"role": "espace_reporting", "place": column[0], "column_name": column[1]}
            ).scalar_one()
        ]
    assert len(personal) > 50 and seen == []
