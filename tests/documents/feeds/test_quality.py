"""How a sender sends: counted once, compared with its own habit, suspended above its limit, told to its editor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest

from pipelines.documents.feed import Feed
from pipelines.documents.quality import UnusualFeedError, find_unusual, quality_of
from pipelines.documents.suspension import FeedSuspendedError, resume, standing, watch_failures
from pipelines.installation import Installation
from pipelines.platform.clock import PARIS
from pipelines.platform.errors import FinalError
from pipelines.reporting.sender_page import render_sender, sender_csv, sender_quality
from tests.campaign_driver import paris
from tests.feed_driver import HOSPITAL, RECEIVED, FeedDriver
from tests.registry_builder import Person, invent

LIMITED = Feed.model_validate(HOSPITAL | {"limits": {"refused_percent": 50, "refused_from": 10}})


def watched(feed: FeedDriver, at: datetime = RECEIVED) -> dict[str, int]:
    db = feed.campaign.home.db
    (row,) = feed.campaign.rows("select feed_id from documents.feed")
    return watch_failures(db, feed.feed, row["feed_id"], at)


def test_each_document_is_counted_once_with_what_became_of_it(hospital: FeedDriver, somebody: Person) -> None:
    good = hospital.document(somebody, created=datetime(2022, 4, 1, 8, tzinfo=PARIS))
    hospital.send(good, hospital.document(invent(9)))
    hospital.send(good)
    rows = quality_of(hospital.campaign.home.reporting_db, "hopital", 1, RECEIVED)
    assert sorted((row.outcome, row.code or "", row.is_failure, row.documents) for row in rows) == [
        ("DUPLICATE", "ALREADY_STORED", False, 1),
        ("REFUSED", "PERSON_UNKNOWN", True, 1),
        ("STORED", "", False, 1),
    ]


def test_a_person_who_opposed_is_no_failure_of_the_sender(hospital: FeedDriver, somebody: Person) -> None:
    hospital.change_account(somebody, "status = 'SUSPENDED'")
    hospital.send(hospital.document(somebody))
    assert [row.is_failure for row in quality_of(hospital.campaign.home.db, "hopital", 1, RECEIVED)] == [False]


def test_a_feed_above_its_limit_is_suspended_once_and_says_what_to_do(hospital: FeedDriver, somebody: Person) -> None:
    hospital.feed = LIMITED
    hospital.send(*(hospital.document(invent(9)) for _ in range(10)))
    with pytest.raises(FeedSuspendedError, match="documents resume hopital"):
        watched(hospital)
    assert "10 of 10 documents" in str(standing(hospital.campaign.home.db, "hopital")[0])
    watched(hospital, RECEIVED + timedelta(minutes=5))
    resume(hospital.campaign.home.db, "hopital", "claire", "le CHU a corrigé", RECEIVED)
    assert standing(hospital.campaign.home.db, "hopital") == [] and watched(hospital)["failures"] == 0
    with pytest.raises(FinalError, match="not suspended"):
        resume(hospital.campaign.home.db, "hopital", "claire", "encore", RECEIVED + timedelta(minutes=1))


@pytest.mark.parametrize("documents", [9, 20])
def test_a_feed_below_its_limits_goes_on(hospital: FeedDriver, somebody: Person, documents: int) -> None:
    """Nine documents say nothing, and ten failures of twenty are not above half."""
    hospital.feed = LIMITED
    strangers = min(documents, 10)
    hospital.send(*(hospital.document(invent(9) if number < strangers else somebody) for number in range(documents)))
    assert watched(hospital) == {"received": documents, "failures": strangers}


TODAY = date(2022, 6, 15)
WORKDAYS = [day for back in range(40, 0, -1) if (day := TODAY - timedelta(days=back)).weekday() < 5]


def compare(installation: Installation, sent: Mapping[date, tuple[int, int]]) -> None:
    """Compare a feed that sent so many documents on each day, of which so many failed, at noon of TODAY."""
    rows = [
        {"day": day, "documents": number, "failure": is_failure}
        for day, (received, failures) in sent.items()
        for number, is_failure in ((received - failures, False), (failures, True))
        if number
    ]
    with installation.db.transaction() as session:
        session.run("documents/add_feed", name="hopital")
        for row in rows:
            session.connection.exec_driver_sql(
                "insert into documents.quality (work_id, feed_id, decided_at, outcome, is_failure, age, documents) "
                "select 1, feed_id, %(day)s + time '12:00', 'STORED', %(failure)s, 'DAY', %(documents)s from documents.feed",
                row,
            )
    find_unusual(installation.reporting_db, paris(TODAY.year, TODAY.month, TODAY.day, 12))


def test_a_feed_as_it_always_was_is_nothing_to_tell(installation: Installation) -> None:
    compare(installation, dict.fromkeys(WORKDAYS, (100, 5)))


def test_a_weekend_is_a_habit_and_a_silent_week_is_not(installation: Installation) -> None:
    with pytest.raises(UnusualFeedError, match="hopital is silent since 8 days, and was never for more than 3"):
        compare(installation, {day: (100, 5) for day in WORKDAYS if day < TODAY - timedelta(days=7)})


def test_a_feed_that_always_fails_much_is_no_news_and_one_that_begins_to_is(installation: Installation) -> None:
    with pytest.raises(UnusualFeedError, match="failed for 60% of 100 documents on 14 June, and never for more than 5% in a day"):
        compare(installation, {day: (100, 60 if day == WORKDAYS[-1] else 5) for day in WORKDAYS})


def test_a_feed_that_fails_as_much_as_ever_is_its_habit(installation: Installation) -> None:
    compare(installation, dict.fromkeys(WORKDAYS, (100, 60)))


def test_the_page_and_the_table_for_an_editor_tell_reasons_and_nobody(hospital: FeedDriver, somebody: Person) -> None:
    hospital.send(hospital.document(somebody), hospital.document(invent(9)))
    home = hospital.campaign.home
    made = sender_quality(home.reporting_db, hospital.feed, RECEIVED)
    page, table = render_sender(made, home.settings.home / "templates"), sender_csv(made)
    assert (made.received, made.failures, sum(made.by_week().values())) == (2, 1, 2)
    assert "PERSON_UNKNOWN" in page and "PERSON_UNKNOWN" in table
    assert all(name not in page + table for name in (somebody.birth_name, somebody.matricule, invent(9).matricule))
