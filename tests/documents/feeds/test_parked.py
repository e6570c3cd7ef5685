"""What comes before the document that it replaces, deletes or hides: it waits, is settled when that comes, refused when it never does."""

from __future__ import annotations

from datetime import timedelta

from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import hl7v2
from tests.feed_driver import RECEIVED, FeedDriver, patient
from tests.registry_builder import Person


def test_a_replacement_before_its_original_waits_and_is_stored_once_it_has_come(hospital: FeedDriver, somebody: Person) -> None:
    first = hospital.document(somebody)
    second = hospital.document(somebody, series_id=first.series_id, version=2, replaces=first.unique_id)
    name = hospital.put(second)
    hospital.run()
    assert (hospital.answer(name)[0]["code"], hospital.record(somebody), len(hospital.files("parked"))) == ("AWAITING_ORIGINAL", {}, 1)
    assert hospital.campaign.broken_equations() == []
    assert hospital.send(first, at=RECEIVED + timedelta(hours=1)) == ["ok"]
    assert hospital.record(somebody) == {first.unique_id: "REPLACED", second.unique_id: "CURRENT"}
    assert (hospital.answer(name)[0]["code"], hospital.files("parked")) == ("ok", [])
    assert hospital.campaign.rows("select 1 from documents.parked") == [] and hospital.campaign.broken_equations() == []


def test_a_replacement_whose_original_never_comes_is_refused_and_nothing_is_kept_of_it(hospital: FeedDriver, somebody: Person) -> None:
    name = hospital.put(hospital.document(somebody, version=2, replaces="1.2.250.1.999.7.404"))
    for days in (0, 6):
        hospital.run(RECEIVED + timedelta(days=days))
        assert hospital.answer(name)[0]["answer"] == "WAITING"
    hospital.run(RECEIVED + timedelta(days=7))
    assert hospital.answer(name)[0]["code"] == "ORIGINAL_MISSING"
    assert hospital.files("parked") == hospital.objects() == [] and hospital.outcomes() == [("REFUSED", "ORIGINAL_MISSING")]


def test_a_deletion_before_its_document_waits_and_takes_it_out_once_it_has_come(hospital: FeedDriver, somebody: Person) -> None:
    document = hospital.document(somebody)
    content = cda(document)
    name = hospital.put(hl7v2(document, content, "MDM^T04"), "deletion.hl7")
    hospital.run()
    assert (hospital.answer(name)[0]["code"], hospital.record(somebody)) == ("AWAITING_ORIGINAL", {})
    hospital.send(hl7v2(document, content, "MDM^T02"), at=RECEIVED + timedelta(hours=1))
    assert (hospital.answer(name)[0]["code"], hospital.record(somebody)) == ("DELETED", {document.unique_id: "DELETED"})
    assert hospital.files("parked") == [] and hospital.campaign.broken_equations() == []


def test_a_wish_to_hide_before_its_document_hides_it_once_it_has_come(hospital: FeedDriver, somebody: Person) -> None:
    document = hospital.document(somebody)
    content = cda(document)
    name = hospital.put(hl7v2(document, content, flags={"MODIF_CONF_CODE": "Y", "INVISIBLE_PATIENT": "Y"}), "hidden.hl7")
    hospital.run()
    hospital.send(hl7v2(document, content), at=RECEIVED + timedelta(hours=1))
    assert hospital.answer(name)[0]["code"] == "VISIBILITY_CHANGED"
    (row,) = hospital.campaign.rows("select documents.who_may_see(d) as hidden from documents.document as d")
    assert row["hidden"] == "INVISIBLE_PATIENT"


def test_a_parked_file_that_comes_again_is_answered_the_same_and_parked_once(hospital: FeedDriver, somebody: Person) -> None:
    content = cda(hospital.document(somebody, version=2, replaces="1.2.250.1.999.7.404"))
    answers = []
    for _ in range(2):
        name = hospital.put(content, "again.xml")
        hospital.run()
        answers.append(hospital.answer_bytes(name))
    assert answers[0] == answers[1] and len(hospital.files("parked")) == len(hospital.outcomes()) == 1


def test_what_was_refused_beside_a_parked_document_stays_refused(hospital: FeedDriver, somebody: Person) -> None:
    """A file of several lots is settled document by document: only those that wait are decided again."""
    first = hospital.document(somebody)
    second = hospital.document(somebody, series_id=first.series_id, version=2, replaces=first.unique_id)
    misread = hospital.document(somebody, patient=patient(somebody, sex="M"))
    name = hospital.put(hl7v2(second, cda(second)) + hl7v2(misread, cda(misread)), "two.hl7")
    hospital.run()
    hospital.send(first, at=RECEIVED + timedelta(hours=1))
    assert [line["code"] for line in hospital.answer(name)] == ["ok", "INS_MISMATCH"]
    assert set(hospital.record(somebody)) == {first.unique_id, second.unique_id}
