"""Two feeds never decide on the same document, or on the same series, at once; on others they do."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from pipelines.documents.document import DocumentFormat, IncomingDocument
from pipelines.documents.judgement import Received
from pipelines.documents.recording import held_ids
from pipelines.platform.database import Session
from pipelines.platform.errors import RetryableError
from tests.campaign_driver import Campaign

MANY = [f"1.2.250.1.{number}" for number in range(2_000)]


def hold(session: Session, ids: list[str]) -> None:
    session.connection.execute(text("set local lock_timeout = '200ms'"))
    session.all("documents/hold_identifiers", ids=ids)


@pytest.mark.parametrize(
    ("one", "other"), [(["1.2.3"], ["9", "1.2.3"]), (MANY, MANY[7:8]), (MANY[7:8], MANY), (MANY, [f"2.{name}" for name in MANY])]
)
def test_who_decides_on_a_document_keeps_others_waiting(campaign: Campaign, one: list[str], other: list[str]) -> None:
    db = campaign.home.db
    with db.transaction() as first:
        hold(first, one)
        with pytest.raises(RetryableError, match="55P03"), db.transaction() as second:
            hold(second, other)


def test_feeds_that_decide_on_other_documents_do_not_wait(campaign: Campaign) -> None:
    db = campaign.home.db
    with db.transaction() as first, db.transaction() as second:
        hold(first, MANY[:200])
        hold(second, MANY[200:400])


def test_however_many_documents_take_few_locks(campaign: Campaign) -> None:
    with campaign.home.db.transaction() as session:
        hold(session, MANY)
        locks = session.connection.execute(text("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"))
        assert locks.scalar_one() <= 64


def test_a_document_is_held_with_what_it_replaces_and_with_its_series() -> None:
    document = IncomingDocument(DocumentFormat.CDA, unique_id="1.2.2", replaces="1.2.1", series_id="1.3")
    assert held_ids([Received(UUID(int=0), 0, document, b"")]) == ["1.2.1", "1.2.2", "1.3"]
