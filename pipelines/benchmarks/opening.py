"""Openings of everybody who was told, and what the systems behind are told of them, on servers of its own.

Shard by shard, as many tasks at once as there are cores. Each task calls what Airflow's calls, in a process of its own. Before any figure
everybody told must have one open account, every system behind every opening, and every equation must hold. Peers write the same rows
again (`opening_peers`), or open again without triggers: neither trail nor events, and no move is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.accounts.outbound import plan_outbound, write_outbound
from pipelines.accounts.steps import open_accounts, plan_openings
from pipelines.accounts.systems import System
from pipelines.benchmarks.emails import SENT, register
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import MIB, Cost
from pipelines.benchmarks.opening_peers import peers
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

ROOM, ROOM_A_PERSON = 1024 * MIB, 5_000
OPENED = SENT + timedelta(days=43)
SHARD_SIZE = 2**18
ENOUGH, NATION = 500_000, 20_000_000
WITHOUT_TRAIL = "the same without triggers"
_BIND = re.compile(r"(?<!:):([a-z_]+)")
_AS_BEFORE = (
    "set session_replication_role = replica",
    "delete from accounts.account",
    "delete from accounts.event",
    "delete from platform.audit where after in ('OPENED', 'OPEN')",
    "delete from platform.unit_of_work where step = 'open_accounts'",
    "update campaign.journey set status = 'NOTIFIED' where status = 'OPENED'",
    "set session_replication_role = default",
    "alter table campaign.journey disable trigger user",
    "alter table accounts.account disable trigger user",
)


def run(people: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure the openings of a registry of so many people. Raises: RuleError where somebody was not opened, or twice, or not told of."""
    with servers(under, ROOM + people * ROOM_A_PERSON, False, say) as own:
        say(f"a registry of {people:,} people, all of them told")
        register(own, people)
        told = len(tell_everybody(own, people))
        own.tidy()
        say(f"opening {told:,} accounts")
        shards = plan(own.settings)
        whole = _opened(own, told)
        own.tidy()
        idle, read_whole = _nothing_due(own)
        say("telling the systems behind")
        outbound = _outbound(own, whole.count)
        others = peers(own, shards, say)
        others[WITHOUT_TRAIL] = _without_trail(own)
    stages = {"records to the systems behind": outbound, "nothing due, in the database": idle}
    figures = Figures("accounts opened", whole, others, [f"{people:,} people, {told:,} told"], stages)
    return replace(figures, targets=_targets(figures, people, idle, read_whole))


def _targets(figures: Figures, people: int, idle: Stage, read_whole: list[str]) -> list[Target]:
    enough = figures.whole.count >= ENOUGH
    slower = 1 / (figures.ratio(WITHOUT_TRAIL) or 1) - 1
    return [
        Target("accounts opened a second", figures.whole.per_second if enough else None, at_least=40_000),
        Target("of a bare INSERT ... SELECT of the same rows", figures.ratio("INSERT ... SELECT") if enough else None, at_least=0.5),
        Target("times the same rows as SQLAlchemy ORM objects", figures.ratio("ORM objects") if enough else None, at_least=20),
        Target("more time for the trail, the events and the check of moves", slower if enough else None, at_most=0.25),
        Target("nothing due on 20 million people: seconds of the database", idle.cost.seconds if people >= NATION else None, at_most=2),
        Target("tables read whole where nothing is due", float(len(read_whole)), at_most=0),
    ]


def _held_back_by_nothing(policy: Policy) -> Policy:
    """Return a policy by which no channel must say each day that it is whole, and nobody waits longer than six weeks."""
    return policy.model_copy(update={"reports_daily": (), "grace_days": 0})


def plan(settings: Settings) -> list[dict[str, int]]:
    """Return the shards in which somebody is due."""
    with closing(Installation(settings)) as here:
        return [shard.as_dict() for shard in plan_openings(here.db, _held_back_by_nothing(here.policy), SHARD_SIZE, here.clock, OPENED)]


def open_shard(settings: Settings, shard: dict[str, int]) -> dict[str, int]:
    """Open the accounts of one shard, as one task does; return its counts."""
    with closing(Installation(settings)) as here:
        counts = open_accounts(here.db, _held_back_by_nothing(here.policy), Shard(**shard), here.clock, OPENED)
        return asdict(counts)


def plan_files(settings: Settings) -> list[list[int]]:
    """Plan the files for the systems behind, as the task does."""
    with closing(Installation(settings)) as here:
        return plan_outbound(here.db, SHARD_SIZE, here.clock, OPENED)


def write_files(settings: Settings, files: list[int]) -> int:
    """Write some of these files, as one task does; return how many records they hold."""
    with closing(Installation(settings)) as here:
        return write_outbound(here.db, here.store, here.policy, files, OPENED)["records"]


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
    _require_balance(own)


def _require_balance(own: Servers) -> None:
    with closing(Installation(own.settings)) as here:
        require_balance(here.db)


def _outbound(own: Servers, opened: int) -> Stage:
    tasks, planning = own.scale.weigh(plan_files, own.settings)
    records, writing = own.scale.weigh_side_by_side(partial(write_files, own.settings), tasks)
    if sum(records) != len(System) * opened:
        raise RuleError(f"{opened} accounts were opened and the systems behind are told {sum(records)} records: no figure")
    _require_balance(own)
    return Stage(sum(records), planning + writing)


def _nothing_due(own: Servers) -> tuple[Stage, list[str]]:
    """Return the planning of openings as the database's own clock measures it, and the tables that it read whole."""
    query = _BIND.sub(r"%(\1)s", (own.settings.home / "sql" / "accounts" / "due_shards.sql").read_text())
    with own.connect() as connection:
        connection.execute("set enable_seqscan = off")
        due = {"shard_size": SHARD_SIZE, "due_before": legal_day(OPENED)}
        explained: Any = connection.execute(f"explain (analyze, format json) {query}", due).fetchall()[0][0]
    found: dict[str, Any] = explained[0]
    if found["Plan"]["Actual Rows"]:
        raise RuleError("shards are due after everybody was opened: no figure")
    return Stage(1, Cost((found["Planning Time"] + found["Execution Time"]) / 1000, 0, 0)), _read_whole(found["Plan"])


def _read_whole(node: dict[str, Any]) -> list[str]:
    below = [name for child in node.get("Plans", ()) for name in _read_whole(child)]
    return [*below, node["Relation Name"]] if node["Node Type"] == "Seq Scan" else below


def _without_trail(own: Servers) -> Stage:
    """Open everybody once more, with every trigger of journeys and accounts off. It comes last: the books balance no more."""
    with own.connect() as connection:
        for statement in _AS_BEFORE:
            connection.execute(statement)
    own.tidy()
    shards, planning = own.scale.weigh(plan, own.settings)
    done, opening = own.scale.weigh_side_by_side(partial(open_shard, own.settings), shards)
    return Stage(sum(counts["opened"] for counts in done), planning + opening)


def _number(connection: psycopg.Connection[tuple[object, ...]], query: str) -> int:
    return int(str(connection.execute(query).fetchall()[0][0]))
