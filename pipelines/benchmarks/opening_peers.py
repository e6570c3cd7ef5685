"""What the rows of openings cost without their rules: copied bare, and as objects of SQLAlchemy's.

The same rows are those that an opening leaves: the journey, the account, its event, and two rows of the trail; into tables of the same
columns, defaults and indexes, without a trigger, a check that looks anything up, or a lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pipelines.benchmarks.figures import Stage
from pipelines.benchmarks.servers import Servers
from pipelines.installation import Installation
from pipelines.platform.settings import Settings

BY_OBJECT = 20_000
_EMPTY = (
    "create schema if not exists peer",
    "drop table if exists peer.journey, peer.account, peer.event, peer.audit",
    "create table peer.journey (like campaign.journey including defaults including indexes)",
    "create table peer.account (like accounts.account including defaults including indexes)",
    "create table peer.event (like accounts.event including defaults including indexes)",
    "create table peer.audit (like platform.audit including defaults including indexes)",
    "grant all on schema peer to public",
    "grant all on all tables in schema peer to public",
)
_BARE_ACCOUNTS = (
    "drop table if exists peer.account",
    "create table peer.account (like accounts.account including defaults)",
    "grant all on peer.account to public",
)
_SAME_ROWS = (
    "insert into peer.journey select * from campaign.journey where status = 'OPENED' and person_id between %s and %s",
    "insert into peer.event select * from accounts.event where person_id between %s and %s",
    "insert into peer.audit select * from platform.audit where after in ('OPENED', 'OPEN') and person_id between %s and %s",
    "insert into peer.account select * from accounts.account where person_id between %s and %s",
)


def peers(own: Servers, shards: list[dict[str, int]], say: Callable[[str], None]) -> dict[str, Stage]:
    """Write the same rows again, shard by shard as the openings were, then as objects, then those of the accounts alone."""
    say("the same rows: copied bare, as objects, those of accounts alone")
    _run(own, _EMPTY)
    copied, bare = own.scale.weigh_side_by_side(partial(copy_rows, own.settings), shards)
    _run(own, _EMPTY)
    objects, mapped = own.scale.weigh(insert_objects, own.settings)
    _run(own, _BARE_ACCOUNTS)
    alone, least = own.scale.weigh(copy_accounts, own.settings)
    return {
        "INSERT ... SELECT": Stage(sum(copied), bare),
        "ORM objects": Stage(objects, mapped),
        "accounts alone, no index": Stage(alone, least),
    }


def _run(own: Servers, statements: tuple[str, ...]) -> None:
    with own.connect() as connection:
        for statement in statements:
            connection.execute(statement)


def copy_rows(settings: Settings, shard: dict[str, int]) -> int:
    """Copy the rows of one shard; return how many accounts there are."""
    bounds = (shard["first_id"], shard["last_id"])
    with closing(Installation(settings)) as here, here.db.engine.begin() as connection:
        return [connection.exec_driver_sql(statement, bounds).rowcount for statement in _SAME_ROWS][-1]


def copy_accounts(settings: Settings) -> int:
    """Copy the accounts by one statement; return how many."""
    with closing(Installation(settings)) as here, here.db.engine.begin() as connection:
        return connection.exec_driver_sql("insert into peer.account select * from accounts.account").rowcount


class _Base(DeclarativeBase):
    pass


class _Journey(_Base):
    """A journey that ended in an opening."""

    __tablename__ = "journey"
    __table_args__ = {"schema": "peer"}  # noqa: RUF012 - SQLAlchemy's own form
    person_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(sa.SmallInteger)
    status: Mapped[str] = mapped_column(sa.Enum("OPENED", name="journey_status", schema="campaign"))
    last_day: Mapped[date]


class _Account(_Base):
    """The account."""

    __tablename__ = "account"
    __table_args__ = {"schema": "peer"}  # noqa: RUF012 - SQLAlchemy's own form
    account_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    campaign_id: Mapped[int] = mapped_column(sa.SmallInteger)
    opened_on: Mapped[date]
    consents: Mapped[int] = mapped_column(sa.SmallInteger)


class _Event(_Base):
    """Its event."""

    __tablename__ = "event"
    __table_args__ = {"schema": "peer"}  # noqa: RUF012 - SQLAlchemy's own form
    account_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str]
    happened_on: Mapped[date]
    recorded_in: Mapped[int] = mapped_column(sa.BigInteger)


class _Audit(_Base):
    """A row of the trail."""

    __tablename__ = "audit"
    __table_args__ = {"schema": "peer"}  # noqa: RUF012 - SQLAlchemy's own form
    audit_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    work_id: Mapped[int] = mapped_column(sa.BigInteger)
    occurred_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    subject: Mapped[str]
    after: Mapped[str]


def insert_objects(settings: Settings) -> int:
    """Write the same rows of some people as objects; return of how many."""
    with closing(Installation(settings)) as here, Session(here.db.engine) as session, session.begin():
        people = session.execute(
            sa.text(
                "select a.person_id, a.campaign_id, a.account_id, a.opened_on, j.last_day from accounts.account as a "
                "inner join campaign.journey as j using (person_id, campaign_id) limit :some"
            ),
            {"some": BY_OBJECT},
        ).all()
        for number, one in enumerate(people):
            session.add_all(_objects_of(number, one))
        return len(people)


def _objects_of(number: int, one: sa.Row[tuple[int, int, uuid.UUID, date, date]]) -> list[_Base]:
    at = datetime.combine(one.opened_on, datetime.min.time())
    return [
        _Journey(person_id=one.person_id, campaign_id=one.campaign_id, status="OPENED", last_day=one.last_day),
        _Account(
            account_id=one.account_id, person_id=one.person_id, campaign_id=one.campaign_id, opened_on=one.opened_on, consents=1
        ),
        _Event(account_id=one.account_id, person_id=one.person_id, kind="OPENED", happened_on=one.opened_on, recorded_in=1),
        _Audit(audit_id=2 * number, person_id=one.person_id, work_id=1, occurred_at=at, subject="journey", after="OPENED"),
        _Audit(audit_id=2 * number + 1, person_id=one.person_id, work_id=1, occurred_at=at, subject="account", after="OPEN"),
    ]  # fmt: skip
