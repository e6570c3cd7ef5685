"""Airflow's four servers and their database, without `airflow standalone`, which leaves children behind."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import psycopg

from pipelines.platform.embedded.environment import airflow_environment
from pipelines.platform.embedded.files import read_json, write_json
from pipelines.platform.embedded.health import Health
from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.ports import LOOPBACK, require_free
from pipelines.platform.embedded.postgres import Postgres
from pipelines.platform.embedded.processes import Launch, arrives, end, leader, marked, remember, start, wait_until, why
from pipelines.platform.embedded.secrets import AIRFLOW
from pipelines.platform.errors import FinalError

MIGRATION = "airflow-migration"
START_PATIENCE = 180.0
STOP_PATIENCE = {"airflow-scheduler": 10.0, "airflow-triggerer": 1.0}  # a triggerer waits ten seconds for nothing
STOP_PATIENCE_OTHERS = 5.0
PAUSE = 0.4
ANSWER_PATIENCE = 5.0
STALE = 20.0  # seconds without a heartbeat
POOLS = {
    "db_write": (4, "Statements that rewrite many rows: as many at once as the database serves well"),
    "smtp": (2, "Connections to the mail relay"),
    "render": (2, "Letters being drawn: one process a core"),
    "backlog": (1, "Backlogs of documents being drained, beside the live feeds"),
}


@dataclass(frozen=True)
class AirflowServer:
    """One of Airflow's servers; `job` is the name under which it writes heartbeats, '' if it writes none."""

    instance: Instance
    postgres: Postgres
    command: tuple[str, ...]
    job: str
    outer: Mapping[str, str]

    @property
    def component(self) -> str:
        """Return its name in `status`."""
        return f"airflow-{self.command[0]}"

    @property
    def address(self) -> str:
        """Return where it listens, '' where it does not."""
        return "" if self.job else self.instance.airflow_address

    def processes(self) -> list[psutil.Process]:
        """Return its processes, orphaned task workers included."""
        return marked(self.instance.identity, self.component)

    def leader(self) -> psutil.Process | None:
        """Return the process that was started, if it lives."""
        return leader(self.instance.var / "run", self.instance.identity, self.component)

    def health(self) -> Health:
        """Ask the api-server for a page, or the database for a heartbeat younger than `STALE` that this process wrote."""
        process = self.leader()
        if process is None:
            return Health.STOPPED
        try:
            alive = self._beats(process.create_time()) if self.job else self._answers()
        except (psycopg.Error, OSError, http.client.HTTPException, psutil.Error, ValueError, KeyError):
            return Health.STARTING
        return Health.READY if alive else Health.STARTING

    def launch(self) -> None:
        """Start it unless it runs, once what an earlier one left behind is gone."""
        if self.leader() is not None:
            return
        end(self.processes, None, signal.SIGKILL, 0)
        if not self.job:
            require_free(self.instance.ports.airflow, "Airflow")
        process = start(
            Launch(
                component=self.component,
                command=(sys.executable, "-m", "airflow", *self.command),
                environment=airflow_environment(self.instance, self.component, self.outer),
                log=self.instance.log(self.component),
                directory=self.instance.home,
            )
        )
        remember(self.instance.var / "run", self.component, process)

    def wait(self, ready: Callable[[], bool] | None = None) -> None:
        """Wait until it is ready, by its health unless told otherwise. Raises FinalError if it ends or does not answer."""
        wait_until(
            ready=ready or (lambda: self.health() is Health.READY),
            alive=lambda: self.leader() is not None,
            patience=START_PATIENCE,
            failure=lambda: why(self.component, self.instance.log(self.component)),
            pause=PAUSE,
        )

    def down(self) -> None:
        """Stop it; tasks that do not end in time are killed and will be run again by the next `up`."""
        end(self.processes, self.leader(), signal.SIGTERM, STOP_PATIENCE.get(self.component, STOP_PATIENCE_OTHERS))

    def _answers(self) -> bool:
        # Its second half is what tasks talk to; built at the first request, it would hold up the first task for seconds.
        health, _ = self._get("/api/v2/monitor/health"), self._get("/execution/health")
        return bool(health["metadatabase"]["status"] == "healthy")

    def _get(self, path: str) -> Any:
        connection = http.client.HTTPConnection(LOOPBACK, self.instance.ports.airflow, timeout=ANSWER_PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise http.client.HTTPException(f"{path} answered {answer.status}")
            return json.loads(answer.read())
        finally:
            connection.close()

    def _beats(self, since: float) -> bool:
        with self.postgres.connect(AIRFLOW) as connection:
            row = connection.execute(
                "select 1 from job where job_type = %s and state = 'running' and latest_heartbeat > to_timestamp(%s)"
                " and latest_heartbeat > clock_timestamp() - make_interval(secs => %s) limit 1",
                (self.job, since, STALE),
            ).fetchone()
        return row is not None


@dataclass(frozen=True)
class Airflow:
    """Airflow as a whole."""

    instance: Instance
    postgres: Postgres
    outer: Mapping[str, str]

    @property
    def home(self) -> Path:
        """Return AIRFLOW_HOME."""
        return self.instance.var / "airflow"

    def servers(self) -> dict[str, AirflowServer]:
        """Return its servers by the name of their command."""
        # Logs are read from the disk that all of them share: a log server would listen on every interface.
        kinds = {
            ("api-server",): "",
            ("scheduler", "--skip-serve-logs"): "SchedulerJob",
            ("dag-processor",): "DagProcessorJob",
            ("triggerer", "--skip-serve-logs"): "TriggererJob",
        }
        return {command[0]: AirflowServer(self.instance, self.postgres, command, job, self.outer) for command, job in kinds.items()}

    def up(self) -> None:
        """Migrate the database and start what does not run. Raises FinalError if a server does not come."""
        write_json(self.home / "passwords.json", self.instance.secrets.airflow_people)
        servers = self.servers()
        for server in servers.values():
            if server.leader() and not self._recovers(server):
                server.down()
        # It is the slowest to come and asks the database nothing until somebody asks it.
        servers["api-server"].launch()
        self._migrate()
        self._make_pools()
        with ThreadPoolExecutor() as beside:
            answering = beside.submit(servers["api-server"].wait)
            # Two at a time: four would all be late on two cores.
            servers["scheduler"].launch()
            servers["scheduler"].wait()
            for name in ("dag-processor", "triggerer"):
                servers[name].launch()
            for name in ("dag-processor", "triggerer"):
                servers[name].wait()
            servers["dag-processor"].wait(self._has_read_every_dag)
            answering.result()

    def down(self) -> None:
        """Stop all its servers at once."""
        end(self._migrations, None, signal.SIGKILL, 0)
        with ThreadPoolExecutor() as together:
            list(together.map(AirflowServer.down, self.servers().values()))

    def _recovers(self, server: AirflowServer) -> bool:
        """Tell whether a server that runs answers in time: a database that was just restarted costs it some seconds."""
        process = server.leader()
        grace = START_PATIENCE if process and time.time() - process.create_time() < START_PATIENCE else STALE
        return arrives(lambda: server.health() is Health.READY, lambda: server.leader() is not None, grace)

    def _migrations(self) -> list[psutil.Process]:
        return marked(self.instance.identity, MIGRATION)

    def _migrate(self) -> None:
        file = self.home / "migrated.json"
        wanted = {"airflow": version("apache-airflow-core"), "schema": self._schema()}
        if wanted["schema"] and read_json(file) == wanted:
            return
        end(self._migrations, None, signal.SIGKILL, 0)  # one that outlived a killed `up` would hold the schema's lock
        log = self.instance.log(MIGRATION)
        environment = airflow_environment(self.instance, MIGRATION, self.outer)
        # Schema changes need no durability of their own: interrupted, they are run again.
        environment["PGOPTIONS"] = "-c synchronous_commit=off"
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            done = subprocess.run(command, env=environment, cwd=self.instance.home, stdout=stream, stderr=stream, check=False)
        if done.returncode:
            raise FinalError(why("Airflow's database", log))
        write_json(file, wanted | {"schema": self._schema()})

    def _schema(self) -> str:
        with self.postgres.connect(AIRFLOW) as connection:
            known = connection.execute("select to_regclass('public.alembic_version')").fetchone()
            if not known or known[0] is None:
                return ""
            row = connection.execute("select version_num from alembic_version").fetchone()
        return str(row[0]) if row else ""

    def _has_read_every_dag(self) -> bool:
        """Tell whether the dag-processor that runs has read each file of `dags`: until then triggering a DAG answers 404."""
        process = self.servers()["dag-processor"].leader()
        if process is None:
            return False
        dags = self.instance.home / "dags"
        ignored = dags / ".airflowignore"
        wanted = {file.name for file in dags.glob("*.py")} - set(ignored.read_text().split() if ignored.exists() else ())
        with self.postgres.connect(AIRFLOW) as connection:
            rows = connection.execute(
                "select relative_fileloc from dag where last_parsed_time > to_timestamp(%(since)s)"
                " union select filename from import_error where timestamp > to_timestamp(%(since)s)",
                {"since": process.create_time()},
            ).fetchall()
        return wanted <= {name for (name,) in rows}

    def _make_pools(self) -> None:
        with self.postgres.connect(AIRFLOW) as connection, connection.cursor() as cursor:
            cursor.executemany(
                "insert into slot_pool (pool, slots, description, include_deferred) values (%s, %s, %s, false)"
                " on conflict (pool) do nothing",
                [(name, slots, purpose) for name, (slots, purpose) in POOLS.items()],
            )
