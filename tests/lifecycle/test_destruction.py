"""Archives are destroyed when they are over or on express request: never early, wholly, with a certificate that tells of nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipelines.accounts.systems import System
from pipelines.lifecycle.destruction import DisputedDateError
from pipelines.lifecycle.two_clocks import ClocksDisagreeError, agreed_day
from pipelines.platform.clock import Clock, ClockMode, legal_day
from pipelines.platform.database import Counts, Work
from pipelines.platform.object_store import MissingObjectError, RetainedObjectError
from pipelines.retention.holds import lift_hold, put_hold
from tests.accounts.systems_behind import SystemsBehind
from tests.campaign_driver import OPENING, SENT, Campaign, paris
from tests.lifecycle.life_driver import Lives
from tests.registry_builder import Person, invent

CLOSED = paris(2024, 2, 29, 10)
LAST_DAY = paris(2034, 3, 1, 2)
DAY_AFTER = paris(2034, 3, 2, 2)
ASKED = paris(2024, 11, 30, 10)


@pytest.fixture
def archive(lives: Lives, holder: Person) -> Person:
    """Somebody whose space held two documents and was closed on 29 February 2024."""
    lives.store(holder, b"<a/>", OPENING)
    lives.store(holder, b"<b/>", OPENING)
    lives.ask("CLOSE", holder, CLOSED)
    lives.retain(CLOSED)
    return holder


def put_in_doubt(campaign: Campaign, person: Person) -> None:
    """Let the registry ask whether somebody is another person whom it knows."""
    campaign.register(person.but(matricule=invent(2).matricule), body="MSA", on=date(2024, 5, 10))


def test_an_archive_of_29_february_lives_through_1_march_and_is_destroyed_the_next_day(lives: Lives, archive: Person) -> None:
    assert lives.purge(LAST_DAY) == {"spaces": 0, "documents": 0} and len(lives.objects()) == 2
    assert lives.purge(DAY_AFTER) == {"spaces": 1, "documents": 2} and lives.objects() == []


def test_what_is_destroyed_leaves_a_row_that_tells_nothing(campaign: Campaign, lives: Lives, archive: Person) -> None:
    lives.purge(DAY_AFTER)
    account = lives.account(archive)
    assert (account["status"], account["record_no"], account["managed_by"]) == ("PURGED", None, None)
    assert campaign.rows("select 1 from documents.document") == [] and campaign.broken_equations() == []


def test_its_person_is_told_of_the_destruction(lives: Lives, archive: Person) -> None:
    lives.purge(DAY_AFTER)
    assert ("purge", DAY_AFTER.date()) in lives.messages(archive)


def test_the_certificate_counts_and_names_nobody(campaign: Campaign, lives: Lives, archive: Person) -> None:
    account_id = str(lives.account(archive)["account_id"])
    lives.purge(DAY_AFTER)
    (certificate,) = lives.certificates()
    assert {name: certificate[name] for name in ("rule", "accounts", "documents", "bytes", "destroyed_on", "article")} == {
        "rule": "ARCHIVE_OVER", "accounts": 1, "documents": 2, "bytes": 8, "destroyed_on": "2034-03-02", "article": "CSP R1111-36",
    }  # fmt: skip
    assert len(certificate["list_sha256"]) == 64
    assert account_id not in json.dumps(certificate) and archive.matricule not in json.dumps(certificate)


def test_a_purge_that_runs_again_destroys_nothing_more(campaign: Campaign, lives: Lives, archive: Person) -> None:
    lives.purge(DAY_AFTER)
    before = campaign.everything()
    assert lives.purge(DAY_AFTER) == {"spaces": 0, "documents": 0}
    assert campaign.everything() == before and len(lives.certificates()) == 1


def test_whoever_asks_for_a_space_after_the_destruction_gets_an_empty_one(campaign: Campaign, lives: Lives, archive: Person) -> None:
    old = lives.account(archive)["account_id"]
    lives.purge(DAY_AFTER)
    assert lives.ask("REOPEN", archive, DAY_AFTER + timedelta(days=1))["result"] == "DONE"
    account = lives.account(archive)
    assert account["status"] == "OPEN" and account["account_id"] != old and lives.readable(archive) == 0
    assert campaign.broken_equations() == []


def test_a_space_that_was_closed_again_is_kept_ten_years_from_the_last_closing(lives: Lives, archive: Person) -> None:
    lives.ask("REOPEN", archive, paris(2030, 1, 1))
    lives.ask("CLOSE", archive, paris(2031, 1, 1))
    assert lives.purge(DAY_AFTER)["spaces"] == 0
    assert lives.purge(paris(2041, 1, 2))["spaces"] == 1


def test_a_date_that_the_trail_does_not_confirm_destroys_nothing(campaign: Campaign, lives: Lives, archive: Person) -> None:
    def damage(work: Work) -> Counts:
        work.connection.execute(sa.text("update accounts.account set archived_until = '2025-01-01'"))
        return {}

    campaign.home.db.once("a_fault", "1", CLOSED, damage)
    with pytest.raises(DisputedDateError, match="1 archives of people"):
        lives.purge(paris(2025, 6, 1))
    assert lives.status(archive) == "CLOSED" and len(lives.objects()) == 2


def test_the_object_store_refuses_to_delete_what_it_retains(campaign: Campaign, lives: Lives, archive: Person) -> None:
    with pytest.raises(RetainedObjectError, match="refused to delete 2 objects"):
        campaign.home.store.destroy("documents", [f"{lives.account(archive)['account_id']}/"], despite_retention=False)
    assert len(lives.objects()) == 2


@pytest.mark.parametrize("apart", [timedelta(hours=1), -timedelta(hours=1), timedelta(days=4000)])
def test_nothing_is_destroyed_while_two_clocks_disagree(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, apart: timedelta) -> None:
    store, here = campaign.home.store, campaign.home.store.present()
    monkeypatch.setattr(type(store), "present", lambda _: here + apart)
    with pytest.raises(ClocksDisagreeError):
        agreed_day(store, Clock(ClockMode.SYSTEM), here - timedelta(minutes=1))


def test_the_day_is_that_of_the_run_where_both_clocks_agree(campaign: Campaign) -> None:
    as_of = campaign.home.store.present() - timedelta(days=3)
    assert agreed_day(campaign.home.store, Clock(ClockMode.SYSTEM), as_of) == legal_day(as_of)


def test_a_run_dated_ahead_destroys_nothing(campaign: Campaign, lives: Lives, archive: Person) -> None:
    purge = replace(campaign.home.purge(datetime(2200, 1, 1, tzinfo=UTC)), clock=Clock(ClockMode.SYSTEM))
    with pytest.raises(Exception, match="in the future"):
        purge.plan(64)


def test_an_express_deletion_is_done_within_three_months(lives: Lives, archive: Person) -> None:
    answer = lives.ask("DELETE_EXPRESS", archive, ASKED)
    assert (answer["result"], answer["due_on"]) == ("PLANNED", "2025-02-28")
    assert lives.purge(paris(2024, 12, 13, 2))["spaces"] == 0
    assert lives.purge(paris(2024, 12, 14, 2)) == {"spaces": 1, "documents": 2}
    assert lives.objects() == [] and lives.certificates()[0]["rule"] == "EXPRESS"


def test_an_express_deletion_of_an_open_space_closes_it_first(lives: Lives, holder: Person) -> None:
    lives.ask("DELETE_EXPRESS", holder, ASKED)
    assert lives.moves(holder) == ["OPEN", "CLOSED", "DELETION_ASKED"]
    assert lives.messages(holder) == [("closing_receipt", ASKED.date())]


def test_a_re_opening_takes_an_express_deletion_back(lives: Lives, archive: Person) -> None:
    lives.ask("DELETE_EXPRESS", archive, ASKED)
    lives.ask("REOPEN", archive, ASKED + timedelta(days=5))
    lives.ask("CLOSE", archive, ASKED + timedelta(days=6))
    assert lives.purge(paris(2025, 2, 1))["spaces"] == 0 and lives.readable(archive) == 0


def test_an_archive_without_documents_is_destroyed_too(campaign: Campaign, lives: Lives, holder: Person) -> None:
    lives.ask("CLOSE", holder, CLOSED)
    assert lives.purge(DAY_AFTER) == {"spaces": 1, "documents": 0}


def test_nobody_is_told_of_the_destruction_of_what_a_death_closed(campaign: Campaign, lives: Lives, holder: Person) -> None:
    campaign.register(holder.but(died_on=date(2022, 5, 2)), on=date(2022, 5, 10))
    lives.follow(paris(2022, 5, 11, 2))
    lives.purge(paris(2032, 5, 12, 2))
    assert lives.status(holder) == "PURGED" and lives.messages(holder) == []


def test_nobody_asks_for_the_destruction_of_what_the_dead_left(campaign: Campaign, lives: Lives, archive: Person) -> None:
    campaign.register(archive.but(died_on=date(2024, 5, 2)), on=date(2024, 5, 10))
    assert lives.ask("DELETE_EXPRESS", archive, ASKED)["cause"] == "DECEASED"


def test_what_may_be_another_person_s_is_not_destroyed_on_request(campaign: Campaign, lives: Lives, archive: Person) -> None:
    put_in_doubt(campaign, archive)
    assert lives.ask("DELETE_EXPRESS", archive, ASKED)["cause"] == "DOUBTFUL_IDENTITY"


def test_an_express_deletion_of_who_died_since_is_not_done(campaign: Campaign, lives: Lives, archive: Person) -> None:
    lives.ask("DELETE_EXPRESS", archive, ASKED)
    campaign.register(archive.but(died_on=date(2024, 12, 2)), on=date(2024, 12, 3))
    assert lives.purge(paris(2025, 3, 1))["spaces"] == 0
    assert lives.purge(DAY_AFTER)["spaces"] == 1


@pytest.mark.parametrize("is_asked", [True, False])
def test_nothing_is_destroyed_that_may_be_another_person_s(campaign: Campaign, lives: Lives, archive: Person, is_asked: bool) -> None:
    if is_asked:
        lives.ask("DELETE_EXPRESS", archive, ASKED)
    put_in_doubt(campaign, archive)
    assert lives.purge(paris(2025, 1, 1) if is_asked else DAY_AFTER)["spaces"] == 0


@pytest.mark.parametrize("is_asked", [True, False])
def test_what_somebody_holds_is_not_destroyed_until_it_is_lifted(campaign: Campaign, lives: Lives, archive: Person, is_asked: bool) -> None:
    if is_asked:
        lives.ask("DELETE_EXPRESS", archive, ASKED)
    at, place = paris(2025, 1, 1) if is_asked else DAY_AFTER, f"documents/{lives.account(archive)['account_id']}"
    put_hold(campaign.home.db, place, "an inquiry", ASKED, "ops")
    assert lives.purge(at)["spaces"] == 0 and len(lives.objects()) == 2
    lift_hold(campaign.home.db, place, at, "ops")
    assert lives.purge(at + timedelta(days=1))["spaces"] == 1


def test_an_express_deletion_that_reached_us_late_is_done_within_three_months_of_its_receipt(lives: Lives, archive: Person) -> None:
    answer = lives.ask("DELETE_EXPRESS", archive, ASKED, received_at=paris(2024, 9, 3).isoformat())
    assert answer["due_on"] == "2024-12-03"
    assert lives.purge(paris(2024, 12, 2, 2))["spaces"] == 0
    assert lives.purge(paris(2024, 12, 3, 2))["spaces"] == 1


def test_the_record_system_is_told_which_record_to_destroy_and_nobody_whose_it_was(
    campaign: Campaign, lives: Lives, person: Person
) -> None:
    systems = SystemsBehind(campaign)
    systems.bring_records((person.matricule, "DMP-1", "ACTIVE"), at=SENT)
    campaign.open(OPENING)
    lives.ask("CLOSE", person, CLOSED)
    systems.tell(CLOSED)
    lives.purge(DAY_AFTER)
    systems.tell(DAY_AFTER)
    told = systems.told(System.RECORDS)[-1]
    assert (told["event"], told["record_no"], told["is_taken_over"], told["matricule"]) == ("PURGED", "DMP-1", True, None)


def test_a_document_that_is_lost_is_told_and_every_other_archive_is_retained(campaign: Campaign, lives: Lives) -> None:
    people = (invent(1), invent(2))
    campaign.register(*people)
    campaign.notify()
    campaign.open(OPENING)
    lost, _ = [lives.store(person, b"<a/>", OPENING) for person in people]
    campaign.home.store.destroy("documents", [lost], despite_retention=True)
    for person in people:
        lives.ask("CLOSE", person, CLOSED)
    with pytest.raises(MissingObjectError, match=f"1 archived documents .* the first is {lost}"):
        lives.retain(CLOSED)
    assert [lives.account(person)["retained_until"] for person in people] == [None, date(2034, 3, 1)]


def test_what_a_neighbour_holds_stays(campaign: Campaign, lives: Lives) -> None:
    people = (invent(1), invent(2))
    campaign.register(*people)
    campaign.notify()
    campaign.open(OPENING)
    keys = [lives.store(person, b"<same/>", OPENING) for person in people]
    lives.ask("CLOSE", people[0], CLOSED)
    lives.purge(DAY_AFTER)
    assert lives.objects() == [keys[1]] and lives.readable(people[1]) == 1
