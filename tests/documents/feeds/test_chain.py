"""From a file that a sender puts down to a record and an answer: every document has one outcome, nothing is kept but what is stored."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from pipelines.documents.feed import Feed
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import hl7v2, xdm
from tests.campaign_driver import Campaign, code_in, paris, request
from tests.feed_driver import HOSPITAL, RECEIVED, FeedDriver
from tests.registry_builder import Person, invent


def test_a_document_lies_in_the_record_under_its_content_and_its_sender_is_told(hospital: FeedDriver, somebody: Person) -> None:
    hospital.bounded = True
    document = hospital.document(somebody)
    name = hospital.put(document)
    counts = hospital.run()
    account = hospital.campaign.accounts(somebody)[0]["account_id"]
    assert counts == {"files": 1, "received": 1, "stored": 1, "duplicate": 0, "refused": 0, "parked": 0}
    assert hospital.record(somebody) == {document.unique_id: "CURRENT"}
    assert hospital.objects() == [f"{account}/{sha256(cda(document)).hexdigest()}"]
    assert hospital.answer(name)[0]["answer"] == "ACCEPTED"
    assert hospital.files("inbox") == []
    assert hospital.campaign.broken_equations() == []


def test_a_batch_that_comes_half_way_then_whole_then_again_is_answered_the_same(hospital: FeedDriver, somebody: Person) -> None:
    batch = {f"{number}.xml": cda(hospital.document(somebody)) for number in range(4)}
    batch["5.xml"] = cda(hospital.document(invent(9)))
    for name in list(batch)[:2]:
        hospital.put(batch[name], name)
    hospital.run()
    answers = []
    for later in (timedelta(hours=1), timedelta(days=3)):
        for name, content in batch.items():
            hospital.put(content, name)
        hospital.run(RECEIVED + later)
        answers.append({name: hospital.answer_bytes(name) for name in batch})
    assert answers[0] == answers[1]
    assert sorted(hospital.outcomes(), key=str) == [("REFUSED", "PERSON_UNKNOWN")] + [("STORED", None)] * 4
    assert len(hospital.record(somebody)) == len(hospital.objects()) == 4
    assert hospital.campaign.broken_equations() == []


def test_the_same_document_in_another_file_is_a_success_and_is_not_stored_twice(hospital: FeedDriver, somebody: Person) -> None:
    document = hospital.document(somebody)
    assert hospital.send(document) == hospital.send(document) == ["ok"]
    assert sorted(hospital.outcomes()) == [("DUPLICATE", "ALREADY_STORED"), ("STORED", None)]
    assert len(hospital.record(somebody)) == 1


def test_each_reason_for_which_nothing_can_be_received_is_told_apart_and_nothing_is_kept(campaign: Campaign) -> None:
    dead, opposed, closed, told, unknown, suspended = (invent(number) for number in range(1, 7))
    campaign.register(dead, opposed, closed, suspended)
    campaign.notify()
    code = code_in(campaign.mails_to(opposed)[0])
    campaign.oppose(request(opposed, code, paris(2022, 2, 10)), at=paris(2022, 2, 10, 13))
    campaign.open()
    campaign.register(dead.but(died_on=paris(2022, 3, 20).date()), told, on=paris(2022, 3, 21).date())
    feed = FeedDriver(campaign, Feed.model_validate(HOSPITAL))
    feed.change_account(closed, "status = 'CLOSED', closed_on = '2022-03-20', closing_reason = 'REQUEST', archived_until = '2032-03-20'")
    feed.change_account(suspended, "status = 'SUSPENDED'")
    people = (dead, opposed, closed, told, unknown, suspended)
    documents = [feed.document(person) for person in people]
    assert feed.send(*documents) == ["DECEASED", "OPPOSED", "CLOSED", "NOT_OPENED_YET", "PERSON_UNKNOWN", "SUSPENDED"]
    assert feed.objects() == [] and campaign.rows("select 1 from documents.document") == []
    assert feed.files("inbox") == feed.files("parked") == []


def test_an_opening_after_the_refusal_does_not_bring_a_document_back(campaign: Campaign, somebody: Person) -> None:
    campaign.register(somebody)
    feed = FeedDriver(campaign, Feed.model_validate(HOSPITAL))
    document = feed.document(somebody)
    assert feed.send(document, at=paris(2022, 1, 10)) == ["NOT_OPENED_YET"]
    campaign.notify()
    campaign.open()
    feed.run()
    assert feed.record(somebody) == {}
    assert feed.send(document) == ["ok"]


def test_a_lot_is_taken_whole_or_not_at_all(hospital: FeedDriver, somebody: Person) -> None:
    known = hospital.document(somebody)
    hospital.send(known)
    good, clash = hospital.document(somebody), known.but(title="Un autre titre")
    name = hospital.put(xdm([(good, cda(good)), (clash, cda(clash))]), "lot.zip")
    hospital.run()
    assert [line["code"] for line in hospital.answer(name)] == ["LOT_REFUSED", "DUPLICATE_OTHER_HASH"]
    assert list(hospital.record(somebody)) == [known.unique_id]


def test_messages_of_one_file_are_answered_each_in_the_words_of_hl7(hospital: FeedDriver, somebody: Person) -> None:
    feed = FeedDriver(hospital.campaign, Feed.model_validate(HOSPITAL | {"envelopes": ["hl7v2"], "acknowledgements": ["HL7V2"]}))
    good, stranger = feed.document(somebody), feed.document(invent(9))
    name = feed.put(hl7v2(good, cda(good)) + hl7v2(stranger, cda(stranger)), "batch.hl7")
    feed.run()
    answer = feed.answer_bytes(name, ".answer.hl7").decode()
    assert answer.index("MSA|AA") < answer.index("MSA|AE") and "902" in answer
    assert list(feed.record(somebody)) == [good.unique_id]


def test_a_file_above_the_limit_of_the_feed_is_refused_unread(hospital: FeedDriver, somebody: Person) -> None:
    feed = FeedDriver(hospital.campaign, Feed.model_validate(HOSPITAL | {"limits": {"file_bytes": 1_000}}))
    assert feed.send(feed.document(somebody)) == ["TOO_BIG"]


def test_an_envelope_that_the_feed_does_not_declare_is_refused(hospital: FeedDriver, somebody: Person) -> None:
    feed = FeedDriver(hospital.campaign, Feed.model_validate(HOSPITAL | {"envelopes": ["hl7v2"], "acknowledgements": ["CSV"]}))
    assert feed.send(feed.document(somebody)) == ["BAD_FORMAT"]


def test_a_run_takes_no_more_than_its_caps_and_the_next_one_takes_the_rest(hospital: FeedDriver, somebody: Person) -> None:
    feed = FeedDriver(hospital.campaign, Feed.model_validate(HOSPITAL | {"limits": {"files_a_batch": 2, "batches_a_run": 2}}))
    for _ in range(7):
        feed.put(feed.document(somebody))
    taken = []
    while feed.files("inbox"):
        taken.append(feed.run()["stored"])
    assert max(taken) <= 4 and sum(taken) == 7


def test_two_people_never_receive_each_others_documents(hospital: FeedDriver, somebody: Person, somebody_else: Person) -> None:
    mine, theirs = hospital.document(somebody), hospital.document(somebody_else)
    hospital.send(mine, theirs)
    assert (list(hospital.record(somebody)), list(hospital.record(somebody_else))) == ([mine.unique_id], [theirs.unique_id])


def test_a_sender_replaces_what_it_speaks_for_and_another_feed_does_not(hospital: FeedDriver, somebody: Person) -> None:
    other_site = "1310781406"
    first = hospital.document(somebody, finess=other_site)
    second = hospital.document(somebody, finess=other_site, series_id=first.series_id, version=2, replaces=first.unique_id)
    sender = {**HOSPITAL["sender"], "speaks_for": [other_site[1:]]}
    route = {"kind": "BUCKET", "prefix": "plateforme"}
    platform = FeedDriver(hospital.campaign, Feed.model_validate(HOSPITAL | {"name": "plateforme", "sender": sender, "route": route}))
    assert hospital.send(first) == ["ok"]
    assert hospital.send(second) == ["NOT_AUTHOR"]
    assert platform.send(second) == ["ok"]
    assert hospital.record(somebody) == {first.unique_id: "REPLACED", second.unique_id: "CURRENT"}


def test_a_sender_of_its_own_documents_only_sends_no_other(hospital: FeedDriver, somebody: Person) -> None:
    strict = Feed.model_validate(HOSPITAL | {"sender": {**HOSPITAL["sender"], "own_documents_only": True}})
    feed = FeedDriver(hospital.campaign, strict)
    assert feed.send(feed.document(somebody, finess="1310781406"), feed.document(somebody)) == ["SENDER_MISMATCH", "ok"]
