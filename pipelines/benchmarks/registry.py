"""The registry of a nation: its first delivery, the same again, one of which a hundredth changed, a delta; beside what others take.

Each delivery is taken in by the function that Airflow calls, in a process of its own. What came of it is checked before any figure.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial, reduce
from importlib.util import find_spec
from operator import add
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.benchmarks import registry_peers as peers
from pipelines.benchmarks.figures import Figures, Stage, Target
from pipelines.benchmarks.measuring import MIB, Cost
from pipelines.benchmarks.servers import Servers
from pipelines.installation import Installation
from pipelines.platform.clock import PARIS
from pipelines.platform.errors import RuleError
from pipelines.platform.settings import Settings
from pipelines.registry.contract import DELIVERY_SCHEMA, MANIFEST_NAME, DeliveryKind, read_manifest
from pipelines.registry.intake import BUCKET, Status
from pipelines.registry.steps import DeliveryReport, find_deliveries, take_in_delivery
from pipelines.reporting.equations import require_balance
from pipelines.synthetic.evolution import evolve
from pipelines.synthetic.france import DEFAULT_AS_OF, Summary, generate

SEED = 2026
SHARE = 0.01
AGAIN, CHANGED, DELTA = (DEFAULT_AS_OF + dt.timedelta(days) for days in (28, 56, 63))
# Peers that load row by row get so many rows only: what they do in a second does not depend on it.
SLOW_PEER_ROWS = 100_000
NATION = 20_000_000
ROOM = 1024 * MIB
ROOM_A_PERSON = 2_000
NO_DLT = 'dlt is not installed and was left out: .venv/bin/pip install --no-build-isolation -e ".[benchmark]"'
# What a delivery writes about itself, whoever is in it.
_ABOUT_DELIVERIES = ("delivery", "portion", "delivery_department", "quarantine", "last_person_id")
_TABLES = """
select
  coalesce(pg_partition_root(s.relid), s.relid)::regclass::text as name,
  sum(pg_relation_size(s.relid))::bigint as bytes,
  sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del)::bigint as written
from pg_stat_user_tables as s
where s.schemaname = 'registry' and s.relname <> all(%s)
group by 1
"""


@dataclass(frozen=True)
class Tables:
    """The tables of people: their bytes without indexes, and the rows that were ever written to them."""

    bytes: int
    written: int

    def since(self, before: Tables) -> Tables:
        """Return what was added."""
        return Tables(self.bytes - before.bytes, self.written - before.written)


@dataclass(frozen=True)
class Taken:
    """Deliveries that were taken in one after the other, what each cost, and what all of them did to the tables of people."""

    reports: list[DeliveryReport]
    costs: list[Cost]
    tables: Tables

    @property
    def rows(self) -> int:
        """Rows delivered."""
        return self.counted("received")

    @property
    def stage(self) -> Stage:
        """All of them together."""
        return Stage(self.rows, reduce(add, self.costs, Cost()))

    def counted(self, what: str) -> int:
        """Return one of the counts of the reports, over all deliveries."""
        return sum(report.counts[what] for report in self.reports)


@dataclass
class RegistryBenchmark:
    """One run on servers that nobody else uses."""

    servers: Servers
    people: int
    bodies: tuple[str, ...]
    say: Callable[[str], None]
    stages: dict[str, Stage] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Figures:
        """Measure everything. Raises: RuleError, and no figure, where the registry does not hold what was delivered."""
        self.notes.append(f"{os.cpu_count()} cores, load average before: {os.getloadavg()[0]:.1f}")
        summary = self._generate()
        beside = self._peers(summary)
        full = self._take_in("full", DEFAULT_AS_OF)
        self._check_full(full, summary)
        if len(full.reports) > 1:
            bodies = zip(full.reports, full.costs, strict=True)
            self.stages |= {_body(report): Stage(report.counts["received"], cost) for report, cost in bodies}
        self._again()
        self._changed()
        figures = Figures("registry", full.stage, beside, self.notes, self.stages, self.targets)
        figures.targets[:0] = self._targets(figures)
        return figures

    @property
    def _out(self) -> Path:
        return self.servers.directory / "out"

    def _generate(self) -> Summary:
        summary, cost = self.servers.scale.weigh(generate, self.people, SEED, self._out, bodies=self.bodies)
        self.say(f"{summary.rows:,} rows of {self.people:,} people invented in {cost.seconds:.0f} s")
        named = ", ".join(body.body for body in summary.bodies)
        self.notes.append(f"{summary.rows:,} rows of {self.people:,} people, delivered by {named}; seed {SEED}")
        return summary

    def _take_in(self, stage: str, on: dt.date) -> Taken:
        """Put the deliveries of a date down, then take them in as they are found. Raises: RuleError where the books do not balance."""
        self._put_down(on)
        self.servers.tidy()
        settings = self.servers.settings
        as_of = dt.datetime.combine(on + dt.timedelta(1), dt.time(2), PARIS)
        with closing(Installation(settings)) as here:
            folders = find_deliveries(here.db, here.store)
        before = self._tables()
        weighed = [self.servers.scale.weigh(take_in, settings, folder, as_of) for folder in folders]
        reports = [report for report, _ in weighed]
        taken = Taken(reports, [cost for _, cost in weighed], self._tables().since(before))
        _require(all(report.status is Status.TAKEN_IN for report in reports), f"{stage}: a delivery was not taken in")
        with closing(Installation(settings)) as here:
            require_balance(here.db)
        self.say(f"{stage}: {taken.rows:,} rows in {taken.stage.cost.seconds:.1f} s")
        return taken

    def _put_down(self, on: dt.date) -> None:
        """Put the deliveries of a date into the object store, manifests last, as bodies do."""
        with closing(Installation(self.servers.settings)) as here:
            for folder in sorted(self._out.glob(f"deliveries/*/{on.isoformat()}-*")):
                for file in sorted(folder.iterdir(), key=lambda file: (file.name == MANIFEST_NAME, file.name)):
                    here.store.upload(BUCKET, file.relative_to(self._out).as_posix(), file)

    def _check_full(self, full: Taken, summary: Summary) -> None:
        """Hold the reports and the registry to what was invented."""
        spoiled = {body.body: sum(body.faults.values()) for body in summary.bodies}
        found = {_body(report): report.counts["quarantined"] for report in full.reports}
        _require(found == spoiled, "the rows in quarantine are not those that were spoiled")
        _require(full.rows == summary.rows, "not every row delivered was received")
        _require(self._people_known() == full.counted("newcomers"), "not every newcomer is a person of the registry")

    def _again(self) -> None:
        """Take the same people in again under a later date: nothing may be written about them."""
        self.servers.scale.weigh(evolve, self._out, self._out, AGAIN, DeliveryKind.FULL, 0.0, SEED)
        known = self._people_known()
        taken = self._take_in("unchanged", AGAIN)
        self.stages["unchanged"] = taken.stage
        _require(taken.counted("newcomers") + taken.counted("changed") == 0, "an unchanged delivery changed somebody")
        _require(self._people_known() == known, "an unchanged delivery changed the number of people")
        self.targets += [
            Target("unchanged: people a second", self.people / taken.stage.cost.seconds, at_least=200_000),
            Target("unchanged: bytes by which tables of people grew", taken.tables.bytes, at_most=0),
            Target("unchanged: rows written to tables of people", taken.tables.written, at_most=0),
        ]

    def _changed(self) -> None:
        """Take in a full delivery of which a hundredth changed, then a delta of another hundredth."""
        for stage, on, kind in (("1 % changed", CHANGED, DeliveryKind.FULL), ("delta of 1 %", DELTA, DeliveryKind.DELTA)):
            self.servers.scale.weigh(evolve, self._out, self._out, on, kind, SHARE, SEED)
            known = self._people_known()
            taken = self._take_in(stage, on)
            self.stages[stage] = taken.stage
            _require(taken.rows == self._announced(on), f"{stage}: not every row delivered was received")
            _require(self._people_known() == known + taken.counted("newcomers"), f"{stage}: not every newcomer is a person of the registry")
        seconds = self.stages["delta of 1 %"].cost.seconds
        self.targets.append(Target("delta of 1 % of 20 million people: seconds", seconds if self.people >= NATION else None, at_most=60))

    def _peers(self, summary: Summary) -> dict[str, Stage]:
        """Let others load the same rows, before the registry is full; the slow ones a part of them."""
        files = sorted(self._out.glob("deliveries/*/*/*.parquet"))
        few = [self._first_rows(files, SLOW_PEER_ROWS)]
        loaders: list[tuple[str, Callable[[Sequence[Path], str], str], list[Path]]] = [
            ("COPY", peers.bare_copy, files), ("to_sql", peers.pandas_to_sql, few),
        ]  # fmt: skip
        if find_spec("dlt"):
            from pipelines.benchmarks import registry_dlt

            loaders += [("dlt", registry_dlt.dlt_parquet, few), ("dlt_arrow", registry_dlt.dlt_arrow, few)]
        else:
            self.notes.append(NO_DLT)
        found = {name: self._peer(name, load, given) for name, load, given in loaders}
        _require(found["COPY"].count == summary.rows, "the files do not hold the rows that were invented")
        self.notes.append(f"COPY loads all rows, the other peers {pq.read_metadata(few[0]).num_rows:,}; the median of three where short")
        return found

    def _peer(self, name: str, load: Callable[[Sequence[Path], str], str], files: list[Path]) -> Stage:
        def afresh() -> None:
            with self.servers.connect() as connection:
                connection.execute(f"drop schema if exists {peers.SCHEMA} cascade")
                connection.execute(f"create schema {peers.SCHEMA}")
                connection.execute(f"grant all on schema {peers.SCHEMA} to public")
                connection.execute("checkpoint")

        table, cost = self.servers.scale.weigh_again(partial(load, files, self.servers.owner_url), afresh)
        with self.servers.connect() as connection:
            row = connection.execute(f"select count(*) from {peers.SCHEMA}.{table}").fetchone()  # noqa: S608 - a name of ours
            connection.execute(f"drop schema {peers.SCHEMA} cascade")
        rows = sum(pq.read_metadata(file).num_rows for file in files)
        _require(row == (rows,), f"{name} did not load every row")
        self.say(f"{name}: {rows:,} rows in {cost.seconds:.1f} s")
        return Stage(rows, cost)

    def _first_rows(self, files: list[Path], most: int) -> Path:
        target = self.servers.directory / "peers" / "rows.parquet"
        target.parent.mkdir()
        with pq.ParquetFile(max(files, key=lambda file: file.stat().st_size)) as file:
            batch = next(file.iter_batches(most))
        pq.write_table(pa.Table.from_batches([batch], schema=DELIVERY_SCHEMA), target, compression="zstd")
        return target

    def _announced(self, on: dt.date) -> int:
        manifests = self._out.glob(f"deliveries/*/{on.isoformat()}-*/{MANIFEST_NAME}")
        return sum(read_manifest(file.read_bytes()).rows for file in manifests)

    def _people_known(self) -> int:
        with self.servers.connect() as connection:
            row = connection.execute("select count(*) from registry.person").fetchone()
        return int(str(row[0])) if row else 0

    def _tables(self) -> Tables:
        with self.servers.connect() as connection:
            rows = connection.execute(_TABLES, [list(_ABOUT_DELIVERIES)]).fetchall()
        return Tables(sum(int(str(row[1])) for row in rows), sum(int(str(row[2])) for row in rows))

    def _targets(self, figures: Figures) -> list[Target]:
        of_dlt = [ratio for name in ("dlt", "dlt_arrow") if (ratio := figures.ratio(name)) is not None]
        return [
            Target("full: people a second", self.people / figures.whole.cost.seconds, at_least=100_000),
            Target("full: times COPY", figures.ratio("COPY"), at_least=0.5),
            Target("full: times dlt, the faster way", min(of_dlt, default=None), at_least=5),
            Target("full: times to_sql", figures.ratio("to_sql"), at_least=5),
            Target("largest worker: MiB", max(stage.cost.peak_mib for stage in (figures.whole, *figures.stages.values())), at_most=1024),
        ]


def take_in(settings: Settings, folder: str, as_of: dt.datetime) -> DeliveryReport:
    """Take in one delivery, as a task does."""
    with closing(Installation(settings)) as here:
        return take_in_delivery(here.db, here.store, here.settings, folder, as_of)


def _body(report: DeliveryReport) -> str:
    return report.folder.split("/")[1]


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RuleError(f"{otherwise}: no figure is shown")
