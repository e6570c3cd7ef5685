"""The destruction of archives that are over, with the index of their documents, on servers of its own; and of some whose objects are there.

Spaces, trail and index are written straight into the tables, as closed ten years ago; then each shard is destroyed by what Airflow's task
calls, as many at once as there are cores. Before any figure everything must be destroyed, certified, and the books must balance.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import MIB
from pipelines.benchmarks.servers import Servers, servers
from pipelines.installation import Installation
from pipelines.lifecycle.archive_retention import BUCKET
from pipelines.platform.errors import RuleError
from pipelines.platform.settings import Settings
from pipelines.platform.shards import Shard

ROOM, ROOM_A_SPACE = 1024 * MIB, 4_000
SHARD_SIZE = 2**16
DOCUMENTS_A_SPACE = 3
ENOUGH = 1_000_000
CLOSED_ON, ARCHIVED_UNTIL = date(2015, 1, 5), date(2025, 1, 5)
OVER = datetime(2025, 1, 6, 2, tzinfo=UTC)
ARCHIVES = (
    "set session_replication_role = replica",
    """
    insert into accounts.account (person_id, campaign_id, status, consents, opened_on, closed_on, closing_reason, archived_until)
    select n, 1, 'CLOSED', 1, '2014-01-01', %(closed_on)s, 'REQUEST', %(archived_until)s
    from generate_series(cast(%(first)s as bigint), cast(%(last)s as bigint)) as n
    """,
    """
    insert into platform.audit (person_id, work_id, occurred_at, subject, before, after, reason, detail)
    select person_id, 0, %(closed_on)s, 'account', 'OPEN', 'CLOSED', 'REQUEST', jsonb_build_object('account', account_id)
    from accounts.account
    where person_id between %(first)s and %(last)s
    """,
    """
    insert into documents.document (
      person_id, work_id, created_at, stored_at, account_id, size_bytes, version, feed_id, hidden_from_professionals,
      hidden_from_patient, hidden_from_representatives, sha256, unique_id, type_code, type_system, media_type, confidentiality,
      author_organization
    )
    select a.person_id, 0, '2014-06-01', '2014-06-01', a.account_id, 1, 1, 1, false, false, false,
      sha256(convert_to(a.account_id || '/' || d, 'UTF8')), '2.25.' || a.person_id || '.' || d, '11502-2', '2.16.840.1.113883.6.1',
      'text/xml', 'N', '1750000018'
    from accounts.account as a
    cross join generate_series(1, %(documents)s) as d
    where a.person_id between %(first)s and %(last)s
    """,
    "set session_replication_role = default",
)


def run(spaces: int, with_objects: int, under: Path | None, say: Callable[[str], None]) -> Figures:
    """Measure so many archives by their rows, then some whose objects are in the store. Raises: RuleError if anything is left of one."""
    with servers(under, ROOM + spaces * ROOM_A_SPACE, False, say) as own:
        say(f"{spaces:,} archives that are over, {DOCUMENTS_A_SPACE} documents each in the index")
        archive(own, 1, spaces)
        own.tidy()
        whole = _destroyed(own, spaces)
        own.tidy()
        stages = {}
        if with_objects:
            say(f"{with_objects:,} archives whose objects are in the store")
            next_shard = (spaces // SHARD_SIZE + 1) * SHARD_SIZE
            archive(own, next_shard, next_shard + with_objects - 1)
            put_objects(own)
            stages["archives whose objects are in the store"] = _destroyed(own, with_objects)
    notes = [f"{DOCUMENTS_A_SPACE} documents a space in the index", "the store is asked for the versions of each space"]
    target = Target("seconds for a million archives", whole.cost.seconds if spaces >= ENOUGH else None, at_most=600)
    return Figures("archives destroyed", whole, {}, notes, stages, [target])


def archive(own: Servers, first: int, last: int) -> None:
    """Write archives that are over for a range of people, with their trail and the index of their documents."""
    binds = {"first": first, "last": last, "closed_on": CLOSED_ON, "archived_until": ARCHIVED_UNTIL, "documents": DOCUMENTS_A_SPACE}
    with own.connect() as connection:
        for statement in ARCHIVES:
            connection.execute(statement, binds if "%(" in statement else None)


def put_objects(own: Servers) -> None:
    """Put a byte under the key of each document that the index names."""
    with own.connect() as connection, closing(Installation(own.settings)) as here:
        rows = connection.execute("select account_id, encode(sha256, 'hex') from documents.document").fetchall()
        for account_id, digest in rows:
            here.store.put(BUCKET, f"{UUID(str(account_id))}/{digest}", b"-")


def plan(settings: Settings) -> list[Shard]:
    """Return the shards with something to destroy, as the task does."""
    with closing(Installation(settings)) as here:
        return here.purge(OVER).plan(SHARD_SIZE)


def destroy(settings: Settings, shard: Shard) -> int:
    """Destroy the archives of one shard, as one task does; return how many."""
    with closing(Installation(settings)) as here:
        return here.purge(OVER).destroy(shard)["spaces"]


def _destroyed(own: Servers, spaces: int) -> Stage:
    shards, planning = own.scale.weigh(plan, own.settings)
    done, cost = own.scale.weigh_side_by_side(partial(destroy, own.settings), shards)
    _require_nothing_left(own, spaces, sum(done))
    return Stage(spaces, planning + cost)


def _require_nothing_left(own: Servers, spaces: int, destroyed: int) -> None:
    with own.connect() as connection:
        left = connection.execute(
            "select (select count(*) from accounts.account where status <> 'PURGED'), (select count(*) from documents.document), "
            "(select count(*) from lifecycle.destruction where not is_certified)"
        ).fetchall()[0]
    if destroyed != spaces or any(left):
        raise RuleError(
            f"{spaces} archives were over and {destroyed} destroyed; left of spaces, documents, certificates: {left}: no figure"
        )
