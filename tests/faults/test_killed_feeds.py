"""A feed that is killed in the middle and run again, and one whose store is away: each document has one outcome, each file one answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.documents.feed import Feed
from pipelines.documents.steps import PATIENCE
from pipelines.platform.errors import RetryableError
from pipelines.platform.many_objects import ManyObjects
from pipelines.platform.object_store import ObjectStore
from tests.campaign_driver import Campaign
from tests.faults.victims import Victims
from tests.feed_driver import HOSPITAL, RECEIVED, FeedDriver, open_spaces
from tests.registry_builder import Person, invent

CODES = ["ok", "ok", "ok", "PERSON_UNKNOWN", "AWAITING_ORIGINAL"]
MARKERS = [
    ("put_all", 1, "after"),
    ("documents/keep_receptions", 1, "after"),
    ("put_all", 2, "before"),
    ("delete_as_read", 1, "after"),
]


@pytest.fixture
def people(campaign: Campaign) -> list[Person]:
    both = [invent(1), invent(2)]
    open_spaces(campaign, both)
    return both


@pytest.fixture
def feed(campaign: Campaign) -> FeedDriver:
    return FeedDriver(campaign, Feed.model_validate(HOSPITAL))


def put_batch(feed: FeedDriver, people: list[Person]) -> list[str]:
    """Put down three documents that can be stored, one of a stranger, and one whose original has not come."""
    documents = [feed.document(person) for person in (*people, people[0], invent(9))]
    return [feed.put(document) for document in (*documents, feed.document(people[0], replaces="1.2.250.1.999.7.404", version=2))]


@pytest.mark.parametrize(("method", "call", "moment"), MARKERS, ids=[f"{method}-{call}-{moment}" for method, call, moment in MARKERS])
def test_a_feed_that_is_killed_loses_nothing_and_answers_each_file_with_what_was_decided(
    feed: FeedDriver, people: list[Person], victims: Victims, until_free: Callable[[], None], method: str, call: int, moment: str
) -> None:
    names = put_batch(feed, people)
    victims.kill("feed", method, call, moment)
    until_free()
    feed.run(RECEIVED + timedelta(minutes=5))
    feed.sweep(RECEIVED + timedelta(minutes=5) + PATIENCE + timedelta(hours=1))
    assert [feed.answer(name)[0]["code"] for name in names] == CODES
    assert sorted(str(code) for _, code in feed.outcomes()) == ["AWAITING_ORIGINAL", "None", "None", "None", "PERSON_UNKNOWN"]
    indexed = feed.campaign.rows("select account_id || '/' || encode(sha256, 'hex') as key from documents.document order by key")
    assert feed.objects() == [row["key"] for row in indexed] and len(indexed) == 3
    assert (feed.files("inbox"), len(feed.files("parked"))) == ([], 1)
    assert feed.campaign.rows("select 1 from documents.upload") == [] and feed.campaign.broken_equations() == []


def test_while_the_store_is_away_nothing_is_decided_and_later_everything_is(feed: FeedDriver, people: list[Person]) -> None:
    names = put_batch(feed, people)
    home = feed.campaign.home
    away = ManyObjects(ObjectStore(home.settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})), "documents")
    with home.document_intake(feed.feed) as intake, pytest.raises(RetryableError, match="did not answer"):
        replace(intake, recorder=replace(intake.recorder, objects=away)).take_in(0, 1, RECEIVED)
    assert feed.outcomes() == [] and len(feed.files("inbox")) == len(names)
    feed.run()
    assert [feed.answer(name)[0]["code"] for name in names] == CODES


def test_a_space_that_closes_while_its_documents_are_written_receives_none_of_them(feed: FeedDriver, people: list[Person]) -> None:
    name = feed.put(feed.document(people[0]))
    closing = "status = 'CLOSED', closed_on = '2022-04-01', closing_reason = 'REQUEST', archived_until = '2032-04-01'"

    class _Closing(ManyObjects):
        def put_all(self, objects: object) -> None:  # type: ignore[override]
            super().put_all(objects)  # type: ignore[arg-type]
            feed.change_account(people[0], closing)

    home = feed.campaign.home
    with home.document_intake(feed.feed) as intake, pytest.raises(RetryableError, match="was closed"):
        replace(intake, recorder=replace(intake.recorder, objects=_Closing(home.store, "documents"))).take_in(0, 1, RECEIVED)
    feed.run()
    feed.sweep(RECEIVED + PATIENCE + timedelta(hours=1))
    assert (feed.answer(name)[0]["code"], feed.objects(), feed.record(people[0])) == ("CLOSED", [], {})
