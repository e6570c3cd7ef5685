"""All embedded servers together: bring up what is missing, tell what runs, stop everything."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil
import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy.exc import SQLAlchemyError

from pipelines.platform import migrations
from pipelines.platform.clock import ClockMode
from pipelines.platform.embedded import postgres, seaweed, smtp_sink
from pipelines.platform.embedded.airflow import Airflow
from pipelines.platform.embedded.environment import airflow_environment, project_environment, server_environment
from pipelines.platform.embedded.health import Health
from pipelines.platform.embedded.instance import Instance, open_instance, prepare_directory, read_instance
from pipelines.platform.embedded.processes import POLL, marked
from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.settings import PREFIX, Settings, load_settings

MIB = 2**20
ROOM_NEW = 700 * MIB
ROOM_RESTART = 100 * MIB
LOCK_PATIENCE = 600.0
FULL = (errno.ENOSPC, errno.EDQUOT)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class Server(Protocol):
    """What every embedded server can do."""

    @property
    def address(self) -> str:
        """Return where it listens, '' where it does not."""

    def health(self) -> Health:
        """Ask it."""

    def leader(self) -> psutil.Process | None:
        """Return its main process."""

    def down(self) -> None:
        """Stop it."""


@dataclass(frozen=True)
class ComponentState:
    """One line of `status`."""

    component: str
    state: Health
    address: str
    pid: int | None


def silent(sentence: str) -> None:
    """Say nothing."""


class EmbeddedPlatform:
    """The embedded servers of one `var` directory."""

    def __init__(self, home: Path, var: Path, environment: Mapping[str, str] = os.environ, say: Callable[[str], None] = silent) -> None:
        """Take the project's directory, the instance's directory, the variables that choose ports, and where progress is told."""
        self.home = home.resolve()
        self.var = var.absolute()
        self._environment = environment
        self._say = say

    @classmethod
    def here(cls, environment: Mapping[str, str] = os.environ, say: Callable[[str], None] = silent) -> EmbeddedPlatform:
        """Return the platform of `ESPACE_SANTE_HOME` and `ESPACE_SANTE_VAR`, else of this clone and its `var`."""
        home = Path(environment.get(f"{PREFIX}HOME", Settings.model_fields["home"].default))
        return cls(home, Path(environment.get(f"{PREFIX}VAR", home / "var")), environment, say)

    def instance(self) -> Instance:
        """Return what this instance agreed on. Raises FinalError if there was never an `up`."""
        found = read_instance(self.home, self.var)
        if found is None:
            raise FinalError(f"there is no platform in {self.var}: run `espace-sante up` first")
        return found

    def up(self, clock: ClockMode | None = None, with_airflow: bool = True) -> Instance:
        """Start what does not run, join what does, and return the instance once all is ready.

        Raises: FinalError in one sentence where somebody must change something first.
        """
        begun = time.monotonic()
        with self._plain_faults():
            prepare_directory(self.var)
            with self._alone():
                known = read_instance(self.home, self.var)
                running = bool(known and self._runs(known))
                self._require_room(ROOM_RESTART if known else ROOM_NEW, running)
                instance = open_instance(self.home, self.var, self._environment, clock, running)
                # Nothing starts under settings that cannot be used, or with something outside the allowed places.
                ours = {name: value for name, value in self._environment.items() if name.startswith(PREFIX)}
                load_settings(ours | {f"{PREFIX}HOME": str(self.home), f"{PREFIX}VAR": str(self.var)})
                self._bring_up(instance, with_airflow)
        self._say(f"Ready after {time.monotonic() - begun:.0f} s.")
        return instance

    def status(self) -> list[ComponentState]:
        """Ask every server how it is, [] where there was never an `up`; Airflow is left out of an instance that never had it."""
        with self._plain_faults():
            instance = read_instance(self.home, self.var)
            if instance is None:
                return []
            states = []
            for component, server in self._servers(instance).items():
                process = server.leader()
                states.append(ComponentState(component, server.health(), server.address, process.pid if process else None))
            return states

    def down(self) -> None:
        """Stop every server and whatever one of them left behind. Raises FinalError if something survives."""
        with self._plain_faults():
            if read_instance(self.home, self.var) is None:
                self._say(f"There is no platform in {self.var}: nothing to stop.")
                return
            with self._alone():
                self._bring_down(self.instance())
        self._say(f"Stopped; the data stay in {self.var}.")

    def airflow_environment(self) -> dict[str, str]:
        """Return the variables with which an `airflow` command acts on this instance."""
        environment = airflow_environment(self.instance(), "airflow-command", self._environment)
        return {name: value for name, value in environment.items() if not name.startswith("ESPACE_SANTE_INSTANCE")}

    def _bring_up(self, instance: Instance, with_airflow: bool) -> None:
        database = self._postgres(instance)
        sink, store = self._sink(instance), self._store(instance)
        with ThreadPoolExecutor(max_workers=4) as side:
            beside = [
                side.submit(self._step, "Mail sink", sink.address, sink.up),
                side.submit(self._step, "SeaweedFS", store.address, store.up),
            ]
            try:
                self._step("PostgreSQL", database.address, database.up)
                database.make_databases()
                beside.append(
                    side.submit(
                        self._step,
                        "Database schema",
                        "",
                        lambda: migrations.upgrade(instance.secrets.database_owner_url(instance.ports.postgres)),
                    )
                )
                if with_airflow:
                    (self.var / "airflow" / "wanted").touch()
                    self._step("Airflow", instance.airflow_address, self._airflow(instance).up)
            finally:
                self._join(beside)

    def _bring_down(self, instance: Instance) -> None:
        if self._with_airflow(instance):
            self._say("Airflow: stopping.")
            self._airflow(instance).down()
        for component, server in self._basics(instance).items():
            self._say(f"{component}: stopping.")
            server.down()

    @staticmethod
    def _join(beside: list[Future[None]]) -> None:
        for step in beside:
            step.result()

    def _step(self, what: str, address: str, act: Callable[[], None]) -> None:
        begun = time.monotonic()
        act()
        place = f" on {address}" if address else ""
        self._say(f"{what}: ready{place} ({time.monotonic() - begun:.1f} s).")

    def _servers(self, instance: Instance) -> dict[str, Server]:
        servers = self._basics(instance)
        if self._with_airflow(instance):
            servers |= {server.component: server for server in self._airflow(instance).servers().values()}
        return servers

    def _basics(self, instance: Instance) -> dict[str, Server]:
        return {
            smtp_sink.COMPONENT: self._sink(instance),
            seaweed.COMPONENT: self._store(instance),
            postgres.COMPONENT: self._postgres(instance),
        }

    @staticmethod
    def _with_airflow(instance: Instance) -> bool:
        return (instance.var / "airflow" / "wanted").exists()

    def _runs(self, instance: Instance) -> bool:
        return bool(marked(instance.identity) or self._postgres(instance).processes())

    def _postgres(self, instance: Instance) -> postgres.Postgres:
        return postgres.Postgres(instance, server_environment(instance, postgres.COMPONENT, self._environment))

    def _store(self, instance: Instance) -> seaweed.ObjectStore:
        return seaweed.ObjectStore(instance, server_environment(instance, seaweed.COMPONENT, self._environment))

    def _sink(self, instance: Instance) -> smtp_sink.MailSink:
        return smtp_sink.MailSink(instance, project_environment(instance, smtp_sink.COMPONENT, self._environment))

    def _airflow(self, instance: Instance) -> Airflow:
        return Airflow(instance, self._postgres(instance), self._environment)

    def _require_room(self, room: int, running: bool) -> None:
        free = shutil.disk_usage(self.var).free
        if free < room and not running:
            raise FinalError(
                f"the disk of {self.var} has {free // MIB} MiB free and the platform needs {room // MIB}: free some space, "
                f"or set {PREFIX}VAR to a directory on another disk"
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one command at a time act on this instance; the kernel drops the lock of a command that dies."""
        with (self.var / "lock").open("a") as lock:
            deadline = time.monotonic() + LOCK_PATIENCE
            told = False
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise RetryableError(
                            f"another espace-sante command has been at work on {self.var} for ten minutes: try again when it has ended"
                        ) from None
                    if not told:
                        self._say("Another espace-sante command is at work on this instance: waiting for it.")
                        told = True
                    time.sleep(POLL)
            yield

    @contextmanager
    def _plain_faults(self) -> Iterator[None]:
        """Turn what the operating system or a server refuses into one sentence."""
        try:
            yield
        except (psycopg.Error, SQLAlchemyError, BotoCoreError, ClientError) as error:
            # The first line only: the others may quote rows.
            reason = str(error).strip().partition("\n")[0]
            raise FinalError(
                f"a server refused to be prepared ({reason}): look into {self.var / 'logs'}, then run the same command again"
            ) from error
        except OSError as error:
            place = error.filename or self.var
            if error.errno in FULL:
                raise FinalError(f"the disk is full ({place}): free some space, then run the same command again") from None
            if error.errno in REFUSED:
                raise FinalError(
                    f"{place} cannot be written ({error.strerror}): change its owner or mode, or set {PREFIX}VAR to a directory of yours"
                ) from None
            raise FinalError(f"{error.strerror or error} ({place}): look at it, then run the same command again") from None
