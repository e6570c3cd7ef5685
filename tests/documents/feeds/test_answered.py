"""Every file is answered, and only what was read and answered goes from where it arrived; one that cannot be holds up no other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.documents import taking_in
from pipelines.documents.acknowledgements.outcome import Reception
from pipelines.documents.feed import Feed
from pipelines.documents.routes import route_of
from pipelines.documents.taking_in import Intake
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.synthetic.cda_writer import cda
from pipelines.synthetic.document_envelopes import hl7v2, secure_mail, xdm
from tests.feed_driver import HOSPITAL, RECEIVED, FeedDriver
from tests.registry_builder import Person

HL7_ONLY: dict[str, Any] = {"envelopes": ["hl7v2"], "acknowledgements": ["HL7V2", "ZAM"]}
MAIL_ONLY: dict[str, Any] = {"envelopes": ["mail"], "acknowledgements": ["MAIL"]}


def other_feed(hospital: FeedDriver, **changes: Any) -> FeedDriver:
    return FeedDriver(hospital.campaign, Feed.model_validate(HOSPITAL | changes))


def test_a_file_that_cannot_be_answered_stays_and_holds_up_no_other(
    hospital: FeedDriver, somebody: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [hospital.put(hospital.document(somebody)) for _ in range(3)]
    acknowledge_in = taking_in.acknowledge_in

    def fail(forms: Any, reception: Reception, *rest: Any) -> Any:
        if reception.name == names[0]:
            raise ValueError(reception.name)
        return acknowledge_in(forms, reception, *rest)

    monkeypatch.setattr(taking_in, "acknowledge_in", fail)
    with pytest.raises(FinalError, match="is decided, and not answered: ValueError at") as told:
        hospital.run()
    assert names[0] not in str(told.value)
    assert hospital.files("inbox") == names[:1]
    assert [hospital.answer(name)[0]["code"] for name in names[1:]] == ["ok", "ok"]
    monkeypatch.undo()
    hospital.run()
    assert (hospital.answer(names[0])[0]["code"], hospital.files("inbox")) == ("ok", [])


def test_files_of_the_longest_name_and_of_a_name_that_is_no_text_are_answered(
    hospital: FeedDriver, somebody: Person, tmp_path: Path
) -> None:
    feed = other_feed(hospital, route={"kind": "SFTP", "directory": str(tmp_path)})
    (tmp_path / "inbox").mkdir()
    for name in (b"a" * 251 + b".xml", b"\xe9.xml"):
        (tmp_path.joinpath("inbox", name.decode(errors="surrogateescape"))).write_bytes(cda(feed.document(somebody)))
    feed.run()
    answers = [file.read_bytes() for file in (tmp_path / "answers").iterdir()]
    assert feed.files("inbox") == [] and len(answers) == 2 and all(b"ACCEPTED" in answer for answer in answers)


def test_a_long_name_is_parked_and_settled_under_its_number(hospital: FeedDriver, somebody: Person) -> None:
    first = hospital.document(somebody)
    name = "a" * 210 + ".xml"
    hospital.put(hospital.document(somebody, series_id=first.series_id, version=2, replaces=first.unique_id), name)
    hospital.run()
    hospital.send(first, at=RECEIVED + timedelta(hours=1))
    assert hospital.files("parked") == [] and list(hospital.record(somebody).values()) == ["REPLACED", "CURRENT"]


def test_what_no_form_can_tell_is_told_in_a_table(hospital: FeedDriver) -> None:
    feed = other_feed(hospital, **HL7_ONLY)
    assert feed.send(b"no message at all") == ["NO_DOCUMENT"]
    assert feed.files("inbox") == []


def test_a_message_that_is_too_big_is_answered_in_its_own_words_and_in_a_table(hospital: FeedDriver, somebody: Person) -> None:
    feed = other_feed(hospital, **HL7_ONLY, limits={"file_bytes": 1_000})
    document = feed.document(somebody)
    name = feed.put(hl7v2(document, cda(document)), "big.hl7")
    feed.run()
    assert "(TOO_BIG)" in feed.answer_bytes(name, ".answer.hl7").decode()
    assert feed.answer(name)[0]["code"] == "TOO_BIG" and feed.files("inbox") == []


def test_a_mail_that_is_too_big_is_answered_unless_it_is_automatic(hospital: FeedDriver, somebody: Person) -> None:
    feed = other_feed(hospital, **MAIL_ONLY, limits={"file_bytes": 1_000})
    document = feed.document(somebody)
    mail = secure_mail(document, xdm([(document, cda(document))]))
    feed.put(mail, "1.eml")
    feed.put(b"Auto-Submitted: auto-replied\r\n" + mail, "2.eml")
    feed.run()
    assert feed.files("inbox") == []
    assert b"In-Reply-To" not in feed.answer_bytes("1.eml", ".answer.eml") and feed.answer("1.eml")[0]["code"] == "TOO_BIG"
    assert feed.answer_keys("2.eml", "") == []


def test_an_ack_is_not_answered_even_where_it_is_refused(hospital: FeedDriver) -> None:
    feed = other_feed(hospital, **HL7_ONLY)
    name = feed.put(b"MSH|^~\\&|A|B|C|D|20220401||ACK^R01^ACK|1|P|2.5\rMSA|AA|7\r", "ack.hl7")
    assert feed.run()["refused"] == 1
    assert feed.answer_keys(name, "") == feed.files("inbox") == []


def test_another_file_under_the_same_name_is_taken_in_too(hospital: FeedDriver, somebody: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = hospital.document(somebody), hospital.document(somebody)
    name = hospital.put(first, "IHE_XDM.ZIP")
    decide = Intake._decide

    def replaced_meanwhile(*given: Any) -> None:
        monkeypatch.setattr(Intake, "_decide", decide)
        hospital.put(second, name)
        decide(*given)

    monkeypatch.setattr(Intake, "_decide", replaced_meanwhile)
    hospital.run()
    assert (hospital.files("inbox"), list(hospital.record(somebody))) == ([name], [first.unique_id])
    hospital.run()
    assert (hospital.files("inbox"), list(hospital.record(somebody))) == ([], [first.unique_id, second.unique_id])
    assert len(hospital.answer_keys(name)) == 2


def test_what_is_kept_is_what_was_read(hospital: FeedDriver, somebody: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = hospital.document(somebody, version=2, replaces="1.2.250.1.999.7.404")
    name, decide = hospital.put(waiting), Intake._decide

    def replaced_meanwhile(*given: Any) -> None:
        hospital.put(b"something else", name)
        decide(*given)

    monkeypatch.setattr(Intake, "_decide", replaced_meanwhile)
    hospital.run()
    route = route_of(hospital.feed, hospital.campaign.home.store)
    assert [file.content for file in route.read(list(route.waiting("parked"))).values()] == [cda(waiting)]
    assert hospital.files("inbox") == [name]


def test_a_file_that_was_refused_for_good_is_decided_again_when_it_comes_again(hospital: FeedDriver, somebody: Person) -> None:
    content = cda(hospital.document(somebody))
    told = []
    for status in ("SUSPENDED", "SUSPENDED", "OPEN", "OPEN"):
        hospital.change_account(somebody, f"status = '{status}'")
        name = hospital.put(content, "same.xml")
        hospital.run(RECEIVED + timedelta(days=len(told)))
        told.append(hospital.answer(name)[0]["code"])
    assert told == ["SUSPENDED", "SUSPENDED", "ok", "ok"]
    assert hospital.outcomes() == [("STORED", None)] and hospital.campaign.broken_equations() == []


def test_a_version_that_is_kept_to_be_mended_is_decided_anew_under_the_other_name_that_its_sender_is_told(
    hospital: FeedDriver, somebody: Person
) -> None:
    first = hospital.document(somebody)
    second = hospital.document(somebody, series_id=first.series_id, version=2, replaces=first.unique_id)
    name = hospital.put(second)
    for days in (0, 7):
        hospital.run(RECEIVED + timedelta(days=days))
    assert hospital.answer(name)[0]["code"] == "ORIGINAL_MISSING" and "d'un autre nom" in hospital.answer(name)[0]["what_to_do"]
    assert hospital.send(first, second, at=RECEIVED + timedelta(days=8)) == ["ok", "ok"]
    assert hospital.record(somebody) == {first.unique_id: "REPLACED", second.unique_id: "CURRENT"}


def test_while_the_disk_is_away_no_file_of_the_quarantine_is_forgotten(hospital: FeedDriver, tmp_path: Path) -> None:
    feed, disk = other_feed(hospital, route={"kind": "SFTP", "directory": str(tmp_path / "feed")}), tmp_path / "feed"
    (disk / "inbox").mkdir(parents=True)
    (disk / "inbox" / "1.xml").write_bytes(b"<ClinicalDocument xmlns='urn:hl7-org:v3'>")
    feed.run()
    disk.rename(tmp_path / "away")
    disk.mkdir()
    with pytest.raises(RetryableError, match="see that it is mounted"):
        feed.work_off(RECEIVED + timedelta(days=31))
    assert len(feed.campaign.rows("select 1 from documents.quarantined")) == 1
    disk.rmdir()
    (tmp_path / "away").rename(disk)
    assert feed.work_off(RECEIVED + timedelta(days=31))["purged"] == 1
    assert feed.files("quarantine") == feed.campaign.rows("select 1 from documents.quarantined") == []
