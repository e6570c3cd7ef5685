"""Whose a document is: the matricule and every trait, exactly as the registry has them; what differs goes to nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipelines.documents.feed import Feed
from pipelines.installation import Installation
from pipelines.platform.settings import Identities
from pipelines.registry.matricule import matricule_key
from pipelines.synthetic.document_envelopes import key_object_selection
from pipelines.synthetic.medical_documents import NIA
from tests.campaign_driver import Campaign
from tests.feed_driver import HOSPITAL, FeedDriver, open_spaces, patient
from tests.registry_builder import Person, invent

TEST_AUTHORITY = "1.2.250.1.213.1.4.10"
# The same person as civil status spells them and as software does.
THE_SAME = [
    {"birth_name": "Quénéhervé-B"},
    {"birth_name": "QUENEHERVE'B"},
    {"first_names": "Ysolineaab"},
]
ANOTHER = [
    {"birth_name": "QUENEHERVE AAC"},
    {"first_names": "YSOLINEAAB MARIE"},
    {"sex": "M"},
    {"birth_date": "19820315"},
    {"birth_date": "198203"},
    {"birth_date": "1982"},
    {"birthplace": "75101"},
]


@pytest.fixture
def somebody() -> Person:
    return invent(1, birth_name="QUENEHERVE B", first_names="YSOLINEAAB")


def test_spelling_that_means_the_same_finds_the_person_and_any_other_trait_nobody(hospital: FeedDriver, somebody: Person) -> None:
    documents = [hospital.document(somebody, patient=patient(somebody, **traits)) for traits in (*THE_SAME, *ANOTHER)]
    assert hospital.send(*documents) == ["ok"] * len(THE_SAME) + ["INS_MISMATCH"] * len(ANOTHER)
    assert len(hospital.record(somebody)) == len(THE_SAME)


def test_a_number_that_another_authority_gave_is_nobodys(hospital: FeedDriver, somebody: Person) -> None:
    assert hospital.send(hospital.document(somebody, patient=patient(somebody, authority=NIA))) == ["PERSON_UNKNOWN"]


def test_identities_of_tests_are_refused_in_production(hospital: FeedDriver, somebody: Person) -> None:
    invented = hospital.document(somebody, patient=patient(somebody, authority=TEST_AUTHORITY))
    assert hospital.send(invented) == ["ENVIRONMENT_MISMATCH"]


def test_real_identities_are_refused_where_tests_are_made(hospital: FeedDriver, somebody: Person) -> None:
    there = Installation(hospital.campaign.home.settings.model_copy(update={"identities": Identities.TEST}))
    feed = FeedDriver(replace(hospital.campaign, home=there), hospital.feed)
    invented = patient(somebody, authority=TEST_AUTHORITY)
    assert feed.send(feed.document(somebody), feed.document(somebody, patient=invented)) == ["ENVIRONMENT_MISMATCH", "ok"]
    there.close()


def test_a_former_number_leads_to_its_person(hospital: FeedDriver, somebody: Person) -> None:
    stem = somebody.matricule[:10] + "777"
    renumbered = somebody.but(matricule=stem + matricule_key(stem), former_matricule=somebody.matricule)
    hospital.campaign.register(renumbered, on=date(2022, 3, 28))
    document = hospital.document(somebody)
    assert hospital.send(document) == ["ok"]
    assert list(hospital.record(renumbered)) == [document.unique_id]


def test_a_birth_date_that_civil_status_does_not_know_whole_is_the_same_in_both_ways_of_writing_it(campaign: Campaign) -> None:
    person, other = invent(3, birth_date="19552000"), invent(4, birth_date="19562014")
    open_spaces(campaign, [person, other])
    feed = FeedDriver(campaign, Feed.model_validate(HOSPITAL))
    written = ["1955", "19551231", "19550101", "195500"]
    codes = feed.send(*[feed.document(person, patient=patient(person, birth_date=born)) for born in written])
    assert codes == ["ok", "ok", "INS_MISMATCH", "ok"]
    codes = feed.send(*[feed.document(other, patient=patient(other, birth_date=born)) for born in ("1956", "195601", "1955")])
    assert codes == ["ok", "INS_MISMATCH", "INS_MISMATCH"]


def test_images_which_cannot_tell_the_birthplace_are_asked_everything_else(hospital: FeedDriver, somebody: Person) -> None:
    right = key_object_selection(hospital.document(somebody))
    wrong = key_object_selection(hospital.document(somebody, patient=patient(somebody, sex="M")))
    assert hospital.send(right, wrong) == ["ok", "INS_MISMATCH"]
