"""What the registry holds of people, in forms that two moments, or two ways of getting there, can be compared by."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.platform.clock import PARIS
from pipelines.registry.contract import DELIVERY_SCHEMA, DeliveryKind, FileEntry, FileFormat, Manifest
from pipelines.registry.matricule import matricule_key
from pipelines.registry.steps import DeliveryReport, take_in_delivery
from tests.campaign_driver import Campaign
from tests.registry_builder import FILE, Person, deliver

# By the numbers of a person and never by the id: no version, and no day on which something was first heard of.
_PEOPLE = """
select
  (select jsonb_agg(i.matricule || ' ' || i.matricule_kind order by i.matricule) from registry.identifier as i
   where i.person_id = p.person_id) as numbers,
  to_jsonb(p) - 'person_id' - 'known_since' as person,
  to_jsonb(c) - 'person_id' - 'version' - 'valid_from' as contact,
  (select jsonb_agg(to_jsonb(a) - 'person_id' order by a.body) from registry.second_affiliation as a
   where a.person_id = p.person_id) as others,
  (select jsonb_agg(jsonb_build_object(
     'rank', r.rank, 'awaited', r.awaited_matricule,
     'linked', (select min(i.matricule) from registry.identifier as i where i.person_id = r.representative_id)
   ) order by r.rank) from registry.representative as r where r.person_id = p.person_id) as representatives
from registry.person as p
join registry.contact as c using (person_id)
order by 1
"""
_IDS = "select matricule, person_id from registry.identifier order by matricule"
_FACTS = (
    "select i.matricule, f.kind, f.happened_on from registry.fact as f join registry.identifier as i using (person_id) order by 1, 2, 3"
)
_DOUBTS = """
select d.kind, d.status, min(a.matricule) as one, min(b.matricule) as other
from registry.doubt as d
join registry.identifier as a on d.person_id = a.person_id
left join registry.identifier as b on d.other_id = b.person_id
group by d.doubt_id order by 1, 2, 3, 4
"""
_QUARANTINE = """
select d.folder, q.file, q.line, q.reason, q.column_name
from registry.quarantine as q join registry.delivery as d using (delivery_id) order by 1, 2, 3, 4, 5
"""
_DEPARTMENTS = """
select d.folder, n.department, n.newcomers, n.changed, n.departed
from registry.delivery_department as n join registry.delivery as d using (delivery_id) order by 1, 2
"""
_REST = {
    "named": "select * from registry.named_representative",
    "deliveries": "select folder, status, counts from registry.delivery order by 1",
}


def people(campaign: Campaign) -> list[dict[str, Any]]:
    """Return all that is known of everybody: numbers, traits, contact data, what other bodies say, representatives."""
    return campaign.rows(_PEOPLE)


def state(campaign: Campaign) -> dict[str, Any]:
    """Return all that a delivery leaves, ids of people included; what is numbered by the database itself is told by its name."""
    return {
        "people": people(campaign),
        "ids": campaign.rows(_IDS),
        "facts": campaign.rows(_FACTS),
        "doubts": campaign.rows(_DOUBTS),
        "quarantine": campaign.rows(_QUARANTINE),
        "departments": campaign.rows(_DEPARTMENTS),
        **{what: campaign.rows(query) for what, query in _REST.items()},
    }


def person_of(campaign: Campaign, person: Person) -> dict[str, Any]:
    """Return all that is known of one person."""
    return next(row for row in people(campaign) if any(number.startswith(person.matricule) for number in row["numbers"]))


def facts(campaign: Campaign, person: Person) -> list[tuple[str, date]]:
    """Return the dated facts about one person, oldest first."""
    found = campaign.rows(
        "select f.kind, f.happened_on from registry.fact as f join registry.identifier as i using (person_id) "
        "where i.matricule = :matricule order by f.happened_on, f.kind",
        matricule=person.matricule,
    )
    return [(row["kind"], row["happened_on"]) for row in found]


def doubts(campaign: Campaign) -> list[str]:
    """Return the kinds of the doubts raised so far."""
    return [row["kind"] for row in campaign.rows("select kind from registry.doubt order by doubt_id")]


def set_aside(campaign: Campaign) -> list[tuple[int, str]]:
    """Return line and reason of all that the quarantine holds."""
    found = campaign.rows("select line, reason from registry.quarantine order by delivery_id, file, line, reason")
    return [(row["line"], row["reason"]) for row in found]


def at_four(on: date) -> datetime:
    """Return four in the morning of a day in Paris, when deliveries are taken in."""
    return datetime.combine(on, datetime.min.time(), PARIS) + timedelta(hours=4)


def register_all(campaign: Campaign, *people: Person, body: str = "CPAM", on: date) -> DeliveryReport:
    """Deliver everyone of a body and take the delivery in."""
    return campaign.take_in(deliver(campaign.home.store, body, people, on, DeliveryKind.FULL), at_four(on))


def put_delivery(
    campaign: Campaign, people: Sequence[Person], body: str, on: date, kind: DeliveryKind, group_rows: int = 1000, sequence: int = 0
) -> str:
    """Put a delivery down whose row groups are small, so that it can be cut into portions; return its folder."""
    content = _parquet_in_groups(people, group_rows)
    entry = FileEntry(name=FILE, format=FileFormat.PARQUET, rows=len(people), sha256=hashlib.sha256(content).hexdigest())
    manifest = Manifest(contract="1.0", body=body, kind=kind, reference_date=on, sequence=sequence, files=(entry,))
    campaign.home.store.put("registry", f"{manifest.folder}/{FILE}", content)
    campaign.home.store.put("registry", f"{manifest.folder}/manifest.json", manifest.model_dump_json().encode())
    return manifest.folder


def _parquet_in_groups(people: Sequence[Person], group_rows: int) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([asdict(person) for person in people], schema=DELIVERY_SCHEMA), sink, row_group_size=group_rows)
    return sink.getvalue()


def take_in_with(campaign: Campaign, folder: str, on: date, **settings: int) -> DeliveryReport:
    """Take a delivery in with other settings."""
    home = campaign.home
    return take_in_delivery(home.db, home.store, home.settings.model_copy(update=settings), folder, at_four(on))


def matricule_of(stem: str) -> str:
    """Return a number of 13 characters with its key."""
    return stem + matricule_key(stem)


def report_of(campaign: Campaign, folder: str) -> dict[str, Any]:
    """Return what was reported to the sender of a delivery."""
    found: dict[str, Any] = json.loads(campaign.home.store.get("registry", f"{folder}/report.json"))
    return found


def numbers_of(campaign: Campaign, person: Person) -> Sequence[str]:
    """Return the numbers of a person with their kinds, in their order."""
    numbers: Sequence[str] = person_of(campaign, person)["numbers"]
    return numbers
