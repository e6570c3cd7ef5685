"""Servers for one benchmark, of the kind that `espace-sante up` starts, in a directory that is gone afterwards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from pipelines.benchmarks.measuring import MIB, Scale
from pipelines.platform.embedded.platform import EmbeddedPlatform
from pipelines.platform.embedded.ports import free_ports
from pipelines.platform.embedded.postgres import Postgres
from pipelines.platform.embedded.secrets import DATABASE
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import PREFIX, Settings, load_settings

if TYPE_CHECKING:
    import psycopg

# What may be tried; everything else, above all where a database is, comes from the servers of the benchmark alone.
TUNED = (f"{PREFIX}PORTION_ROWS", f"{PREFIX}INTAKE_WORKERS")


@dataclass(frozen=True)
class Servers:
    """PostgreSQL, the object store and the mail sink of one benchmark, and a directory for its files."""

    settings: Settings
    scale: Scale
    directory: Path
    database: Postgres

    @property
    def owner_url(self) -> str:
        """The database as its owner, who may make tables (an SQLAlchemy URL)."""
        return self.settings.database_owner_url.get_secret_value()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Return a superuser's connection to the business database, in autocommit."""
        return self.database.connect(DATABASE)

    def tidy(self) -> None:
        """Vacuum, analyse and checkpoint, so that no work pays for what the work before it left behind."""
        with self.connect() as connection:
            connection.execute("vacuum (analyze)")
            connection.execute("checkpoint")


@contextmanager
def servers(under: Path | None, room: int, keep: bool, say: Callable[[str], None]) -> Iterator[Servers]:
    """Bring servers up in a new directory `under` a given one (the system's place for such, where None), with `room` bytes free.

    They are stopped at the end, and their directory is removed unless it is to be kept.
    Raises: FinalError where the disk has less room.
    """
    directory = Path(mkdtemp(prefix="espace-sante-benchmark-", dir=under))
    try:
        _require(room, directory)
        outer = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        platform = EmbeddedPlatform(Settings.model_fields["home"].default, directory / "var", outer | free_ports().environment(), say)
        try:
            instance = platform.up(with_airflow=False)
            tuned = {name: os.environ[name] for name in TUNED if name in os.environ}
            settings = load_settings({f"{PREFIX}VAR": str(platform.var), **tuned})
            leaders = tuple(state.pid for state in platform.status() if state.pid)
            yield Servers(settings, Scale(leaders), directory, Postgres(instance, {}))
        finally:
            platform.down()
    finally:
        if keep:
            say(f"Kept: {directory}")
        else:
            shutil.rmtree(directory)


def _require(room: int, directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < room:
        raise FinalError(
            f"the disk of {directory.parent} has {free // MIB:,} MiB free and this benchmark needs {room // MIB:,}: "
            "ask for fewer people, or for another place with --under"
        )
