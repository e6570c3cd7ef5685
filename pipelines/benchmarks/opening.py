"""Openings of everybody who was told, on servers of its own: shard by shard, as many tasks at once as there are cores.

Each task calls what Airflow's calls, in a process of its own. Before any figure everybody told must have one open account and every
equation must hold. Peers write the same rows, unchecked and without trail, into a table of the same columns on the same server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pipelines.accounts.steps import open_accounts, plan_openings
from pipelines.benchmarks.campaign import scans
from pipelines.benchmarks.emails import SENT, register
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import MIB
from pipelines.benchmarks.oppositions import tell_everybody
from pipelines.benchmarks.servers import Servers, servers
from pipelines.campaign.policy import Policy
from pipelines.installation import Installation
from pipelines.platform.clock import legal_day
from pipelines.platform.errors import RuleError
from pipelines.platform.settings import Settings
from pipelines.platform.shards import Shard
from pipelines.reporting.equations import require_balance

if TYPE_CHECKING:
    import psycopg

ROOM, ROOM_A_PERSON = 1024 * MIB, 4_000
OPENED = SENT + timedelta(days=43)
SHARD_SIZE = 2**18
ENOUGH, NATION = 500_000, 20_000_000
BY_OBJECT = 20_000
_PEER = (
    "create schema if not exists peer",
    "drop table if exists peer.account",
    "create table peer.account (like accounts.account including defaults)",
    "grant all on schema peer to public",
    "grant all on peer.account to public",
)
_SAME_ROWS = (
    "insert into peer.account (account_id, person_id, campaign_id, opened_on) select gen_random_uuid(), person_id, campaign_id, %s "
    "from campaign.journey where status = 'OPENED'"
)


def run(people: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure the openings of a registry of so many people. Raises: RuleError where somebody was not opened, or twice."""
    with servers(under, ROOM + people * ROOM_A_PERSON, False, say) as own:
        say(f"a registry of {people:,} people, all of them told")
        register(own, people)
        told = len(tell_everybody(own, people))
        own.tidy()
        say(f"opening {told:,} accounts")
        whole = _opened(own, told)
        own.tidy()
        idle, read_whole = _idle(own)
        peers = _peers(own, say)
    figures = Figures("accounts opened", whole, peers, [f"{people:,} people, {told:,} told"], {"nothing due": idle})
    return replace(figures, targets=_targets(figures, people, idle, read_whole))


def _targets(figures: Figures, people: int, idle: Stage, read_whole: int) -> list[Target]:
    enough = figures.whole.count >= ENOUGH
    return [
        Target("accounts opened a second", figures.whole.per_second if enough else None, at_least=40_000),
        Target("of a bare INSERT ... SELECT", figures.ratio("INSERT ... SELECT") if enough else None, at_least=0.5),
        Target("times SQLAlchemy ORM objects", figures.ratio("ORM objects") if enough else None, at_least=20),
        Target("nothing due on 20 million people: seconds", idle.cost.seconds if people >= NATION else None, at_most=2),
        Target("tables of people read whole where nothing is due", float(read_whole), at_most=0),
    ]


def _without_daily_reports(policy: Policy) -> Policy:
    """Return a policy by which no channel must say each day that it is whole: that would hold openings back."""
    return policy.model_copy(update={"reports_daily": ()})


def plan(settings: Settings) -> list[dict[str, int]]:
    """Return the shards in which somebody is due."""
    with closing(Installation(settings)) as here:
        return [shard.as_dict() for shard in plan_openings(here.db, SHARD_SIZE, here.clock, OPENED)]


def open_shard(settings: Settings, shard: dict[str, int]) -> dict[str, int]:
    """Open the accounts of one shard, as one task does; return its counts."""
    with closing(Installation(settings)) as here:
        counts = open_accounts(here.db, _without_daily_reports(here.policy), Shard(**shard), here.clock, OPENED)
        return asdict(counts)


def _opened(own: Servers, told: int) -> Stage:
    shards, planning = own.scale.weigh(plan, own.settings)
    done, opening = own.scale.weigh_side_by_side(partial(open_shard, own.settings), shards)
    _require_everybody(own, told, done)
    return Stage(sum(counts["opened"] for counts in done), planning + opening)


def _require_everybody(own: Servers, told: int, done: Sequence[dict[str, int]]) -> None:
    settled = sum(sum(counts.values()) for counts in done)
    opened = sum(counts["opened"] for counts in done)
    with own.connect() as connection:
        accounts = _number(connection, "select count(distinct person_id) from accounts.account where status = 'OPEN'")
    if settled != told or accounts != opened:
        raise RuleError(f"{told} people were told, {settled} were settled and {accounts} of {opened} have a space: no figure")
    with closing(Installation(own.settings)) as here:
        require_balance(here.db)


def _idle(own: Servers) -> tuple[Stage, int]:
    before = scans(own)
    shards, cost = own.scale.weigh(plan, own.settings)
    if shards:
        raise RuleError(f"{len(shards)} shards are due after everybody was opened: no figure")
    return Stage(1, cost), scans(own) - before


def _peers(own: Servers, say: Callable[[str], None]) -> dict[str, Stage]:
    say("the same rows, bare, then as objects")
    _make_peer(own)
    rows, bare = own.scale.weigh(insert_bare, own.settings)
    _make_peer(own)
    objects, mapped = own.scale.weigh(insert_objects, own.settings)
    return {"INSERT ... SELECT": Stage(rows, bare), "ORM objects": Stage(objects, mapped)}


def _make_peer(own: Servers) -> None:
    with own.connect() as connection:
        for statement in _PEER:
            connection.execute(statement)


def insert_bare(settings: Settings) -> int:
    """Write the same rows by one statement; return how many."""
    with closing(Installation(settings)) as here, here.db.engine.begin() as connection:
        return connection.exec_driver_sql(_SAME_ROWS, (legal_day(OPENED),)).rowcount


class _Base(DeclarativeBase):
    pass


class _Account(_Base):
    """An account as an object of SQLAlchemy's."""

    __tablename__ = "account"
    __table_args__ = {"schema": "peer"}  # noqa: RUF012 - SQLAlchemy's own form
    person_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(sa.SmallInteger)
    opened_on: Mapped[date]


def insert_objects(settings: Settings) -> int:
    """Write some of the same rows as objects; return how many."""
    with closing(Installation(settings)) as here, Session(here.db.engine) as session, session.begin():
        people = session.execute(
            sa.text("select person_id, campaign_id from campaign.journey where status = 'OPENED' limit :some"), {"some": BY_OBJECT}
        ).all()
        opened_on = legal_day(OPENED)
        session.add_all([_Account(person_id=one.person_id, campaign_id=one.campaign_id, opened_on=opened_on) for one in people])
        return len(people)


def _number(connection: psycopg.Connection[tuple[object, ...]], query: str) -> int:
    return int(str(connection.execute(query).fetchall()[0][0]))
