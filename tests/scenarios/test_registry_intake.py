"""A delivery comes in whole or is refused whole; a bad row is set aside with its reason; a person stays one person."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pipelines.registry.contract import DeliveryKind
from tests.campaign_driver import OPENING, Campaign, paris
from tests.registry_builder import FILE, Person, deliver, invent, manifest_of, parquet_of

DAY = date(2022, 1, 3)
AT = paris(2022, 1, 3, 4)
FOLDER = "deliveries/CPAM/2022-01-03-delta"


def put(campaign: Campaign, manifest: bytes, data: bytes | None, folder: str = FOLDER) -> None:
    """Deliver a manifest, and a data file where there is one."""
    if data is not None:
        campaign.home.store.put("registry", f"{folder}/{FILE}", data)
    campaign.home.store.put("registry", f"{folder}/manifest.json", manifest)


def people_known(campaign: Campaign) -> int:
    """Return how many people the registry knows."""
    return int(campaign.rows("select count(*) as n from registry.person")[0]["n"])


def test_a_delivery_is_taken_in_and_reported_on(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2), on=DAY)
    report = json.loads(campaign.home.store.get("registry", f"{FOLDER}/report.json"))
    assert (report["taken_in"], report["received"], report["newcomers"]) == (True, 2, 2)


def test_a_delivery_without_manifest_is_not_there_yet(campaign: Campaign) -> None:
    campaign.home.store.put("registry", f"{FOLDER}/{FILE}", parquet_of([invent(1)]))
    assert campaign.take_in_all(AT) == []


def test_a_reported_delivery_waits_no_more(campaign: Campaign) -> None:
    campaign.register(invent(1), on=DAY)
    assert campaign.take_in_all(AT) == []


def test_a_missing_file_refuses_the_delivery_whole(campaign: Campaign) -> None:
    content = parquet_of([invent(1)])
    put(campaign, manifest_of("CPAM", content, 1, DAY).model_dump_json().encode(), None)
    assert f"{FILE} is announced" in str(campaign.take_in(FOLDER, AT).refusal) and people_known(campaign) == 0


def test_a_wrong_digest_refuses_the_delivery_whole(campaign: Campaign) -> None:
    content = parquet_of([invent(1)])
    put(campaign, manifest_of("CPAM", content, 1, DAY).model_dump_json().encode(), parquet_of([invent(2)]))
    assert "SHA-256" in str(campaign.take_in(FOLDER, AT).refusal) and people_known(campaign) == 0


def test_a_wrong_number_of_rows_refuses_the_delivery_whole(campaign: Campaign) -> None:
    content = parquet_of([invent(1)])
    put(campaign, manifest_of("CPAM", content, 2, DAY).model_dump_json().encode(), content)
    assert "announces 2" in str(campaign.take_in(FOLDER, AT).refusal) and people_known(campaign) == 0


def test_a_bad_second_file_refuses_the_good_first_one_too(campaign: Campaign) -> None:
    content = parquet_of([invent(1)])
    manifest = json.loads(manifest_of("CPAM", content, 1, DAY).model_dump_json())
    manifest["files"].append({**manifest["files"][0], "name": "assures-0002.parquet"})
    put(campaign, json.dumps(manifest).encode(), content)
    assert campaign.take_in(FOLDER, AT).refusal and people_known(campaign) == 0


def test_an_unknown_body_is_refused(campaign: Campaign) -> None:
    folder = deliver(campaign.home.store, "NOBODY", [invent(1)], DAY)
    assert "no insurance body" in str(campaign.take_in(folder, AT).refusal) and people_known(campaign) == 0


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b'{"contract": "2.0"}'])
def test_a_manifest_that_is_not_one_refuses_the_delivery(campaign: Campaign, manifest: bytes) -> None:
    put(campaign, manifest, parquet_of([invent(1)]))
    assert "does not follow contract" in str(campaign.take_in(FOLDER, AT).refusal)


def test_a_manifest_in_the_folder_of_another_body_is_refused(campaign: Campaign) -> None:
    content = parquet_of([invent(1)])
    folder = "deliveries/MSA/2022-01-03-delta"
    put(campaign, manifest_of("CPAM", content, 1, DAY).model_dump_json().encode(), content, folder)
    assert "lies in" in str(campaign.take_in(folder, AT).refusal) and people_known(campaign) == 0


def test_a_refused_delivery_that_comes_again_corrected_is_taken_in(campaign: Campaign) -> None:
    content = parquet_of([invent(1)])
    put(campaign, manifest_of("CPAM", content, 2, DAY).model_dump_json().encode(), content)
    campaign.take_in(FOLDER, AT)
    put(campaign, manifest_of("CPAM", content, 1, DAY).model_dump_json().encode(), content)
    assert campaign.take_in(FOLDER, AT).refusal is None and people_known(campaign) == 1


def test_the_same_delivery_again_changes_nothing(campaign: Campaign) -> None:
    campaign.register(invent(1), on=DAY)
    before = campaign.everything()
    campaign.take_in(FOLDER, AT)
    assert campaign.everything() == before


def test_another_delivery_of_the_same_day_is_refused(campaign: Campaign) -> None:
    campaign.register(invent(1), on=DAY)
    assert "already taken in" in str(campaign.register(invent(2), on=DAY).refusal)


def test_an_older_delivery_is_refused(campaign: Campaign) -> None:
    campaign.register(invent(1), on=DAY)
    assert "already taken in" in str(campaign.register(invent(2), on=date(2022, 1, 2)).refusal)


QUARANTINED = {
    "MATRICULE_KEY": invent(1).but(matricule=invent(1).matricule[:13] + "00"),
    "MATRICULE_SHAPE": invent(1).but(matricule="12"),
    "MATRICULE_MISSING": invent(1).but(matricule=""),
    "MATRICULE_KIND_UNKNOWN": invent(1).but(matricule_kind="XXX"),
    "NAME_MISSING": invent(1).but(birth_name=" "),
    "SEX_UNKNOWN": invent(1).but(sex="X"),
    "BIRTH_DATE_UNREADABLE": invent(1).but(birth_date="1982"),
    "BIRTH_DATE_IN_FUTURE": invent(1).but(birth_date="20300101"),
    "BIRTHPLACE_SHAPE": invent(1).but(birthplace_code="7505"),
    "REPRESENTATIVE_SHAPE": invent(1).but(representative_1="12"),
    "PROTECTION_UNKNOWN": invent(1).but(protection="AUTRE"),
    "AFFILIATION_DATE_MISSING": invent(1).but(affiliated_since=None),
    "DEATH_DATE_IMPOSSIBLE": invent(1).but(died_on=date(1900, 1, 1)),
}


@pytest.mark.parametrize("reason", QUARANTINED)
def test_a_bad_row_is_set_aside_with_its_reason_and_the_others_are_taken(campaign: Campaign, reason: str) -> None:
    campaign.register(invent(2), QUARANTINED[reason], on=DAY)
    report = json.loads(campaign.home.store.get("registry", f"{FOLDER}/report.json"))
    assert [(row["reason"], row["rows"]) for row in report["quarantine"]] == [(reason, 1)] and people_known(campaign) == 1


def test_a_matricule_given_twice_is_kept_once(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(1, first_names="Autre"), on=DAY)
    assert campaign.rows("select line, reason from registry.quarantine") == [{"line": 2, "reason": "REPEATED_IN_DELIVERY"}]


@pytest.mark.parametrize("change", [{"birth_date": "19820315"}, {"sex": "M"}])
def test_a_known_matricule_with_other_traits_is_never_merged(campaign: Campaign, change: dict[str, str]) -> None:
    campaign.register(invent(1), on=DAY)
    campaign.register(invent(1).but(**change, email="autre@courriel.example"), on=date(2022, 1, 10))
    assert campaign.rows("select reason from registry.quarantine") == [{"reason": "OTHER_TRAITS_KNOWN"}]
    assert campaign.rows("select email from registry.contact") == [{"email": invent(1).email}]


def test_the_same_traits_under_another_matricule_are_another_person(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(1).but(matricule=invent(2).matricule), on=DAY)
    assert people_known(campaign) == 2


def test_a_full_delivery_with_the_same_people_changes_nobody(campaign: Campaign) -> None:
    campaign.register(invent(1), invent(2), on=DAY)
    folder = deliver(campaign.home.store, "CPAM", [invent(1), invent(2)], date(2022, 1, 10), DeliveryKind.FULL)
    counts = campaign.take_in(folder, paris(2022, 1, 10)).counts
    assert (counts["unchanged"], counts["changed"]) == (2, 0)


def test_former_contact_data_stay_as_proof(campaign: Campaign) -> None:
    campaign.register(invent(1), on=DAY)
    campaign.register(invent(1, email="nouvelle@courriel.example"), on=date(2022, 1, 10))
    found = campaign.rows("select version, email from registry.contact_version order by version")
    assert [(row["version"], row["email"]) for row in found] == [(1, invent(1).email), (2, "nouvelle@courriel.example")]


OLDER = invent(1, email="ancienne@courriel.example", affiliated_since=date(2015, 1, 1))
NEWER = invent(1, email="recente@courriel.example", affiliated_since=date(2021, 12, 1))


@pytest.mark.parametrize("order", [("CPAM", "MSA"), ("MSA", "CPAM")])
def test_person_in_two_bodies_gets_one_notice(campaign: Campaign, order: tuple[str, str]) -> None:
    rows: dict[str, Person] = {"CPAM": OLDER, "MSA": NEWER}
    for body in order:
        campaign.register(rows[body], body=body, on=DAY)
    campaign.notify()
    assert [str(message["Delivered-To"]) for message in campaign.mails()] == [NEWER.email]


@pytest.mark.parametrize("order", [("CPAM", "MSA"), ("MSA", "CPAM")])
def test_the_body_of_the_newest_affiliation_signs(campaign: Campaign, order: tuple[str, str]) -> None:
    rows: dict[str, Person] = {"CPAM": OLDER, "MSA": NEWER}
    for body in order:
        campaign.register(rows[body], body=body, on=DAY)
    campaign.notify()
    assert "msa.example" in str(campaign.mails()[0]["From"])


def test_two_affiliations_of_the_same_day_are_told_apart_by_the_code_of_the_body(campaign: Campaign) -> None:
    for body in ("MSA", "CPAM"):
        campaign.register(invent(1, email=f"{body.lower()}@courriel.example"), body=body, on=DAY)
    campaign.notify()
    assert [str(message["Delivered-To"]) for message in campaign.mails()] == ["msa@courriel.example"]


def test_person_in_two_bodies_gets_one_account(campaign: Campaign) -> None:
    campaign.register(OLDER, body="CPAM", on=DAY)
    campaign.register(NEWER, body="MSA", on=DAY)
    campaign.notify()
    campaign.open()
    assert len(campaign.accounts(NEWER)) == 1


def test_death_known_before_planning_means_no_notice(campaign: Campaign) -> None:
    person = invent(1, died_on=date(2021, 12, 25))
    campaign.register(person, on=DAY)
    campaign.notify()
    assert (campaign.mails(), campaign.journey(person)["reason"]) == ([], "DECEASED")


def test_death_inside_the_window_cancels(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person, on=DAY)
    campaign.notify()
    campaign.register(person.but(died_on=date(2022, 2, 20)), on=date(2022, 2, 28))
    campaign.open()
    assert (campaign.accounts(person), campaign.status(person), campaign.journey(person)["reason"]) == ([], "CANCELLED", "DECEASED")


def test_who_left_the_insurance_inside_the_window_gets_no_space(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person, on=DAY)
    campaign.notify()
    campaign.register(person.but(rights_end_on=date(2022, 3, 1)), on=date(2022, 2, 28))
    campaign.open()
    assert (campaign.accounts(person), campaign.journey(person)["reason"]) == ([], "LEFT")


def test_equations_hold_after_deliveries_of_every_sort(campaign: Campaign) -> None:
    campaign.register(*QUARANTINED.values(), invent(2), on=DAY)
    campaign.register(invent(2, died_on=date(2022, 1, 4)), body="MSA", on=date(2022, 1, 10))
    campaign.notify()
    campaign.open(OPENING)
    assert campaign.broken_equations() == []


def test_death_known_between_planning_and_sending_means_no_notice(campaign: Campaign) -> None:
    person = invent(1)
    campaign.register(person, on=DAY)
    campaign.decide(campaign.plan())
    campaign.register(person.but(died_on=date(2022, 1, 20)), on=date(2022, 1, 31))
    campaign.send()
    assert campaign.mails() == []
