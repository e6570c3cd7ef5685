"""A delivery at fault is refused whole, before any effect and with a sentence; one with many bad rows waits for a person."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.platform.errors import RetryableError, RuleError
from pipelines.registry import intake
from pipelines.registry.contract import DELIVERY_SCHEMA, DeliveryKind
from pipelines.registry.delivery_files import LARGEST_GROUP
from pipelines.registry.intake import Status
from pipelines.registry.limits import Limits
from pipelines.registry.postal_address import UNUSABLE
from pipelines.registry.row_rules import RowFault
from pipelines.registry.steps import decide_delivery, find_deliveries
from tests.campaign_driver import Campaign
from tests.registry_builder import FILE, Person, by_letter, deliver, invent, manifest_of, parquet_of
from tests.registry_state import at_four, people, person_of, register_all, report_of, set_aside
from tests.scenarios.test_registry_intake import QUARANTINED

FIRST, SECOND, THIRD = (date(2022, 1, day) for day in (3, 10, 17))
KNOWN, NEW = invent(1), invent(2)
HEADER = ";".join(DELIVERY_SCHEMA.names)


def many(count: int) -> list[Person]:
    """Return so many different people."""
    return [invent(1 + n % 100, birth_date=f"1982{1 + n // 100:02d}14") for n in range(count)]


def parquet(*rows: dict[str, Any], schema: pa.Schema = DELIVERY_SCHEMA, group_rows: int | None = None) -> bytes:
    """Return rows as a Parquet file of a schema."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink, row_group_size=group_rows)
    return sink.getvalue()


def csv(*lines: str, header: str = HEADER, end: str = "\n", encoding: str = "utf-8") -> bytes:
    """Return a CSV file."""
    return ("\n".join([header, *lines]) + end).encode(encoding)


def line(person: Person, **changes: str) -> str:
    """Return a person as a line of CSV."""
    values = {name: str(value) for name, value in asdict(person).items() if value is not None} | changes
    return ";".join(values.get(name, "") for name in DELIVERY_SCHEMA.names)


def without(name: str) -> pa.Schema:
    """Return the contract's columns without one."""
    return DELIVERY_SCHEMA.remove(DELIVERY_SCHEMA.get_field_index(name))


@dataclass(frozen=True)
class Fault:
    """A delivery at fault: its file, what its manifest says otherwise, and a part of the sentence that refuses it."""

    sentence: str
    content: bytes | None = parquet_of([NEW])
    manifest: dict[str, Any] = field(default_factory=dict)
    entry: dict[str, Any] = field(default_factory=dict)
    folder: str = f"deliveries/CPAM/{SECOND}-delta"


IN_CSV = {"format": "csv"}
NO_LINE = {"format": "csv", "rows": 0}
WITH_SALARY = DELIVERY_SCHEMA.append(pa.field("salary", pa.string()))
NUMBERED = pa.schema([pa.field(f.name, pa.int64()) if f.name == "birth_date" else f for f in DELIVERY_SCHEMA])
TOO_MANY_ROWS = parquet(*[{}] * (LARGEST_GROUP + 1), group_rows=LARGEST_GROUP + 1)
ACCENTED = line(NEW.but(birth_name="LÉON"))
FAULTS = {
    "a file is missing": Fault("does not lie in", content=None),
    "a file was changed": Fault("SHA-256", entry={"sha256": "0" * 64}),
    "a file was cut": Fault("SHA-256", content=parquet_of([NEW])[:-100], entry={"sha256": hashlib.sha256(parquet_of([NEW])).hexdigest()}),
    "a file was cut before its manifest was written": Fault("is not a Parquet file", content=parquet_of([NEW])[:-100]),
    "a file has fewer rows": Fault("announces 2", entry={"rows": 2}),
    "a file has more rows": Fault("announces 0", entry={"rows": 0}),
    "a CSV file has more rows": Fault("announces 1", content=csv(line(NEW), line(KNOWN)), entry=IN_CSV),
    "another version": Fault("contract", manifest={"contract": "2.0"}),
    "an unknown field": Fault("contract", manifest={"author": "somebody"}),
    "no file": Fault("files", manifest={"files": []}),
    "another body's folder": Fault("lies in", manifest={"body": "MSA"}),
    "a day to come": Fault("yet to come", manifest={"reference_date": "2062-01-10"}, folder="deliveries/CPAM/2062-01-10-delta"),
    "a manifest that is no manifest": Fault("longer than", manifest={"author": "x" * (4 << 20)}),
    "a row group is too large to be read at once": Fault("row group", TOO_MANY_ROWS, entry={"rows": LARGEST_GROUP + 1}),
    "a value is endless": Fault("longer than a person's data", parquet(*[{"office": "x" * 20_000}] * 8000), entry={"rows": 8000}),
    "another day's folder": Fault("lies in", manifest={"reference_date": "2022-01-11"}),
    "another kind's folder": Fault("lies in", manifest={"kind": "full"}),
    "a column is missing": Fault("has no column sex", content=parquet(asdict(NEW), schema=without("sex"))),
    "a CSV column is missing": Fault("has no column rights_end_on", csv(header=HEADER.removesuffix(";rights_end_on")), entry=NO_LINE),
    "a column is unknown": Fault("1 column(s) that the contract does not know", parquet(asdict(NEW), schema=WITH_SALARY)),
    "a column comes twice": Fault("has a column twice", content=csv(header=f"{HEADER};sex"), entry=NO_LINE),
    "a column has another type": Fault("column birth_date must be", parquet({"birth_date": 19820314}, schema=NUMBERED)),
    "utf-8 is declared and is not": Fault("declared utf-8", content=csv(ACCENTED, encoding="iso-8859-15"), entry=IN_CSV),
    "iso is declared and is not": Fault("is utf-8", content=csv(ACCENTED), entry={**IN_CSV, "encoding": "iso-8859-15"}),
    "the last line is cut": Fault("does not end with a line feed", content=csv(line(NEW), end=""), entry=IN_CSV),
    "a line has too many values": Fault("columns instead of", content=csv(f"{line(NEW)};x"), entry=IN_CSV),
    "a date cannot be read": Fault("not a date", content=csv(line(NEW, affiliated_since="01/01/2020")), entry=IN_CSV),
    "a truth cannot be read": Fault("not a bool", content=csv(line(NEW, large_print="oui")), entry=IN_CSV),
}  # fmt: skip


def put(campaign: Campaign, fault: Fault) -> str:
    """Put a delivery at fault down; return its folder."""
    content = fault.content or b""
    manifest = json.loads(manifest_of("CPAM", content, 1, SECOND).model_dump_json()) | fault.manifest
    for entry in manifest["files"]:
        entry |= fault.entry
    if fault.content is not None:
        campaign.home.store.put("registry", f"{fault.folder}/{FILE}", fault.content)
    campaign.home.store.put("registry", f"{fault.folder}/manifest.json", json.dumps(manifest).encode())
    return fault.folder


def all_but_deliveries(campaign: Campaign) -> dict[str, tuple[int, str]]:
    """Return all that the database holds, but what it keeps of deliveries themselves."""
    return {table: found for table, found in campaign.everything().items() if table != "registry.delivery"}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_delivery_at_fault_is_refused_with_a_sentence_and_without_effect(campaign: Campaign, fault: Fault) -> None:
    campaign.register(KNOWN, on=FIRST)
    before = all_but_deliveries(campaign)
    report = campaign.take_in(put(campaign, fault), at_four(SECOND))
    assert (report.status, all_but_deliveries(campaign)) == (Status.REFUSED, before) and fault.sentence in str(report.refusal)


def test_the_sender_reads_why_its_delivery_was_refused(campaign: Campaign) -> None:
    report = campaign.take_in(put(campaign, FAULTS["a file has fewer rows"]), at_four(SECOND))
    assert report_of(campaign, report.folder) == {"taken_in": False, "refusal": report.refusal}


def test_a_refused_delivery_is_refused_again_with_the_same_sentence(campaign: Campaign) -> None:
    folder = put(campaign, FAULTS["a file has fewer rows"])
    first = campaign.take_in(folder, at_four(SECOND))
    before = campaign.everything()
    assert campaign.take_in(folder, at_four(THIRD)) == first and campaign.everything() == before


def test_a_refused_delivery_leaves_no_copy_of_its_files(campaign: Campaign) -> None:
    campaign.take_in(put(campaign, FAULTS["a date cannot be read"]), at_four(SECOND))
    assert list(campaign.home.settings.var.glob("work-*/")) == []


@pytest.mark.parametrize("row", [NEW, KNOWN], ids=["other rows", "the same rows"])
def test_a_second_delivery_of_a_day_is_refused(campaign: Campaign, row: Person) -> None:
    folder = campaign.register(KNOWN, on=FIRST).folder
    before = all_but_deliveries(campaign)
    content = parquet_of([row])
    campaign.home.store.put("registry", f"{folder}/{FILE}", content)
    manifest = json.loads(manifest_of("CPAM", content, 1, FIRST).model_dump_json())
    campaign.home.store.put("registry", f"{folder}/manifest.json", json.dumps(manifest, indent=1).encode())
    report = campaign.take_in(folder, at_four(SECOND))
    assert "already taken in" in str(report.refusal) and all_but_deliveries(campaign) == before


@pytest.mark.parametrize("kind", [DeliveryKind.FULL, DeliveryKind.DELTA])
def test_a_delivery_that_a_later_one_overtook_is_refused(campaign: Campaign, kind: DeliveryKind) -> None:
    campaign.register(KNOWN, on=SECOND)
    before = all_but_deliveries(campaign)
    report = campaign.take_in(deliver(campaign.home.store, "CPAM", [NEW], FIRST, kind), at_four(THIRD))
    assert "or a later one" in str(report.refusal) and all_but_deliveries(campaign) == before


def test_an_older_delivery_of_another_body_is_taken_in(campaign: Campaign) -> None:
    campaign.register(KNOWN, on=SECOND)
    assert campaign.register(NEW, body="MSA", on=FIRST).status is Status.TAKEN_IN


def test_a_full_delivery_and_a_delta_of_one_day_are_both_taken_in(campaign: Campaign) -> None:
    campaign.register(KNOWN, on=FIRST)
    folder = deliver(campaign.home.store, "CPAM", [KNOWN, NEW], FIRST, DeliveryKind.FULL)
    assert campaign.take_in(folder, at_four(FIRST)).status is Status.TAKEN_IN


@pytest.mark.parametrize("kind", [DeliveryKind.FULL, DeliveryKind.DELTA])
def test_a_delivery_without_rows_is_taken_in(campaign: Campaign, kind: DeliveryKind) -> None:
    campaign.register(KNOWN, on=FIRST)
    report = campaign.take_in(deliver(campaign.home.store, "MSA", [], SECOND, kind), at_four(SECOND))
    assert (report.status, report.counts["received"]) == (Status.TAKEN_IN, 0)


# Counts.


def test_a_full_delivery_that_falls_too_far_is_taken_for_a_truncated_one(campaign: Campaign) -> None:
    campaign.take_in(deliver(campaign.home.store, "CPAM", many(1200), FIRST, DeliveryKind.FULL), at_four(FIRST))
    before = all_but_deliveries(campaign)
    report = campaign.take_in(deliver(campaign.home.store, "CPAM", many(1000), SECOND, DeliveryKind.FULL), at_four(SECOND))
    assert report.refusal == "1000 rows came, and 1200 in the last full delivery: it was taken for a truncated one"
    assert all_but_deliveries(campaign) == before


def test_a_delta_may_be_as_small_as_it_likes(campaign: Campaign) -> None:
    campaign.take_in(deliver(campaign.home.store, "CPAM", many(1200), FIRST, DeliveryKind.FULL), at_four(FIRST))
    assert campaign.register(KNOWN, on=SECOND).status is Status.TAKEN_IN


# Bad rows.


@pytest.fixture
def waiting(campaign: Campaign) -> str:
    """The folder of a delivery that waits: 60 of its 1000 rows are bad."""
    rows = [person if n >= 60 else person.but(sex="X") for n, person in enumerate(many(1000))]
    campaign.register(KNOWN, body="MSA", on=FIRST)
    folder = deliver(campaign.home.store, "CPAM", rows, FIRST, DeliveryKind.FULL)
    assert campaign.take_in(folder, at_four(FIRST)).status is Status.WAITING
    return folder


def test_many_bad_rows_wait_for_a_person_and_have_no_effect(campaign: Campaign) -> None:
    rows = [person if n >= 51 else person.but(sex="X") for n, person in enumerate(many(1000))]
    before = all_but_deliveries(campaign)
    report = campaign.take_in(deliver(campaign.home.store, "CPAM", rows, FIRST), at_four(FIRST))
    assert (report.status, report.counts, all_but_deliveries(campaign)) == (
        Status.WAITING,
        {"received": 1000, "quarantined": 51, "gone": 0},
        before,
    )


def test_bad_rows_within_the_limit_are_set_aside(campaign: Campaign) -> None:
    rows = [person if n >= 50 else person.but(sex="X") for n, person in enumerate(many(1000))]
    report = campaign.take_in(deliver(campaign.home.store, "CPAM", rows, FIRST), at_four(FIRST))
    assert (report.counts["quarantined"], report.counts["newcomers"]) == (50, 950)


def test_a_delivery_that_waits_has_no_report_and_is_not_tried_again(campaign: Campaign, waiting: str) -> None:
    assert f"{waiting}/report.json" not in campaign.home.store.keys("registry", waiting)
    assert find_deliveries(campaign.home.db, campaign.home.store) == []


def test_a_delivery_that_a_person_accepts_is_taken_in_by_the_next_run(campaign: Campaign, waiting: str) -> None:
    decide_delivery(campaign.home.db, waiting, True, "chief", "the body was asked", at_four(SECOND))
    (report,) = campaign.take_in_all(at_four(SECOND))
    assert (report.status, report.counts["newcomers"], report.counts["quarantined"]) == (Status.TAKEN_IN, 939, 60)


def test_who_accepted_and_why_is_kept(campaign: Campaign, waiting: str) -> None:
    decide_delivery(campaign.home.db, waiting, True, "chief", "the body was asked", at_four(SECOND))
    campaign.take_in_all(at_four(SECOND))
    found = campaign.rows("select decided_by, decision_reason, status from registry.delivery where folder = :folder", folder=waiting)
    assert found == [{"decided_by": "chief", "decision_reason": "the body was asked", "status": "TAKEN_IN"}]


def test_a_delivery_that_a_person_refuses_is_reported_to_its_sender(campaign: Campaign, waiting: str) -> None:
    before = all_but_deliveries(campaign)
    decide_delivery(campaign.home.db, waiting, False, "chief", "the keys are wrong", at_four(SECOND))
    (report,) = campaign.take_in_all(at_four(SECOND))
    assert report_of(campaign, waiting) == {"taken_in": False, "refusal": report.refusal} and "the keys are wrong" in str(report.refusal)
    assert all_but_deliveries(campaign) == before


def test_a_decision_on_a_delivery_that_does_not_wait_is_refused(campaign: Campaign) -> None:
    folder = campaign.register(KNOWN, on=FIRST).folder
    with pytest.raises(RuleError, match="no delivery"):
        decide_delivery(campaign.home.db, folder, True, "chief", "by mistake", at_four(SECOND))


def test_a_decision_is_made_once(campaign: Campaign, waiting: str) -> None:
    decide_delivery(campaign.home.db, waiting, True, "chief", "the body was asked", at_four(SECOND))
    with pytest.raises(RuleError, match="no delivery"):
        decide_delivery(campaign.home.db, waiting, False, "other", "I think not", at_four(SECOND))


def test_what_comes_after_a_delivery_that_waits_waits_behind_it(campaign: Campaign, waiting: str) -> None:
    later, other = deliver(campaign.home.store, "CPAM", [NEW], SECOND), deliver(campaign.home.store, "MSA", [NEW], SECOND)
    assert find_deliveries(campaign.home.db, campaign.home.store) == [other]
    decide_delivery(campaign.home.db, waiting, True, "chief", "the body was asked", at_four(SECOND))
    assert find_deliveries(campaign.home.db, campaign.home.store) == [waiting, later, other]


def test_a_delivery_lets_an_older_one_of_its_body_come_first(campaign: Campaign) -> None:
    older, later = (deliver(campaign.home.store, "CPAM", [NEW], day) for day in (FIRST, SECOND))
    with pytest.raises(RetryableError, match=f"{older} comes first"):
        campaign.take_in(later, at_four(SECOND))


def test_of_one_day_the_full_delivery_comes_first_and_corrections_by_their_number(campaign: Campaign) -> None:
    kinds = ("correction-10", "correction-2", "delta", "full")
    for kind in kinds:
        campaign.home.store.put("registry", f"deliveries/CPAM/{FIRST}-{kind}/manifest.json", b"{}")
    found = find_deliveries(campaign.home.db, campaign.home.store)
    assert [folder.partition(f"{FIRST}-")[2] for folder in found] == ["full", "delta", "correction-2", "correction-10"]


@pytest.mark.parametrize("name", ["delivered-0.parquet", "kept-0.parquet", "previous-0.parquet", "digests.duckdb", "good-0.arrow"])
def test_a_sender_calls_its_files_as_it_likes(campaign: Campaign, name: str) -> None:
    for day in (FIRST, SECOND):
        content = parquet(asdict(KNOWN))
        manifest = manifest_of("CPAM", content, 1, day, DeliveryKind.FULL)
        renamed = manifest.model_copy(update={"files": (manifest.files[0].model_copy(update={"name": name}),)})
        campaign.home.store.put("registry", f"{renamed.folder}/{name}", content)
        campaign.home.store.put("registry", f"{renamed.folder}/manifest.json", renamed.model_dump_json().encode())
        assert campaign.take_in(renamed.folder, at_four(day)).status is Status.TAKEN_IN


def test_a_full_delivery_without_a_row_after_others_is_refused(campaign: Campaign) -> None:
    register_all(campaign, KNOWN, on=FIRST)
    assert "truncated" in str(register_all(campaign, on=SECOND).refusal)


def test_a_delivery_after_which_many_would_be_gone_waits_for_a_person(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "limits", lambda: Limits(bad_rows=1, fall=1, gone=0.2, smallest_judged=1))
    register_all(campaign, *many(10), on=FIRST)
    report = register_all(campaign, *many(10)[3:], on=SECOND)
    assert (report.status, report.counts["gone"]) == (Status.WAITING, 3) and len(people(campaign)) == 10


# Rows.


ROW_FAULTS: dict[RowFault, dict[str, Any]] = {
    RowFault.FORMER_MATRICULE_SHAPE: {"former_matricule": "12"},
    RowFault.LANGUAGE_SHAPE: {"language": "français"},
    RowFault.TEXT_UNREADABLE: {"office": "751\x00"},
    RowFault.AFFILIATION_DATE_IMPOSSIBLE: {"affiliated_since": date(1, 1, 1)},
    RowFault.RIGHTS_DATE_IMPOSSIBLE: {"rights_end_on": date(1, 1, 1)},
}


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_a_bad_row_is_set_aside_with_its_reason(campaign: Campaign, fault: RowFault) -> None:
    content = parquet(asdict(KNOWN), asdict(NEW) | ROW_FAULTS[fault])
    folder = deliver(campaign.home.store, "CPAM", [KNOWN, NEW], FIRST)
    campaign.home.store.put("registry", f"{folder}/{FILE}", content)
    campaign.home.store.put("registry", f"{folder}/manifest.json", manifest_of("CPAM", content, 2, FIRST).model_dump_json().encode())
    campaign.take_in(folder, at_four(FIRST))
    assert set_aside(campaign) == [(2, str(fault))] and len(people(campaign)) == 1


def test_every_reason_of_the_closed_list_is_tried() -> None:
    assert {*QUARANTINED, *map(str, ROW_FAULTS)} == set(map(str, RowFault))


def test_a_row_with_two_faults_is_one_quarantined_row_with_two_reasons(campaign: Campaign) -> None:
    counts = campaign.register(KNOWN, NEW.but(sex="X", protection="AUTRE"), on=FIRST).counts
    assert (counts["quarantined"], set_aside(campaign)) == (1, [(2, "PROTECTION_UNKNOWN"), (2, "SEX_UNKNOWN")])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_bad_row_does_not_stand_in_the_way_of_a_good_one_of_the_same_number(campaign: Campaign, order: tuple[int, int]) -> None:
    rows = (NEW, NEW.but(sex="X"))
    counts = campaign.register(*(rows[place] for place in order), on=FIRST).counts
    assert (counts["newcomers"], counts["quarantined"]) == (1, 1)


def test_a_matricule_written_in_two_ways_is_one_number(campaign: Campaign) -> None:
    campaign.register(NEW, NEW.but(matricule=f" {NEW.matricule[:13]}"), on=FIRST)
    assert set_aside(campaign) == [(2, "REPEATED_IN_DELIVERY")]


def test_an_email_that_cannot_be_used_is_counted_and_no_fault(campaign: Campaign) -> None:
    counts = campaign.register(NEW.but(email="nobody at home"), on=FIRST).counts
    assert (counts["refused_emails"], counts["quarantined"]) == (1, 0)


def test_a_postcode_that_is_none_leaves_the_email_and_is_told_to_the_sender(campaign: Campaign) -> None:
    register_all(campaign, NEW.but(postcode="7501"), on=FIRST)
    found = person_of(campaign, NEW)["contact"]
    assert (found["email"], found["postcode"]) == (NEW.email, None) and found["address_flags"] & UNUSABLE
    report = report_of(campaign, f"deliveries/CPAM/{FIRST}-full")
    assert (report["quarantined"], report["refused_postcodes"], report["unusable_addresses"]) == (0, 1, 1)


def test_whoever_lives_abroad_or_has_a_postcode_that_is_none_is_told_by_email_only(campaign: Campaign) -> None:
    abroad = invent(5, postcode="10115", town="BERLIN ALLEMAGNE")
    register_all(campaign, NEW.but(postcode="7501"), abroad, by_letter(6, postcode="1"), on=FIRST)
    campaign.plan()
    told = campaign.rows("select p.birth_name, a.channel from campaign.attempt as a join registry.person as p using (person_id) order by 1")
    assert [row["channel"] for row in told] == ["EMAIL", "EMAIL"] and by_letter(6).birth_name not in {row["birth_name"] for row in told}


def test_the_equations_hold_after_rows_of_every_fault(campaign: Campaign) -> None:
    rows = [KNOWN, KNOWN, *QUARANTINED.values()]
    for day in (FIRST, SECOND, THIRD):
        campaign.take_in(deliver(campaign.home.store, "CPAM", rows, day, DeliveryKind.FULL), at_four(day))
    assert campaign.broken_equations() == []
