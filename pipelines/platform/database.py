"""The business database: statements from `sql/`, units of work that happen once, errors without personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.engine import Connection, Engine, RowMapping
from sqlalchemy.exc import DBAPIError

from pipelines.platform.errors import EspaceSanteError, FinalError, RetryableError, RuleError
from pipelines.platform.settings import PREFIX, Settings

PASSING_TROUBLE = ("08", "40", "53", "55P03", "57P")
Counts = dict[str, int]

# Steps touch a shard, a lot or a file of tables that hold a nation, and often rows that the same transaction has just written, of
# which the planner knows nothing: it would read whole tables for each of them. Steps that merge or count whole tables say so.
_BIND = re.compile(r"(?<!:):([a-z_]+)")
BY_INDEX = {"options": "-c enable_seqscan=off"}


class Role(StrEnum):
    """As whom the database is opened, by the setting that holds the URL. What each may is beside the tables (`sql/migrations/versions`)."""

    PIPELINE = "database_url"
    REPORTING = "database_reporting_url"
    DESK = "database_desk_url"


@lru_cache(maxsize=256)
def _statement(folder: Path, name: str) -> sa.TextClause:
    return sa.text((folder / f"{name}.sql").read_text())


@dataclass(frozen=True)
class Session:
    """One transaction. Statements are named by their file under `sql/`, without the suffix: `campaign/plan_department`."""

    connection: Connection
    folder: Path

    def all(self, name: str, /, **binds: object) -> Sequence[RowMapping]:
        """Run a statement and return all its rows."""
        return self.connection.execute(_statement(self.folder, name), binds).mappings().all()

    def one(self, name: str, /, **binds: object) -> dict[str, Any]:
        """Run a statement and return its only row."""
        return dict(self.connection.execute(_statement(self.folder, name), binds).mappings().one())

    def run(self, name: str, /, **binds: object) -> int:
        """Run a statement and return how many rows it touched."""
        return self.connection.execute(_statement(self.folder, name), binds).rowcount

    def copy_out(self, name: str, /, file: BinaryIO, **binds: object) -> None:
        """Write what a query finds to a file, as CSV without header, by COPY."""
        # COPY takes no bind parameters of the server: the driver quotes them.
        query = _BIND.sub(r"%(\1)s", (self.folder / f"{name}.sql").read_text())
        driver = self.connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - a checked-out connection always has its driver's
        with driver.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout (format csv)", binds) as copy:
            for block in copy:
                file.write(block)

    def copy_rows(self, target: str, chunks: Iterator[memoryview]) -> None:
        """Copy CSV chunks (UTF-8, no header, unquoted empty = null) into `target`, a table name with its columns, by COPY."""
        driver = self.connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - a checked-out connection always has its driver's
        with driver.cursor() as cursor, cursor.copy(f"copy {target} from stdin (format csv)") as copy:
            for chunk in chunks:
                copy.write(chunk)


@dataclass(frozen=True)
class Work(Session):
    """The transaction of one unit of work; state machines move only inside one."""

    work_id: int


@dataclass(frozen=True)
class Done:
    """What a unit of work did. `repeated` when it had already been done and nothing happened now."""

    work_id: int
    counts: Counts
    repeated: bool


class Database:
    """The business database of one installation, opened as one role. Raises: FinalError where the role has no URL."""

    def __init__(self, settings: Settings, role: Role = Role.PIPELINE) -> None:
        url: SecretStr = getattr(settings, role)
        if not url.get_secret_value():
            raise FinalError(f"{PREFIX}{role.upper()} is not set: give the URL of the login made for it (docs/operating.md, Roles)")
        self.engine: Engine = sa.create_engine(
            url.get_secret_value(), hide_parameters=True, pool_size=2, max_overflow=settings.intake_workers,
            pool_pre_ping=True, connect_args=BY_INDEX,
        )  # fmt: skip
        self.folder = settings.home / "sql"

    def once(self, step: str, unit: str, as_of: datetime, do: Callable[[Work], Mapping[str, int]], actor: str = "pipeline") -> Done:
        """Do a unit of work in one transaction, unless the ledger says that it is done.

        The ledger row is written first: a second copy of the same task waits on its key, then finds the work done, or does it
        if the first one failed. `do` returns the counts that the ledger keeps.
        Raises: RetryableError on a passing trouble of the database, RuleError where a constraint refuses, what `do` raises.
        """
        with self._translated(), self.engine.begin() as connection:
            session = Session(connection, self.folder)
            opened = session.all("platform/begin_work", step=step, unit=unit, as_of=as_of, actor=actor)
            if not opened:
                done = session.one("platform/find_work", step=step, unit=unit)
                return Done(done["work_id"], done["counts"], repeated=True)
            work = Work(connection, self.folder, opened[0]["work_id"])
            counts = dict(do(work))
            work.run("platform/finish_work", work_id=work.work_id, counts=json.dumps(counts))
            return Done(work.work_id, counts, repeated=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction outside any unit of work: reads, and writes that no state machine watches."""
        with self._translated(), self.engine.begin() as connection:
            yield Session(connection, self.folder)

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a read-only transaction in which every statement sees the same instant, to count whole tables."""
        repeatable = self.engine.execution_options(isolation_level="REPEATABLE READ")
        with self._translated(), repeatable.begin() as connection:
            session = Session(connection, self.folder)
            session.all("platform/allow_scans")
            yield session

    @contextmanager
    def exclusively(self, what: str) -> Iterator[None]:
        """Hold `what` for this process alone, until the block ends or the process dies.

        Raises: RetryableError if another process holds it.
        """
        with self._translated(), self.engine.connect() as connection:
            held = connection.execute(sa.text("select pg_try_advisory_lock(hashtextextended(:what, 0))"), {"what": what}).scalar_one()
            connection.commit()
            if not held:
                raise RetryableError(f"another run is busy with {what}: it is tried again later")
            try:
                yield
            finally:
                connection.execute(sa.text("select pg_advisory_unlock(hashtextextended(:what, 0))"), {"what": what})
                connection.commit()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn a driver's error, whose text may quote rows, into a typed one that names what refused and the SQLSTATE only."""
        try:
            yield
        except EspaceSanteError:
            raise
        except (DBAPIError, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            lost = isinstance(error, DBAPIError) and error.connection_invalidated
            state = str(getattr(cause, "sqlstate", None) or "")
            if lost or not state or state.startswith(PASSING_TROUBLE):
                raise RetryableError(f"the database did not answer (SQLSTATE {state or 'none'}): try again") from None
            diagnostics = getattr(cause, "diag", None)
            names = (getattr(diagnostics, name, None) for name in ("table_name", "column_name", "constraint_name"))
            where = " ".join(name for name in names if name) or "no table"
            raise RuleError(f"the database refused (SQLSTATE {state}, {where}): nothing was written") from None
