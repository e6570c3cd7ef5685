"""The audit trail is what it was when it was sealed, or the first link that is not is named."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from pipelines.audit.sealing import BUCKET, head_key, seal_audit
from pipelines.audit.verification import BrokenTrailError, Verified, verify_audit
from pipelines.platform.errors import FinalError
from pipelines.platform.object_store import ObjectStore
from tests.audit_store import new_audit_store
from tests.campaign_driver import Campaign, paris
from tests.registry_builder import invent

PLACED = "insert into platform.audit (person_id, work_id, occurred_at, subject, after, recorded_in) values (1, 1, now(), 'x', 'x', 1)"
FIRST, SECOND, THIRD = (paris(2022, 2, day, 2) for day in (1, 2, 3))


@pytest.fixture
def store(campaign: Campaign) -> ObjectStore:
    """A store whose bucket nobody used before."""
    return new_audit_store(campaign.home.settings)


@pytest.fixture
def sealed(campaign: Campaign, store: ObjectStore) -> Campaign:
    """Two people who were told, each day sealed."""
    campaign.register(invent(1))
    campaign.notify()
    seal_audit(campaign.home.db, store, 10, FIRST)
    campaign.register(invent(1), invent(2), on=date(2022, 1, 31))
    campaign.notify(FIRST)
    seal_audit(campaign.home.db, store, 10, SECOND)
    return campaign


def tamper(campaign: Campaign, statement: str) -> None:
    """Do what only somebody who owns the database can do."""
    with campaign.owner.begin() as connection:
        assert connection.execute(sa.text(statement)).rowcount


def test_a_trail_that_nobody_touched_is_as_it_was_sealed(sealed: Campaign, store: ObjectStore) -> None:
    found = verify_audit(sealed.home.db, store)
    assert found == Verified(2, 2, len(sealed.rows("select 1 from platform.audit")))


def test_a_run_seals_once(sealed: Campaign, store: ObjectStore) -> None:
    again = seal_audit(sealed.home.db, store, 10, SECOND)
    assert (again["seal_no"], len(sealed.rows("select 1 from platform.audit_seal"))) == (2, 2)


def test_a_day_on_which_nothing_happened_has_its_seal(sealed: Campaign, store: ObjectStore) -> None:
    sealed_now = seal_audit(sealed.home.db, store, 10, THIRD)
    assert (sealed_now["seal_no"], sealed_now["rows"], verify_audit(sealed.home.db, store).seals) == (3, 0, 3)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("update platform.audit set after = 'OPPOSED' where audit_id = (select min(audit_id) from platform.audit)", "seal 1 of 2022-02-01"),
        (
            "update platform.audit set occurred_at = occurred_at + interval '1 microsecond' "
            "where audit_id = (select max(audit_id) from platform.audit)",
            "seal 2 of 2022-02-02",
        ),
        ("delete from platform.audit where audit_id = (select max(audit_id) from platform.audit)", "2 rows were sealed and 1 are found"),
        (
            "insert into platform.audit (person_id, work_id, occurred_at, subject, after, recorded_in) "
            "select person_id, work_id, occurred_at, subject, after, recorded_in from platform.audit order by audit_id limit 1",
            "seal 1 of 2022-02-01",
        ),
        ("delete from platform.audit_link where seal_no = 1", "the link of shard 0"),
        ("update platform.audit_link set digest = repeat('0', 64) where seal_no = 2", "the link of shard 0"),
        ("delete from platform.audit_seal where seal_no = 1", "a seal was taken away"),
        ("delete from platform.audit_seal where seal_no = 2", "heads/00000002.json in the object store was taken away"),
        ("update platform.unit_of_work set actor = 'nobody' where step = 'plan_notices'", "seal 1 of 2022-02-01"),
        (
            "insert into platform.audit (person_id, work_id, occurred_at, subject, after, recorded_in) "
            "select person_id, work_id, occurred_at, subject, after, 9000000000 from platform.audit order by audit_id limit 1",
            "a number that no transaction had yet",
        ),
    ],
    ids=["changed", "by a microsecond", "deleted", "inserted", "no link", "another link", "no seal", "no last seal", "who", "ahead"],
)
def test_what_was_tampered_with_is_named(sealed: Campaign, store: ObjectStore, statement: str, found: str) -> None:
    tamper(sealed, statement)
    with pytest.raises(BrokenTrailError, match=found):
        verify_audit(sealed.home.db, store)


def test_a_trail_that_was_sealed_anew_meets_the_heads_in_the_store(sealed: Campaign, store: ObjectStore) -> None:
    tamper(sealed, "update platform.audit set reason = 'made up'")
    tamper(sealed, "delete from platform.audit_link")
    tamper(sealed, "delete from platform.audit_seal")
    tamper(sealed, "delete from platform.unit_of_work as u where u.step = 'seal_audit'")
    seal_audit(sealed.home.db, store, 10, FIRST)
    with pytest.raises(BrokenTrailError, match="sealed anew"):
        verify_audit(sealed.home.db, store)


def test_a_head_that_was_written_over_is_read_as_it_was_first(sealed: Campaign, store: ObjectStore) -> None:
    first = store.first_version(BUCKET, head_key(1))
    store.put(BUCKET, head_key(1), b"{}")
    store.delete(BUCKET, head_key(1))
    assert store.first_version(BUCKET, head_key(1)) == first


def test_a_head_cannot_be_destroyed_by_the_keys_that_wrote_it(sealed: Campaign, store: ObjectStore) -> None:
    name = store.settings.bucket(BUCKET)
    version = store.client.list_object_versions(Bucket=name, Prefix=head_key(1))["Versions"][0]["VersionId"]
    with pytest.raises(Exception, match=r"AccessDenied|retention|WORM"):
        store.client.delete_object(Bucket=name, Key=head_key(1), VersionId=version)


def test_heads_that_a_killed_run_left_are_kept_by_the_next(campaign: Campaign, store: ObjectStore) -> None:
    campaign.register(invent(1))
    campaign.notify()
    away = ObjectStore(campaign.home.settings.model_copy(update={"bucket_prefix": "nobody"}))
    with pytest.raises(Exception, match=r"did not answer|no such object"):
        seal_audit(campaign.home.db, away, 10, FIRST)
    seal_audit(campaign.home.db, store, 10, SECOND)
    assert verify_audit(campaign.home.db, store).seals == 2


def test_the_pipeline_cannot_choose_where_a_row_stands(sealed: Campaign) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), sealed.home.db.engine.begin() as connection:
        connection.execute(sa.text(PLACED))


def test_a_database_whose_numbers_began_anew_is_not_sealed(sealed: Campaign, store: ObjectStore) -> None:
    tamper(sealed, "update platform.audit_seal set up_to = 9000000000 where seal_no = 2")
    with pytest.raises(FinalError, match="began anew"):
        seal_audit(sealed.home.db, store, 10, THIRD)


def test_the_daily_part_of_the_verification_reads_the_last_seals(sealed: Campaign, store: ObjectStore) -> None:
    assert verify_audit(sealed.home.db, store, 1).seals >= 1


@pytest.mark.parametrize("table", ["audit", "audit_link", "audit_seal"])
def test_the_pipeline_cannot_delete_what_it_sealed(sealed: Campaign, table: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), sealed.home.db.engine.begin() as connection:
        connection.execute(sa.delete(sa.table(table, schema="platform")))
