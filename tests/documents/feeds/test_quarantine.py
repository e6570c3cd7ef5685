"""What is refused and may be mended is held: replayed, given back or purged; stored once, answered again, looked at for a reason only."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.documents.acknowledgements.outcome import Status
from pipelines.documents.document import Reason
from pipelines.documents.feed import Feed
from pipelines.documents.identity_correction import ask_correction, decide_correction
from pipelines.documents.quarantine import Chosen, Held, Wish, causes, content_of, find_held, held_files, metadata_of, wish
from pipelines.documents.routes import route_of
from pipelines.documents.taking_in import Decided
from pipelines.documents.working_off import refused_documents
from pipelines.platform.errors import FinalError, RuleError
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import hl7v2
from tests.campaign_driver import paris
from tests.feed_driver import HOSPITAL, RECEIVED, FeedDriver, patient
from tests.feed_reader import ReaderOfThisProcess
from tests.registry_builder import Person, invent

LATER = RECEIVED + timedelta(hours=2)
ALL = Chosen(before=paris(2023, 1, 1))
WRONG_PLACE = {"birthplace": "13055"}


def held(hospital: FeedDriver) -> list[Held]:
    return held_files(hospital.campaign.home.db, ALL, None)


def wished(hospital: FeedDriver, what: Wish = Wish.REPLAY, chosen: Chosen = ALL) -> int:
    return wish(hospital.campaign.home.db, chosen, what, "claire", "le référentiel est corrigé", LATER)


def misdirected(hospital: FeedDriver, somebody: Person) -> str:
    return hospital.put(hospital.document(somebody, patient=patient(somebody, **WRONG_PLACE)))


def test_an_operators_story(hospital: FeedDriver, somebody: Person) -> None:
    """Five hundred files with a wrong birthplace: held, seen, replayed once the registry is corrected, stored once, answered again."""
    db = hospital.campaign.home.db
    names = [misdirected(hospital, somebody) for _ in range(500)]
    hospital.run()
    assert [(cause.feed, cause.code, cause.files) for cause in causes(db)] == [("hopital", Reason.INS_MISMATCH, 500)]
    assert hospital.files("inbox") == [] and len(hospital.files("quarantine")) == 500 and hospital.record(somebody) == {}
    hospital.campaign.register(somebody.but(birthplace_code="13055"), on=paris(2022, 4, 2).date())
    assert wished(hospital, chosen=Chosen(before=paris(2023, 1, 1), feed="hopital", code=Reason.INS_MISMATCH)) == 500
    assert hospital.work_off(LATER)["stored"] == 500
    assert hospital.work_off(LATER)["received"] == 0
    assert {hospital.answer(name)[0]["code"] for name in names} == {"ok"}
    assert len(hospital.record(somebody)) == len(hospital.objects()) == 500
    assert held(hospital) == [] and hospital.files("quarantine") == []
    assert hospital.campaign.broken_equations() == []


def test_what_is_refused_again_stays_and_can_be_wished_again(hospital: FeedDriver, somebody: Person) -> None:
    name = misdirected(hospital, somebody)
    hospital.run()
    wished(hospital)
    assert hospital.work_off(LATER)["refused"] == 1
    assert (hospital.answer(name)[0]["code"], held(hospital)[0].wish) == ("INS_MISMATCH", None)
    assert wished(hospital) == 1


def test_nothing_is_held_of_somebody_who_may_not_receive(hospital: FeedDriver, somebody: Person) -> None:
    hospital.change_account(somebody, "status = 'SUSPENDED'")
    assert hospital.send(hospital.document(somebody)) == ["SUSPENDED"]
    assert held(hospital) == [] and hospital.files("quarantine") == []


def test_a_file_put_down_again_is_answered_the_same_and_held_once(hospital: FeedDriver, somebody: Person) -> None:
    content = cda(hospital.document(somebody, patient=patient(somebody, **WRONG_PLACE)))
    for _ in range(2):
        hospital.put(content, "again.xml")
        hospital.run()
    assert len(held(hospital)) == len(hospital.files("quarantine")) == 1


def test_only_the_lots_that_may_be_mended_are_decided_again(hospital: FeedDriver, somebody: Person, somebody_else: Person) -> None:
    """A message for somebody whose space was suspended does not come in by the replay of the message beside it."""
    hospital.change_account(somebody_else, "status = 'SUSPENDED'")
    wrong = hospital.document(somebody, patient=patient(somebody, **WRONG_PLACE))
    suspended = hospital.document(somebody_else)
    hospital.put(hl7v2(wrong, cda(wrong)) + hl7v2(suspended, cda(suspended)), "two.hl7")
    hospital.run()
    hospital.change_account(somebody_else, "status = 'OPEN'")
    hospital.campaign.register(somebody.but(birthplace_code="13055"), somebody_else, on=paris(2022, 4, 2).date())
    wished(hospital)
    hospital.work_off(LATER)
    assert [line["code"] for line in hospital.answer("two.hl7")] == ["ok", "SUSPENDED"]
    assert hospital.record(somebody_else) == {}


def test_a_run_that_died_before_it_answered_is_made_good(hospital: FeedDriver, somebody: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    name = misdirected(hospital, somebody)
    hospital.run()
    hospital.campaign.register(somebody.but(birthplace_code="13055"), on=paris(2022, 4, 2).date())
    wished(hospital)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.documents.taking_in.Intake.finish", dies)
        with pytest.raises(KeyboardInterrupt):
            hospital.work_off(LATER)
    assert hospital.answer(name)[0]["code"] == "INS_MISMATCH"
    hospital.work_off(LATER + timedelta(minutes=5))
    assert hospital.answer(name)[0]["code"] == "ok"
    assert len(hospital.record(somebody)) == 1
    assert hospital.files("quarantine") == [] and held(hospital) == []


def test_a_file_is_given_back_under_its_name_and_forgotten(hospital: FeedDriver, somebody: Person) -> None:
    name = misdirected(hospital, somebody)
    hospital.run()
    wished(hospital, Wish.RETURN)
    assert hospital.work_off(LATER)["returned"] == 1
    assert [file.rpartition("/")[2] for file in hospital.files("returned")] == [name]
    assert held(hospital) == [] and hospital.outcomes() == [("REFUSED", "INS_MISMATCH")]


def test_what_is_dangerous_is_not_given_back(hospital: FeedDriver, somebody: Person) -> None:
    doctype = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>'
    assert hospital.send(doctype) == ["HOSTILE"]
    with pytest.raises(RuleError, match="not given back"):
        wished(hospital, Wish.RETURN)


def test_a_file_whose_days_are_over_is_purged(hospital: FeedDriver, somebody: Person) -> None:
    misdirected(hospital, somebody)
    hospital.run()
    assert hospital.work_off(RECEIVED + timedelta(days=29))["purged"] == 0
    assert hospital.work_off(RECEIVED + timedelta(days=30))["purged"] == 1
    assert hospital.files("quarantine") == [] and held(hospital) == []


def test_whoever_looks_at_a_file_is_in_the_journey_of_the_person(hospital: FeedDriver, somebody: Person) -> None:
    name = misdirected(hospital, somebody)
    hospital.run()
    home = hospital.campaign.home
    file = find_held(home.db, held(hospital)[0].delivery_id)
    looked = content_of(home.db, route_of(hospital.feed, home.store), file, "claire", "le CHU demande pourquoi", LATER)
    assert looked[0] == name and b"ClinicalDocument" in looked[1]
    rows = hospital.campaign.rows("select person_id, after, reason from platform.audit where subject = 'document'")
    assert rows == [{"person_id": hospital.campaign.person_id(somebody), "after": "CONSULTED", "reason": "le CHU demande pourquoi"}]


def test_nobody_looks_without_a_reason(hospital: FeedDriver, somebody: Person) -> None:
    misdirected(hospital, somebody)
    hospital.run()
    home = hospital.campaign.home
    with pytest.raises(FinalError, match="say why"):
        content_of(home.db, route_of(hospital.feed, home.store), held(hospital)[0], "claire", " ", LATER)


def test_metadata_tell_nothing_of_the_patient(hospital: FeedDriver, somebody: Person) -> None:
    misdirected(hospital, somebody)
    hospital.run()
    home = hospital.campaign.home
    (document,) = metadata_of(home.db, route_of(hospital.feed, home.store), held(hospital)[0], ReaderOfThisProcess().read)
    assert (document.format, document.code, document.place) == ("cda", Reason.INS_MISMATCH, 0)
    assert somebody.birth_name not in repr(document) and somebody.matricule not in repr(document)


@pytest.fixture
def for_a_stranger(hospital: FeedDriver) -> Held:
    """A document of somebody whom the registry does not know, refused."""
    hospital.put(hospital.document(invent(9)))
    hospital.run()
    return held(hospital)[0]


def test_two_people_give_a_document_to_whom_it_is_about(hospital: FeedDriver, somebody: Person, for_a_stranger: Held) -> None:
    db, person_id = hospital.campaign.home.db, hospital.campaign.person_id(somebody)
    request = ask_correction(db, for_a_stranger.delivery_id, 0, person_id, "claire", "le CHU confirme par téléphone", LATER)
    with pytest.raises(RuleError):
        decide_correction(db, request, True, "claire", LATER)
    hospital.work_off(LATER)
    assert hospital.record(somebody) == {}
    decide_correction(db, request, True, "driss", LATER)
    hospital.work_off(LATER)
    assert list(hospital.record(somebody).values()) == ["CURRENT"]
    trail = hospital.campaign.rows("select after, reason from platform.audit where subject = 'document' order by audit_id")
    assert [row["after"] for row in trail] == ["CORRECTED", "CURRENT"] and trail[0]["reason"] == "le CHU confirme par téléphone"


def test_a_correction_that_is_refused_changes_nothing(hospital: FeedDriver, somebody: Person, for_a_stranger: Held) -> None:
    db = hospital.campaign.home.db
    request = ask_correction(db, for_a_stranger.delivery_id, 0, hospital.campaign.person_id(somebody), "claire", "peut-être elle", LATER)
    decide_correction(db, request, False, "driss", LATER)
    wished(hospital)
    hospital.work_off(LATER)
    assert hospital.record(somebody) == {} and len(held(hospital)) == 1


def test_only_an_identity_is_corrected(hospital: FeedDriver, somebody: Person) -> None:
    assert hospital.send(b"<ClinicalDocument xmlns='urn:hl7-org:v3'>") == ["BAD_FORMAT"]
    with pytest.raises(RuleError, match="not held for its identity"):
        ask_correction(hospital.campaign.home.db, held(hospital)[0].delivery_id, 0, 1, "claire", "je crois", LATER)


def test_a_mended_reader_finds_all_the_documents_of_a_file(hospital: FeedDriver, somebody: Person) -> None:
    """What the feed did not take for messages is one refused document; once it does, each message is decided."""
    hospital.feed = Feed.model_validate(HOSPITAL | {"limits": {"file_bytes": 500_000}, "envelopes": ["cda"]})
    first, second = hospital.document(somebody), hospital.document(somebody)
    name = hospital.put(hl7v2(first, cda(first)) + hl7v2(second, cda(second)), "two.hl7")
    hospital.run()
    hospital.feed = Feed.model_validate(HOSPITAL)
    wished(hospital)
    hospital.work_off(LATER)
    assert [line["code"] for line in hospital.answer(name)] == ["ok", "ok"]
    assert len(hospital.record(somebody)) == 2 and hospital.campaign.broken_equations() == []


@pytest.mark.parametrize("first", [Status.STORED, Status.REFUSED])
def test_where_a_mended_reader_finds_another_number_of_documents_no_place_is_trusted(first: Status) -> None:
    """Three are found where two were decided: all of them are decided, without corrections, or none where one was taken in."""
    corrections: list[object] = []

    def received(named: object = None) -> list[str]:
        corrections.append(named)
        return ["a", "b", "c"]

    file: Any = SimpleNamespace(documents=["a", "b", "c"], received=received)
    decided = Decided(LATER, [(first, Reason.OK), (Status.REFUSED, Reason.INS_MISMATCH)], is_held=True)
    found: list[Any] = list(refused_documents(file, decided, {}))
    assert (found, corrections) == (([], []) if first is Status.STORED else (["a", "b", "c"], [None]))
